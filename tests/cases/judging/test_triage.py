from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from cases.judging.triage import READ_AT_MOST, Severity, triage

RUDE_DESK = "The receptionist was rude, hung up on me and never returned my calls. Avoid."
GLOWING = "Wonderful, caring and thorough doctor. Highly recommend her, the best!"


def grave_reasons(text: str, rating: float | None = 1) -> set[str]:
    found = triage(text, rating).because
    return {b.what.removeprefix("grave: ") for b in found if b.what.startswith("grave: ")}


@pytest.mark.parametrize("rating", [1, 2, 2.0, Decimal("2"), Decimal("1.5"), 0])
def test_two_stars_or_fewer_are_negative_whatever_is_written(rating: Decimal | float) -> None:
    assert triage("Fine.", rating).negative
    assert triage("", rating).opens_case


def test_three_stars_and_a_mild_complaint_open_no_case() -> None:
    assert not triage("Nice enough, though I waited twenty minutes.", 3).opens_case


def test_the_threshold_is_the_practices_to_choose() -> None:
    assert triage("It was all right.", 3, threshold=Decimal(3)).negative
    assert not triage("It was all right.", 3).negative


def test_not_recommending_is_negative_and_recommending_is_not() -> None:
    assert triage("Went last week.", recommends=False).negative
    assert not triage("Went last week.", recommends=True).opens_case


def test_without_stars_the_text_decides() -> None:
    assert triage(RUDE_DESK).negative
    assert not triage(GLOWING).negative
    assert not triage("I would not hesitate to recommend them. No complaints at all.").opens_case


def test_good_words_denied_are_bad_ones() -> None:
    assert triage("She was not helpful, not kind and not professional.").negative


def test_bad_stars_under_a_glowing_text_are_doubtful_and_stay_negative() -> None:
    seen = triage(GLOWING, 1)
    assert seen.negative
    assert seen.doubtful
    assert any("glowing" in b.what for b in seen.because)


def test_good_stars_over_a_damning_text_are_opened_for_a_person() -> None:
    seen = triage("Worst doctor ever. Rude, arrogant, incompetent. Stay away, avoid!", 5)
    assert not seen.negative
    assert seen.doubtful
    assert seen.opens_case


def test_a_grave_allegation_under_good_stars_is_opened_for_a_person() -> None:
    seen = triage("Nice rooms, but the surgeon severed a nerve and left me paralyzed.", 4)
    assert (seen.negative, seen.doubtful, seen.opens_case) == (False, True, True)
    assert seen.severity is Severity.GRAVE


def test_a_grave_text_without_stars_is_negative_and_in_no_doubt() -> None:
    seen = triage("Horrible. He severed a nerve and left me paralyzed. Avoid.")
    assert (seen.negative, seen.doubtful) == (True, False)


def test_a_harsh_word_about_an_injury_is_grave_and_no_troll() -> None:
    text = "Butcher who crippled my wife!"
    seen = triage(text, 1)
    assert seen.severity is Severity.GRAVE
    assert not seen.troll
    assert seen.writes_for == "relative"
    assert "crippled my wife" in {b.words for b in seen.because}
    assert any(b.what == "grave: lasting harm" for b in seen.because)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("He perforated my bowel and I ended up in intensive care.", "lasting harm"),
        ("They missed my husband's stroke and sent us home.", "missed serious diagnosis"),
        ("She prescribed penicillin though my chart says I am allergic.", "dangerous medication"),
        ("The nurse did not change gloves between patients.", "infection control"),
        ("He is a racist, plain and simple.", "discrimination"),
        ("The clerk discussed my test results with my boss.", "privacy breach"),
        ("He groped me during the exam.", "sexual misconduct"),
        ("The manager threatened me when I complained.", "threat or violence"),
        ("After that visit I wanted to kill myself.", "self-harm"),
        ("My attorney will be in touch. You will be sued.", "legal action"),
        ("I am reporting this to the medical board.", "press or regulator"),
        ("My mother died two days after he sent her home.", "a death"),
    ],
)
def test_an_allegation_is_grave_and_says_why(text: str, reason: str) -> None:
    assert reason in grave_reasons(text)


@pytest.mark.parametrize(
    "text",
    [
        "He saved my life and I am grateful.",
        "I was scared to death of needles and she was so gentle.",
        "My father died last year and he was so kind to all of us.",
        "Nurse Sue is the best, thank you Sue!",
        "My previous doctor missed my cancer. Thank you for finding it, you are wonderful.",
        "Amazing team. I had an infection from a fall and they cured it.",
    ],
)
def test_a_happy_story_with_dark_words_opens_nothing(text: str) -> None:
    assert not triage(text, 5).opens_case


@pytest.mark.parametrize(
    "text",
    [
        "I would rather die than wait there again.",
        "Nobody died, but the desk was rude.",
        "I was bored to death in the waiting room.",
        "To be fair she is not racist, just cold.",
        "The assistant, Sue, was rude.",
    ],
)
def test_a_figure_of_speech_or_a_denial_is_not_grave(text: str) -> None:
    assert triage(text, 1).severity is not Severity.GRAVE


@pytest.mark.parametrize(
    "text",
    [
        "She yelled at me and made me cry.",
        "They refused to see my son.",
        "He dropped me as a patient without notice.",
        "They charged me twice and sent me to collections.",
        "The pharmacist caught the wrong prescription in time.",
    ],
)
def test_serious_but_not_grave_is_elevated(text: str) -> None:
    assert triage(text, 1).severity is Severity.ELEVATED


def test_a_plain_complaint_is_routine() -> None:
    assert triage("The desk was slow.", 2).severity is Severity.ROUTINE


@pytest.mark.parametrize(
    ("text", "theme"),
    [
        ("I waited two hours past my appointment.", "wait_time"),
        ("The front desk staff are rude.", "front_office"),
        ("He was condescending and did not listen.", "bedside_manner"),
        ("They never called me back with anything.", "poor_follow_up"),
        ("He ordered unnecessary tests.", "unnecessary_tests"),
        ("I had to get a second opinion, I did not agree with him.", "difference_of_opinion"),
        ("They billed my insurance for things never done.", "billing"),
        ("Incompetent, and the treatment made it worse.", "quality_of_care"),
        ("They cancelled my appointment again.", "access_scheduling"),
        ("The bathroom was filthy.", "facility"),
        ("You can overhear everything, there is no privacy.", "privacy"),
    ],
)
def test_a_complaint_is_filed_under_its_theme(text: str, theme: str) -> None:
    assert theme in triage(text, 1).themes


def test_other_is_said_only_where_no_theme_is_found() -> None:
    assert triage("Meh.", 1).themes == ("other",)
    assert "other" not in triage(RUDE_DESK, 1).themes
    assert triage(GLOWING, 5).themes == ()


@pytest.mark.parametrize(
    "text",
    [
        "What a scumbag.",
        "I have never met this doctor but what a clown.",
        "Skip them, come to our clinic, we are cheaper.",
        "Great spell caster, contact him on WhatsApp!",
    ],
)
def test_abuse_or_advertising_without_substance_is_suspected(text: str) -> None:
    assert triage(text, 1).troll


def test_abuse_with_a_complaint_comes_from_a_concerned_patient() -> None:
    assert not triage("The idiots at the desk lost my records and billed me twice.", 1).troll


def test_a_happy_patient_is_no_troll_for_quoting_a_link() -> None:
    assert not triage(GLOWING + " See https://clinic.example for hours.", 5).troll


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("My daughter was seen late and her doctor ignored her.", "relative"),
        ("I waited and my appointment was cancelled.", "self"),
        ("Rude.", "unknown"),
    ],
)
def test_who_writes_for_whom(text: str, who: str) -> None:
    assert triage(text, 1).writes_for == who


def test_a_question_is_noticed_and_a_rhetorical_one_is_not() -> None:
    assert triage("Do you accept walk-ins on Saturday?").question
    assert not triage("What kind of doctor does that?", 1).question


def test_spanish_is_left_to_a_person_and_no_theme_is_guessed() -> None:
    seen = triage("La doctora es muy grosera y por su culpa mi madre murió. No la recomiendo.", 1)
    assert (seen.language, seen.themes, seen.severity) == ("es", (), Severity.GRAVE)
    assert "Spanish: a person reads it" in {b.what for b in seen.because}


def test_spanish_without_stars_is_doubtful() -> None:
    assert triage("Fui el lunes y me atendieron con mi hijo.").doubtful


def test_french_is_other_and_short_english_is_english() -> None:
    assert triage("Le docteur est très froid et je ne reviendrai pas.", 1).language == "other"
    assert triage("Rude!", 1).language == "en"
    assert triage("医生很好", 5).language == "other"


def test_every_reason_with_words_points_at_them() -> None:
    text = (
        "İİ My mother’s chart was lost. She DIED two days after he sent her home, I will sue him."
    )
    found = [b for b in triage(text, 1).because if b.words]
    assert found
    assert all(text[b.start : b.end] == b.words for b in found)


def test_every_negative_review_carries_a_reason() -> None:
    assert triage("", 1).because
    assert triage(RUDE_DESK).because


def test_the_record_is_plain_and_complete() -> None:
    record = json.loads(json.dumps(triage(RUDE_DESK, 1).as_dict()))
    assert set(record) == {
        "negative", "doubtful", "contradicts", "kind", "severity", "themes", "troll",
        "writes_for", "question", "language", "because",
    }  # fmt: skip
    assert record["severity"] == "elevated"
    assert set(record["because"][0]) == {"what", "words", "start", "end"}


def test_nothing_beyond_the_cap_is_read() -> None:
    assert not triage("x " * (READ_AT_MOST // 2) + "He groped me.", 5).opens_case


@pytest.mark.parametrize("unit", ["not ", "told me ", "a", "missed my ", "my mother ", "?!. "])
def test_a_hostile_text_costs_no_more_than_its_length(unit: str) -> None:
    triage("warm up")
    began = time.perf_counter()
    triage(unit * (READ_AT_MOST // len(unit)), 1)
    assert time.perf_counter() - began < 2
