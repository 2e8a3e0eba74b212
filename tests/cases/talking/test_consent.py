"""What somebody agreed to and took back, as it stood on any day."""

from datetime import datetime
from typing import Any

import pytest

from cases.models import Consent, ContactPoint
from cases.needs import IllegalMove
from cases.talking import agreeing, consent
from cases.talking.consent import may_use, purpose_of, state_at
from tests.builders import DAY, HOUR, T0, Desk, moment

WORDING = "May we text you about your visit? Rates may apply; STOP ends it."


def row(given: bool, at: datetime = T0, **changes: Any) -> Consent:
    usual = {"id": f"{at.isoformat()}", "index": "i", "channel": "sms", "given": given, "at": at}
    return Consent(**{**usual, **changes})


POINT = ContactPoint(id="p", correspondent_id="w", channel="sms", value="+12125550142", index="i")


def test_nothing_said_is_neither_given_nor_taken() -> None:
    assert state_at([], "sms", "case").given is None
    assert may_use(POINT, [])


def test_the_state_of_any_past_day_can_be_shown() -> None:
    rows = [row(True, T0), row(False, T0 + DAY), row(True, T0 + 2 * DAY, purpose="case")]
    states = [state_at(rows, "sms", "case", T0 + n * DAY - HOUR).given for n in range(4)]
    assert states == [None, True, False, True]
    assert state_at(rows, "sms", "case").row == rows[-1]


def test_a_stop_ends_every_purpose_and_a_yes_to_one_opens_only_that() -> None:
    rows = [row(False), row(True, T0 + HOUR, purpose="case")]
    assert may_use(POINT, rows, "case")
    assert not may_use(POINT, rows, "follow_up")


def test_one_purpose_taken_back_leaves_the_others() -> None:
    rows = [row(False, purpose="follow_up")]
    assert may_use(POINT, rows, "case")
    assert not may_use(POINT, rows, "follow_up")


def test_an_invitation_wants_a_yes() -> None:
    assert not may_use(POINT, [], "invitation")
    assert may_use(POINT, [row(True, purpose="invitation")], "invitation")


def test_what_was_said_of_another_number_or_channel_does_not_count() -> None:
    assert may_use(POINT, [row(False, index="another"), row(False, channel="email")])


def test_every_kind_of_message_has_its_purpose() -> None:
    assert [purpose_of(kind) for kind in ("message", "follow_up", "invitation")] == [
        "case", "follow_up", "invitation",
    ]  # fmt: skip


@pytest.fixture
def talking(desk: Desk) -> Desk:
    from cases.talking import correspondents
    from cases.talking.correspondents import Point, Who

    who = Who("Pat Doe", "patient", "self", "they said so")
    index = desk.store.index("sms", "+12125550142")
    desk.do(correspondents.match, who, [Point("sms", "+12125550142", index)])
    return desk


def test_an_agreement_is_kept_with_its_wording_and_never_changed(talking: Desk) -> None:
    (point,) = talking.file.points
    talking.do(agreeing.agree, point, "invitation", WORDING, "on the telephone")
    assert may_use(point, talking.file.consents, "invitation")
    talking.now += DAY
    talking.do(agreeing.take_back, point, "invitation", "on the telephone")
    assert not may_use(point, talking.file.consents, "invitation")
    first, second = talking.store.consents_of(point.index)
    assert (first.given, first.wording, first.by) == (True, WORDING, "dana")
    assert (first.how, first.purpose) == ("on the telephone", "invitation")
    assert (second.given, second.at) == (False, talking.now)
    assert state_at([first, second], "sms", "invitation", T0 + HOUR).given


@pytest.mark.parametrize(
    ("purpose", "wording", "how"),
    [("ads", WORDING, "said so"), ("case", " ", "said so"), ("case", WORDING, "")],
)
def test_an_agreement_says_to_what_in_which_words_and_how(
    talking: Desk, purpose: str, wording: str, how: str
) -> None:
    with pytest.raises(IllegalMove):
        talking.do(agreeing.agree, talking.file.points[0], purpose, wording, how)


def test_a_start_opens_what_a_stop_closed_and_not_a_wrong_number(talking: Desk) -> None:
    (point,) = talking.file.points
    stopped = ContactPoint(**{**point._asdict(), "closed_at": T0, "closed_why": "twilio-21610"})  # type: ignore[attr-defined]
    wrong = ContactPoint(**{**point._asdict(), "closed_at": T0, "closed_why": "wrong_number"})  # type: ignore[attr-defined]
    practice = talking.store.practice_as_subject()
    opened = consent.start(point.index, "sms", "START", moment(), [], [stopped, wrong], practice)
    assert [each.values["closed_at"] for each in opened.sets] == [None]
