"""What a careful director would say of one text: the cases in which single words mislead."""

from __future__ import annotations

import pytest

from cases.judging.triage import Kind, Severity, triage


def grave_reasons(text: str, rating: float | None = 1) -> set[str]:
    found = triage(text, rating).because
    return {b.what.removeprefix("grave: ") for b in found if b.what.startswith("grave: ")}


@pytest.mark.parametrize(
    "text",
    [
        "He got the diagnosis wrong, though no harm came of it.",
        "My rash was misdiagnosed as eczema.",
        "My attorney husband agrees that the forms are badly written.",
        "I have a seizure disorder and he had no time to talk about it.",
        "No cure for my sinus infection after two visits.",
        "The exam room was dirty.",
        "My father had a stroke in 2019. She brushed my questions off.",
        "I could have died of boredom in that waiting room.",
        "My previous clinic was sued. This one only loses my appointments.",
        "I will not be back to this practice.",
        "Each interaction with the office was unpleasant.",
        "She will become addicted to saying no.",
        "They threatened to send me to collections.",
    ],
)
def test_a_dark_word_alone_is_not_grave(text: str) -> None:
    assert triage(text, 1).severity is not Severity.GRAVE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("They said it was nothing. Two weeks later it was melanoma.", "missed serious diagnosis"),
        (
            "She misdiagnosed my son's knee and he has had two surgeries.",
            "missed serious diagnosis",
        ),
        (
            "After they heard my accent the tone changed. Nobody else was asked for cash.",
            "discrimination",
        ),
        ("Two white families who came after us were seen first.", "discrimination"),
        ("We were told they do not see our kind of family.", "discrimination"),
        ("He dropped the probe on the floor and put it back in my mouth.", "infection control"),
        ("They mailed somebody else's lab report to my house.", "privacy breach"),
        (
            "The clerk read my results out loud in front of the whole waiting room.",
            "privacy breach",
        ),
        ("He made remarks about my body while I was undressed.", "sexual misconduct"),
        ("I told her I saw no reason to go on living.", "self-harm"),
        ("He knows where I live, he said.", "threat or violence"),
        ("My case is in small claims next week.", "legal action"),
        ("Her license was suspended last spring.", "press or regulator"),
        ("He sent my brother home and two days later he passed away.", "a death"),
    ],
)
def test_what_is_told_indirectly_is_heard(text: str, reason: str) -> None:
    assert reason in grave_reasons(text)


def words(text: str) -> list[str]:
    return [b.words for b in triage(text, 1).because if b.what.startswith("grave")]


def test_two_halves_of_an_allegation_must_stand_near_each_other() -> None:
    filler = "The chairs were hard and the radio was on. " * 10
    said, turned = "He said it was nothing. ", "Next door it was cancer."
    assert any("nothing" in each and "cancer" in each for each in words(said + turned))
    assert not any("nothing" in each and "cancer" in each for each in words(said + filler + turned))


def test_a_reason_told_in_two_passages_shows_both() -> None:
    text = "He told me it was heartburn. Then the scan showed a tumor."
    assert any("heartburn" in each and "tumor" in each for each in words(text))


def test_disbelief_denies_nothing() -> None:
    assert "a death" in grave_reasons("I cannot believe he killed my father.")


@pytest.mark.parametrize(
    ("text", "rating", "kind"),
    [
        ("The desk lost my referral twice.", 1, Kind.COMPLAINT),
        ("Do you see children under two?", None, Kind.QUESTION),
        ("They moved to the second floor.", None, Kind.COMMENT),
        ("Kind, thorough and on time. Highly recommend!", 5, Kind.PRAISE),
        ("Great spell caster, contact him on WhatsApp!", 5, Kind.SPAM),
        ("Wonderful, caring and thorough doctor. Highly recommend her, the best!", 1, Kind.PRAISE),
        ("Worst doctor ever. Rude, arrogant, incompetent. Stay away!", 5, Kind.COMPLAINT),
    ],
)
def test_a_text_is_told_by_what_it_wants(text: str, rating: float | None, kind: Kind) -> None:
    assert triage(text, rating).kind is kind


def test_a_comment_says_that_it_needs_no_answer() -> None:
    what = [b.what for b in triage("They moved to the second floor.").because]
    assert what == ["a comment: no answer needed"]


def test_a_question_shows_its_opening_words() -> None:
    seen = triage("Do you take walk-ins?")
    assert [(b.what, b.words) for b in seen.because] == [("a question", "Do you")]
    assert not seen.opens_case


def test_the_words_that_show_a_relative_are_given() -> None:
    seen = triage("My mother was left waiting in a gown for an hour.", 1)
    assert seen.writes_for == "relative"
    assert any(b.what == "written for a relative" and "My mother" in b.words for b in seen.because)


@pytest.mark.parametrize(
    ("text", "rating", "contradicts"),
    [
        ("Wonderful, caring, thorough. Highly recommend her, the best!", 1, "bad stars"),
        ("Worst doctor ever. Rude, arrogant, incompetent. Stay away!", 5, "good stars"),
        ("Good, but he severed a nerve in my wife's hand.", 4, "a grave allegation"),
        ("The desk was slow.", 2, ""),
        ("Fui el lunes y me atendieron con mi hijo.", None, ""),
    ],
)
def test_stars_and_text_that_contradict_each_other_are_named(
    text: str, rating: float | None, contradicts: str
) -> None:
    seen = triage(text, rating)
    assert seen.contradicts.startswith(contradicts)
    assert bool(seen.contradicts) == bool(contradicts)


@pytest.mark.parametrize(
    "text",
    [
        "What an arrogant bastard.",
        "F*** this guy.",
        "Crook.",
        "You people are trash. Go to hell.",
        "Never set foot in there but what a clown.",
    ],
)
def test_names_called_without_a_complaint_are_suspected(text: str) -> None:
    assert triage(text, 1).troll


@pytest.mark.parametrize(
    "text",
    [
        "Crook. Charged my card three times for one crown.",
        "This clown severed a tendon in my hand.",
        "Arrogant bastard would not look at the MRI I had brought.",
        "The office is no joke, they are strict, and the wait was two hours.",
    ],
)
def test_names_called_over_a_complaint_are_not(text: str) -> None:
    assert not triage(text, 1).troll


def test_a_name_called_is_no_matter_of_money() -> None:
    assert triage("Crook.", 1).themes == ("other",)


def test_a_sober_text_without_one_harsh_word_reads_negative() -> None:
    assert triage("My results took six weeks and nobody called.").negative
    assert triage("Waited two hours past my appointment.").negative


@pytest.mark.parametrize(
    "text",
    [
        "You won't find a better doctor anywhere.",
        "Nothing but good things to say about this office.",
        "Not once did I wait more than ten minutes.",
        "The elevator is on the left.",
        "",
    ],
)
def test_words_of_complaint_in_praise_or_in_nothing_are_not_negative(text: str) -> None:
    assert not triage(text).negative


def test_praise_for_the_nurses_is_no_complaint_about_them() -> None:
    text = "The office staff are wonderful and kind. He, though, was rude to me."
    assert triage(text, 1).themes == ("bedside_manner",)


def test_a_grave_allegation_names_what_it_is_about() -> None:
    assert "quality_of_care" in triage("My mother died because of him.", 1).themes
    assert "privacy" in triage("They faxed my file to my employer.", 1).themes


@pytest.mark.parametrize(
    "text",
    [
        "Wrong strength twice, then a rash and a trip to the emergency room because of it.",
        "She said it was stress. Another doctor found the ulcer.",
        "They gossip about other patients at the desk.",
        "He pulled two teeth without asking me.",
        "The treatment made me ill and I still have pain months later.",
        "Inappropriate remarks all through the exam.",
    ],
)
def test_signs_close_together_are_grave(text: str) -> None:
    assert triage(text, 1).severity is Severity.GRAVE


@pytest.mark.parametrize(
    "text",
    [
        "My ulcer is an old story; the desk was rude about the form.",
        "The hospital is far away and parking is a pain.",
        "He explained the side effects in a hurry and left.",
    ],
)
def test_one_sign_alone_is_not_grave(text: str) -> None:
    assert triage(text, 1).severity is not Severity.GRAVE


def test_signs_far_apart_do_not_add_up() -> None:
    far = "She said it was stress." + " The waiting room is small and dull." * 40
    assert triage(far + " Another doctor has a bigger one.", 1).severity is not Severity.GRAVE


def test_a_text_cut_short_is_said_to_be() -> None:
    told = triage("Rude staff. " * 5_000, 1).because
    assert any(each.what.startswith("read: its first") for each in told)
