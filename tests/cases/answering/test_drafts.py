"""Replies to begin with: every combination is safe, and no two in a row read the same."""

from dataclasses import replace
from typing import Any

import pytest

from cases.answering import drafts, replies
from cases.casefile import CaseFile
from cases.checking.compliance import check_public, length
from cases.checking.likeness import alike
from cases.judging.triage import Severity
from cases.lexicons import table
from cases.models import Clinic
from cases.ports import Capabilities
from tests.builders import a_clinic, a_file, a_review, practised

LENGTHS = ("full", "short")
GOOGLE = Capabilities(reply=True, reply_limit=4096, reply_unit="bytes")
X = Capabilities(reply=True, reply_limit=280, reply_unit="weighted")
LONG = {
    "name": "The North Harbor Center for Family and Community Medicine",
    "phone": "+44 20 7946 0100",
    "email": "relations.with.the.public@north-harbor-family-practice.example",
    "point_person": "Maria-Fernanda Castellanos Whitfield",
    "point_role": "director of relations with the public",
}
SHORT = {"name": "Elm", "email": "a@b.test", "point_person": "Al Wu", "point_role": ""}


def file_of(clinic: dict[str, Any] | None = None, **review: Any) -> CaseFile:
    known = practised(clinic=a_clinic(**(clinic or {})))
    return a_file(known, a_review(**{"themes": ["wait_time"], **review}))


def what_is_wrong(clinic: Clinic, language: str, step: int) -> list[tuple[str, str, str]]:
    """Check every step-th text of the library, with this clinic's point person in it."""
    wrong = []
    for theme in drafts.themes():
        for severity in Severity:
            for size in LENGTHS:
                patterns = drafts.combinations(theme, severity, language, size)
                for pattern in patterns[::step]:
                    text = drafts.fill(pattern, clinic, language)
                    found = check_public(
                        text, point_person=clinic.point_person, phone=clinic.phone,
                        email=clinic.email,
                    )  # fmt: skip
                    wrong += [(each.code, each.words, text) for each in found]
    return wrong


@pytest.mark.parametrize("language", drafts.LANGUAGES)
def test_the_checker_finds_nothing_in_any_combination(language: str) -> None:
    assert what_is_wrong(a_clinic(), language, 1) == []


@pytest.mark.parametrize("language", drafts.LANGUAGES)
@pytest.mark.parametrize("clinic", [LONG, SHORT], ids=["long", "short"])
def test_nor_does_it_with_other_names(clinic: dict[str, Any], language: str) -> None:
    assert what_is_wrong(a_clinic(**clinic), language, 11) == []


def test_the_library_has_lines_for_every_theme_in_both_languages() -> None:
    themes = set(table("themes.toml")["theme"]) | {"other"}
    for language in drafts.LANGUAGES:
        assert set(table(f"replies_{language}.toml")["theme"]) == themes


@pytest.mark.parametrize("size", LENGTHS)
def test_sixty_combinations_at_least_for_every_theme_language_and_severity(size: str) -> None:
    for language in drafts.LANGUAGES:
        for theme in drafts.themes():
            patterns = [
                set(drafts.combinations(theme, severity, language, size)) for severity in Severity
            ]
            assert len(set.union(*patterns)) >= 60
            assert min(map(len, patterns)) >= 24


def test_a_draft_names_the_point_person_with_role_telephone_and_e_mail() -> None:
    for text in drafts.compose(file_of(), GOOGLE):
        assert "Dana Field, our clinical director," in text
        assert "(212) 555-0100" in text
        assert "care@elm.example" in text


def test_a_spanish_review_gets_a_spanish_draft() -> None:
    for text in drafts.compose(file_of(language="es"), GOOGLE):
        assert "Dana Field, de dirección clínica," in text
    assert "sorry" in drafts.compose(file_of(language="es"), GOOGLE, language="en")[0]


def test_a_language_nobody_wrote_lines_for_gets_an_english_draft() -> None:
    assert "sorry" in drafts.compose(file_of(language="fr"), GOOGLE)[0]


def test_the_same_inputs_give_the_same_drafts_and_another_number_others() -> None:
    file = file_of()
    first = drafts.compose(file, GOOGLE)
    assert first == drafts.compose(replace(file), GOOGLE)
    assert not set(first) & set(drafts.compose(file, GOOGLE, 1))


def test_drafts_are_unlike_each_other_and_unlike_what_was_said_lately() -> None:
    said: list[str] = []
    for number in range(20):
        file = replace(file_of(), recent_replies=said)
        offered = drafts.compose(file, GOOGLE, number)
        assert len(offered) == drafts.OFFERED
        for place, text in enumerate(offered):
            assert not alike(text, said[-20:])
            assert not alike(text, offered[:place])
        said.append(offered[0])


def test_a_short_platform_gets_a_short_draft_even_with_long_names() -> None:
    for clinic in (LONG, SHORT, {}):
        offered = drafts.compose(file_of(clinic), X)
        assert offered
        for text in offered:
            assert length(text, "weighted") <= 280


def test_nothing_light_stands_in_the_draft_for_a_grave_review() -> None:
    file = file_of()
    file.case.severity = "grave"
    for number in range(5):
        for text in drafts.compose(file, GOOGLE, number):
            assert "wait" not in text
            assert "deeply sorry" in text or "very sorry" in text


def test_a_clinic_without_a_telephone_is_offered_no_draft() -> None:
    assert drafts.compose(file_of({"phone": ""}), GOOGLE) == ()
    assert drafts.compose(file_of({"point_person": ""}), GOOGLE) == ()


def test_a_theme_nobody_knows_is_treated_as_any_other() -> None:
    assert drafts.compose(file_of(themes=["parking"]), GOOGLE)
    assert drafts.compose(file_of(themes=[]), GOOGLE)


def test_a_draft_may_be_approved_as_it_stands() -> None:
    file = file_of()
    for text in drafts.compose(file, GOOGLE):
        assert replies.findings(file, text, GOOGLE) == ()


def test_numbers_are_written_as_people_dial_them() -> None:
    assert drafts.dialled("+12125550100") == "(212) 555-0100"
    assert drafts.dialled("+442079460100") == "+442079460100"
