"""How often they were tried, against the policy, and what is proposed next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.needs import IllegalMove
from cases.talking import calls, conversation, correspondents, tries
from cases.talking.correspondents import Point, Who
from tests.builders import DAY, HOUR, T0, Desk, a_clinic

NEW_YORK = ZoneInfo("America/New_York")


def at_desk(desk: Desk, *channels: str, language: str = "en") -> Desk:
    values = {"phone": "+12125550123", "email": "pat@quill.example", "sms": "+12125550124"}
    points = [Point(each, values[each], f"index-{each}") for each in channels]
    who = Who("Pat Quill", "patient", "self", "they rang us", language=language)
    desk.do(correspondents.match, who, points)
    return desk


def call(desk: Desk, outcome: str = "no_answer", **more: Any) -> None:
    point = next(each for each in desk.file.points if each.channel == "phone")
    desk.do(calls.log, "phone", outcome, "", desk.now, point=point, **more)


def proposed(desk: Desk) -> tuple[str, datetime, str]:
    found = tries.next_try(desk.file, desk.now)
    assert found is not None
    return found.way, found.at.astimezone(NEW_YORK), found.part


def test_tries_days_and_both_channels_are_counted_and_shown(desk: Desk) -> None:
    at_desk(desk, "phone", "email")
    assert tries.tally(desk.file).in_words() == (
        "0 of 3 tries, on 0 of 3 days, e-mail and telephone not yet tried"
    )
    call(desk)
    desk.now += DAY
    call(desk, "voicemail")
    assert tries.tally(desk.file).in_words() == (
        "2 of 3 tries, on 2 of 3 days, e-mail not yet tried"
    )


def test_what_is_shown_is_what_the_rule_asks_for(desk: Desk) -> None:
    at_desk(desk, "phone", "email")
    call(desk)
    with pytest.raises(IllegalMove) as refused:
        desk.do(conversation.give_up, "unreachable")
    assert list(refused.value.missing) == tries.missing(desk.file)
    assert not tries.tally(desk.file).done


def test_the_way_not_tried_yet_comes_next(desk: Desk) -> None:
    at_desk(desk, "phone", "email")
    call(desk)
    assert proposed(desk)[0] == "email"


def test_the_next_call_is_on_another_day_in_another_part_of_it(desk: Desk) -> None:
    at_desk(desk, "phone")
    desk.now = T0 + HOUR  # Monday, 10:00
    call(desk)
    way, at, part = proposed(desk)
    assert (way, part) == ("phone", "midday")
    assert at.strftime("%a %H:%M") == "Tue 12:30"
    desk.now = at
    call(desk)
    assert proposed(desk)[1].strftime("%a %H:%M") == "Wed 15:30"


def test_no_try_is_proposed_out_of_office_hours(desk: Desk) -> None:
    at_desk(desk, "phone")
    desk.now = T0 + 4 * DAY + 7 * HOUR  # Friday, 16:00
    call(desk)
    assert proposed(desk)[1].strftime("%a") == "Mon"


def test_no_call_is_proposed_before_the_time_they_named(desk: Desk) -> None:
    at_desk(desk, "phone")
    call(desk, "other_person", flags=["interpreter"], after=T0 + timedelta(days=3, hours=4))
    assert proposed(desk)[1] >= T0 + timedelta(days=3, hours=4)


def test_nothing_is_proposed_once_they_are_reached_or_the_policy_is_kept(desk: Desk) -> None:
    at_desk(desk, "phone")
    for _ in range(3):
        call(desk)
        desk.now += DAY
    assert tries.tally(desk.file).done
    assert tries.next_try(desk.file, desk.now) is None
    call(desk, "reached")
    assert tries.next_try(desk.file, desk.now) is None


def test_nothing_is_proposed_where_no_way_is_known(desk: Desk) -> None:
    at_desk(desk)
    assert tries.next_try(desk.file, desk.now) is None


@pytest.mark.parametrize(
    ("flags", "after", "why"),
    [(["loud"], None, "loud"), ([], -HOUR, "lies ahead")],
)
def test_a_flag_nobody_knows_or_a_time_that_has_passed_is_refused(
    desk: Desk, flags: list[str], after: timedelta | None, why: str
) -> None:
    at_desk(desk, "phone")
    with pytest.raises(IllegalMove, match=why):
        call(desk, flags=flags, after=desk.now + after if after else None)


def test_a_later_call_takes_a_flag_back(desk: Desk) -> None:
    at_desk(desk, "phone")
    call(desk, flags=["no_voicemail"])
    assert desk.file.correspondent is not None
    assert desk.file.correspondent.no_voicemail
    call(desk, flags=[])
    assert desk.file.correspondent is not None
    assert not desk.file.correspondent.no_voicemail


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_voicemail_says_nothing_about_them(desk: Desk, language: str) -> None:
    at_desk(desk, "phone", language=language)
    said = calls.voicemail(desk.file, "Dana Field")
    assert a_clinic().phone in said
    assert "Quill" not in said
    assert ("Hola" in said) == (language == "es")
    call(desk, flags=["no_voicemail"])
    assert calls.voicemail(desk.file, "Dana Field") == ""
