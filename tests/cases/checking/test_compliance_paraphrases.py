"""The checker on what nobody wrote it for: paraphrases, tricks of writing, sameness, length."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.compliance import HOSTILE
from benchmarks.evaluate import checked, labelled, score
from cases.checking.compliance import Level, blocked, check_private, check_public

TUNED = [row for row in labelled("replies.jsonl") if row["part"] == "tune"]
LEAKS = [row["reply"] for row in TUNED if row["codes"]]
SAFE = [
    row["reply"] for row in TUNED if not row["codes"] and not blocked(check_public(row["reply"]))
]


def codes(text, **more):
    return {f.code for f in check_public(text, **more) if f.level is Level.BLOCK}


@pytest.mark.parametrize(
    ("part", "recall", "alarms"),
    [
        ("tune", 0.98, 0.02),
        ("held", 0.97, 0.05),
        ("held_chosen_on", 0.97, 0.03),
        ("held_untouched", 0.98, 0.12),
    ],
)
def test_the_labelled_replies_are_judged_as_well_as_we_say(part, recall, alarms):
    rows = checked(part)
    safe = [ours for row, ours in rows if not row["codes"]]
    assert score((bool(row["codes"]), bool(ours)) for row, ours in rows).recall >= recall
    assert sum(map(bool, safe)) <= alarms * len(safe)
    names = {code for row, _ in rows for code in row["codes"]}
    pairs = ((code in row["codes"], code in ours) for row, ours in rows for code in names)
    assert score(pairs).f1 >= 0.8


def test_the_labelled_replies_are_many_and_in_both_languages():
    rows = labelled("replies.jsonl")
    assert len(rows) >= 300
    assert {row["language"] for row in rows} == {"en", "es"}
    assert len({row["id"] for row in rows}) == len({row["reply"] for row in rows}) == len(rows)


@settings(max_examples=200)
@given(st.sampled_from(LEAKS + SAFE), st.randoms(use_true_random=False))
def test_no_trick_of_writing_changes_the_verdict(text, chance: random.Random):
    plain = codes(text)
    hidden = "".join(c + chance.choice(["", "", "\u200b", "\u00ad", "\ufeff"]) for c in text)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    spaced = text.replace(" ", chance.choice(["  ", "\n", "\r\n", "\u00a0", "\u2009\t"]))
    for written in (text.upper(), text.lower(), text.title(), hidden, wide, spaced):
        assert codes(written) == plain


@settings(max_examples=200)
@given(
    st.sampled_from([leak for leak in LEAKS if blocked(check_public(leak))]),
    st.lists(st.sampled_from(SAFE), max_size=3),
    st.lists(st.sampled_from(SAFE), max_size=3),
)
def test_a_leak_stays_one_inside_any_safe_text(leak, before, after):
    whole = " ".join([*before, leak, *after])
    assert blocked(check_public(whole))
    assert codes(leak) <= codes(whole)


@pytest.mark.parametrize(
    "sentence",
    [
        "We are sorry your apointment ran late.",
        "Our recrods show otherwise.",
        "Your precription was ready.",
        "This is defammation.",
    ],
)
def test_a_slip_of_the_finger_hides_nothing(sentence):
    assert codes(sentence)


@pytest.mark.parametrize("filler", [*HOSTILE, "how was your ", "you came and ", "\U0001f600 "])
def test_time_grows_with_length_alone(filler):
    def taken(size):
        text = (filler * size)[:size]
        began = time.process_time()
        check_public(text)
        return time.process_time() - began

    taken(1_000)
    short, long = min(taken(12_500) for _ in range(3)), min(taken(100_000) for _ in range(3))
    assert long < 0.5  # on any machine; the figure we claim is in benchmarks/compliance.py
    assert long < max(24 * short, 0.1)


def test_a_name_of_ours_that_is_a_treatment_gives_nothing_away():
    text = "Please ask for Molly Biopsy at the front desk of Ultrasound House."
    assert codes(text)
    assert not codes(text, known=["Molly Biopsy", "Ultrasound House"])


def test_our_own_people_may_be_named_and_others_not():
    assert not codes("Please ask for Mrs. Vale.", known=["Iris Vale"])
    assert codes("Mrs. Vale is kind.", names=["Iris Vale"]) == {"names"}


def test_a_reply_like_a_recent_one_reads_as_a_robots():
    recent = "Thank you for writing. We are sorry. Please call Ana Ruiz at (212) 555-0123."
    found = check_public(recent.replace("0123", "0124"), recent=["Something else.", recent])
    assert [f.level for f in found if f.code == "robotic"] == [Level.WARN]
    other = "It takes courage to speak up, and our director would like to listen."
    assert "robotic" not in {f.code for f in check_public(other, recent=[recent])}


def test_a_template_left_as_it_was_is_noticed():
    template = "Thank you. We are sorry. We would like to listen."
    assert "unedited" in {f.code for f in check_public(template, template=template)}
    changed = template + " Our phones have been hard to reach."
    assert "unedited" not in {f.code for f in check_public(changed, template=template)}


@pytest.mark.parametrize(
    "message",
    [
        "Thank you for speaking with me. I will call on Tuesday as promised.",
        "This is Ana from the office. Could we find a time to talk?",
        "The fee has been corrected and the refund is on its way.",
    ],
)
def test_an_ordinary_message_to_a_patient_passes(message):
    assert not blocked(check_private(message))
