"""What is known of a case: its clinic's calendars, and who may be contacted how."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.calendars.worktime import ALWAYS, WorktimeError
from cases.casefile import CaseFile, calendars
from cases.models import Consent, ContactPoint, Correspondent
from tests.builders import DAY, HOUR, PLAYBOOK, T0, a_clinic, a_file

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


# Calendars: the 2nd of November 2026 is a Monday, the 7th and 8th are its weekend


def test_the_office_is_open_when_the_clinic_says() -> None:
    office = calendars(a_clinic(), PLAYBOOK).office
    assert office.opens(at("2026-11-06T17:00")) == at("2026-11-09T09:00")


def test_duty_fills_the_days_the_office_is_closed() -> None:
    duty = calendars(a_clinic(), PLAYBOOK).duty
    assert duty.opens(at("2026-11-06T17:00")) == at("2026-11-07T10:00")
    assert duty.opens(at("2026-11-07T12:00")) == at("2026-11-08T10:00")
    assert duty.between(at("2026-11-02T00:00"), at("2026-11-09T00:00")) == 44 * HOUR


def test_duty_hours_come_besides_those_of_the_office_on_the_same_day() -> None:
    clinic = a_clinic(hours={"mon-fri": ["09:00-17:00"], "sat": ["08:00-10:30"]})
    duty = calendars(clinic, PLAYBOOK).duty
    saturday = at("2026-11-07T00:00"), at("2026-11-08T00:00")
    assert duty.between(*saturday) == 4 * HOUR
    assert duty.is_open(at("2026-11-07T11:00"))
    assert not duty.is_open(at("2026-11-07T12:00"))
    assert duty.is_open(at("2026-11-08T11:00"))


def test_duty_hours_may_stand_instead_of_the_offices() -> None:
    midday = replace(PLAYBOOK, duty={"mon-fri": ("only", "12:00-13:00"), "sun": ("only",)})
    clinic = a_clinic(hours={"mon-sun": ["09:00-17:00"]})
    duty = calendars(clinic, midday).duty
    assert duty.between(at("2026-11-02T00:00"), at("2026-11-09T00:00")) == 5 * HOUR + 8 * HOUR
    assert not duty.is_open(at("2026-11-08T11:00"))


def test_a_clinic_stays_open_on_the_holidays_it_says() -> None:
    clinic = a_clinic(region="US", open_on=["Veterans Day", "2026-11-26"])
    office = calendars(clinic, PLAYBOOK).office
    assert office.is_open(at("2026-11-11T10:00"))
    assert office.is_open(at("2026-11-26T10:00"))
    assert not office.is_open(at("2026-12-25T10:00"))


def test_without_duty_hours_the_office_answers() -> None:
    known = calendars(a_clinic(), replace(PLAYBOOK, duty={}))
    assert known.duty.hours == known.office.hours


def test_a_closure_closes_the_office_and_the_duty() -> None:
    clinic = a_clinic(closures={"2026-11-03": [], "2026-11-07": [], "2026-11-08": ["13:00-14:00"]})
    known = calendars(clinic, PLAYBOOK)
    assert known.office.opens(at("2026-11-02T17:00")) == at("2026-11-04T09:00")
    assert known.duty.opens(at("2026-11-06T17:00")) == at("2026-11-08T13:00")


def test_a_public_holiday_of_the_region_closes_the_clinic() -> None:
    office = calendars(a_clinic(region="US"), PLAYBOOK).office
    assert office.opens(at("2026-11-25T17:00")) == at("2026-11-27T09:00")


def test_calendars_are_named_and_one_of_them_never_closes() -> None:
    known = calendars(a_clinic(), PLAYBOOK)
    assert known.named("office") is known.office
    assert known.named("duty") is known.duty
    assert known.named("always") is ALWAYS
    with pytest.raises(KeyError):
        known.named("night")


def test_clinics_with_the_same_hours_share_their_calendars() -> None:
    assert calendars(a_clinic(), PLAYBOOK) is calendars(a_clinic(id="oak", slug="oak"), PLAYBOOK)


def test_a_clinic_whose_hours_changed_has_other_calendars_at_once() -> None:
    late = calendars(a_clinic(hours={"mon-fri": ["12:00-20:00"]}), PLAYBOOK).office
    assert late.opens(T0) == at("2026-11-02T12:00")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        pytest.param({"hours": {}}, "without any opening time.*give at least one", id="no hours"),
        pytest.param({"hours": {"mon": []}}, "give at least one", id="no opening time"),
        pytest.param({"zone": "Mars/Olympus"}, "is no time zone: give an IANA name", id="no zone"),
        pytest.param({"zone": ""}, "is no time zone: give an IANA name", id="an empty zone"),
        pytest.param({"hours": {"montag": ["09:00-17:00"]}}, "names no day: write", id="no day"),
        pytest.param({"hours": {"mon": ["9 to 5"]}}, "is no opening time: write", id="no time"),
        pytest.param({"hours": {"mon": "09:00-17:00"}}, "give a list, such as", id="no list"),
        pytest.param({"region": "ZZ"}, "no public holidays are known", id="no region"),
        pytest.param({"closures": {"tomorrow": []}}, "is no date: write", id="no date"),
    ],
)
def test_hours_that_do_not_hold_are_refused_with_a_remedy(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(WorktimeError, match=says):
        calendars(a_clinic(**wrong), PLAYBOOK)


def test_a_case_of_a_clinic_with_wrong_hours_says_so_only_when_it_is_asked() -> None:
    file = replace(a_file(), clinic=a_clinic(zone="Mars/Olympus"))
    with pytest.raises(WorktimeError, match="Mars/Olympus"):
        _ = file.calendars


# Who may be contacted


def a_point(channel: str = "email", index: str = "blind", **changes: Any) -> ContactPoint:
    return ContactPoint(
        **{"id": f"{channel}-{index}", "correspondent_id": "ann", "channel": channel,
           "index": index, **changes}
    )  # fmt: skip


def said(given: bool, after: timedelta = timedelta(), **changes: Any) -> Consent:
    usual: dict[str, Any] = {
        "id": f"{after}", "index": "blind", "channel": "email", "given": given, "at": T0 + after,
    }  # fmt: skip
    return Consent(**{**usual, **changes})


def known(*points: ContactPoint, consents: tuple[Consent, ...] = (), **facts: Any) -> CaseFile:
    who = Correspondent(id="ann", clinic_id="elm", relation="patient", recorded_at=T0)
    return replace(a_file(**facts), correspondent=who, points=points, consents=consents)


def test_a_point_they_allowed_may_be_used() -> None:
    assert known().usable(a_point())


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(a_point(allowed=False), id="not allowed"),
        pytest.param(a_point(closed_at=T0, closed_why="wrong_number"), id="closed"),
    ],
)
def test_a_point_that_is_not_allowed_or_closed_may_not_be_used(point: ContactPoint) -> None:
    assert not known(consents=(said(True),)).usable(point)


@pytest.mark.parametrize(
    ("consents", "usable"),
    [
        pytest.param((said(False),), False, id="stopped"),
        pytest.param((said(True), said(False, HOUR)), False, id="stopped later"),
        pytest.param((said(False, HOUR), said(True)), False, id="in whatever order they are read"),
        pytest.param((said(False), said(True, DAY)), True, id="given again"),
        pytest.param((said(False, index="other"),), True, id="another address"),
        pytest.param((said(False, channel="sms"),), True, id="another channel"),
    ],
)
def test_the_last_word_about_this_address_and_channel_counts(
    consents: tuple[Consent, ...], usable: bool
) -> None:
    assert known(consents=consents).usable(a_point()) is usable


def test_of_two_words_at_the_same_instant_the_one_written_last_counts() -> None:
    consents = (said(False, id="2"), said(True, id="1"))
    assert not known(consents=consents).usable(a_point())


def test_somebody_with_one_usable_point_may_be_contacted() -> None:
    file = known(a_point("phone", "dead", closed_at=T0), a_point())
    assert file.may_contact


def test_a_stop_on_the_only_address_leaves_nobody_to_contact() -> None:
    assert not known(a_point(), consents=(said(False),)).may_contact
    assert known(a_point(), a_point("phone", "1"), consents=(said(False),)).may_contact


def test_who_declined_is_not_contacted_again() -> None:
    assert not known(a_point(), contact_how="declined").may_contact


def test_without_a_known_person_or_a_way_to_them_nobody_may_be_contacted() -> None:
    assert not a_file().may_contact
    assert not known().may_contact


def test_a_match_that_was_undone_may_not_be_contacted() -> None:
    file = known(a_point())
    undone = Correspondent(
        id="ann", clinic_id="elm", relation="patient", recorded_at=T0, undone_at=T0 + HOUR
    )
    assert not replace(file, correspondent=undone).may_contact


def test_only_this_rounds_contacts_count_oldest_first() -> None:
    from cases.models import Contact

    def contact(name: str, round_: int, hours: int) -> Contact:
        when = datetime(2026, 11, 2, hours, tzinfo=UTC)
        return Contact(id=name, case_id="case-1", round=round_, channel="phone", at=when)

    file = replace(
        a_file(round=2), contacts=[contact("c", 2, 9), contact("a", 1, 7), contact("b", 2, 8)]
    )
    assert [each.id for each in file.round_contacts] == ["b", "c"]
