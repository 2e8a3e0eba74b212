"""What one press makes of a finding: a sentence goes or comes, and the rest stays as it was."""

from dataclasses import replace

import pytest

from cases.answering.amending import suggestion
from cases.answering.drafts import said_of, themes
from cases.casefile import CaseFile
from cases.checking.compliance import Finding, blocked, check_public
from cases.models import Clinic
from tests.builders import a_clinic, a_file
from tests.cases.answering.test_replies import GOOD

CLINIC = a_clinic()


def found(text: str, code: str, limit: int = 4000) -> Finding:
    return next(each for each in check(text, limit) if each.code == code)


def check(text: str, limit: int = 4000) -> tuple[Finding, ...]:
    return check_public(
        text, point_person=CLINIC.point_person, phone=CLINIC.phone, email=CLINIC.email, limit=limit
    )


def a_case(*themes: str, clinic: Clinic = CLINIC, language: str = "en") -> CaseFile:
    file = replace(a_file(), clinic=clinic)
    file.review.themes, file.review.language = list(themes), language
    return file


def mended(text: str, code: str, limit: int = 4000, file: CaseFile | None = None) -> str:
    answer = suggestion(text, found(text, code, limit), file or a_case())
    assert answer is not None
    assert answer.label
    return answer.text


def test_a_sentence_that_cannot_stand_gives_way_to_the_one_suggested() -> None:
    text = mended(f"{GOOD} We appreciate your recent visit to the office.", "confirms_relationship")
    assert text.startswith(GOOD)
    assert "visit" not in text
    assert not blocked(check(text))


BAD = "We appreciate your recent visit to the office."


@pytest.mark.parametrize("theme", themes())
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_comes_instead_is_about_what_the_review_is_about(theme: str, language: str) -> None:
    text = mended(f"{GOOD} {BAD}", "confirms_relationship", file=a_case(theme, language=language))
    line = text.removeprefix(f"{GOOD} ")
    assert line == said_of(theme, "routine", language)
    assert not blocked(check(text))


def test_it_goes_where_the_suggestion_stands_already_or_is_in_another_language() -> None:
    said = said_of("wait_time", "routine", "en")
    waited = a_case("wait_time")
    assert mended(f"{GOOD} {BAD} {said}", "confirms_relationship", file=waited) == f"{GOOD} {said}"
    french = a_case("wait_time", language="other")
    assert mended(f"{GOOD} {BAD}", "confirms_relationship", file=french) == GOOD


def test_only_the_sentence_found_is_touched() -> None:
    text = f"Thank you, all. {GOOD}\n\nYour insurance did not pay. We are listening."
    assert mended(text, "insurance_billing").endswith("We are listening.")
    assert GOOD in mended(text, "insurance_billing")


def test_a_title_ends_no_sentence() -> None:
    text = f"{GOOD} We told you that Dr. Field saw you. We are listening."
    after = mended(text, "confirms_relationship")
    assert "Field saw" not in after
    assert "Dr." not in after
    assert after.endswith("We are listening.")


def test_what_is_missing_is_added_where_it_belongs() -> None:
    ways = "Please reach Dana Field at (212) 555-0100 or care@elm.example."
    thanked = mended(f"We are sorry. {ways}", "no_thanks")
    assert thanked.startswith("Thank you")
    sorry = mended(f"Thank you for writing. {ways}", "no_apology")
    assert sorry.startswith("Thank you for writing. We are sorry")
    reached = mended("Thank you for writing. We are sorry.", "no_contact")
    assert check(reached) == ()


def test_a_clinic_without_a_telephone_adds_no_way_to_talk() -> None:
    finding = found("Thank you for writing. We are sorry.", "no_contact")
    assert (
        suggestion("Thank you. We are sorry.", finding, a_case(clinic=a_clinic(phone=""))) is None
    )


def test_shouting_is_written_calmly() -> None:
    text = mended(f"{GOOD} WE DO LISTEN HERE.", "shouting")
    assert text == f"{GOOD} We do listen here."


def test_a_placeholder_is_taken_out() -> None:
    assert mended(f"{GOOD} [name]", "placeholder") == GOOD


def test_what_is_too_long_for_the_platform_ends_with_a_whole_sentence() -> None:
    text = f"{GOOD} We are listening, all of us, and we would rather hear it than not."
    assert mended(text, "too_long_platform", limit=len(text) - 5) == GOOD


@pytest.mark.parametrize("code", ["robotic", "too_long_reader"])
def test_some_things_take_a_persons_own_words(code: str) -> None:
    text = GOOD + " word" * 100
    every = check_public(text, recent=[text])
    finding = next(each for each in every if each.code == code)
    assert suggestion(text, finding, a_case()) is None
