"""Whether a notice may leave now, and what follows from how its sending went: the bare rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.changes import Change, about
from cases.clockwork.reaching import in_order
from cases.models import (
    Case,
    Clock,
    Consent,
    ContactPoint,
    Correspondent,
    Notice,
    NoticeState,
    Number,
    Receipt,
    Role,
)
from cases.ports import Accepted, ChannelError
from cases.talking import delivery
from cases.talking.approving import message_notice
from cases.talking.waiting import Waiting
from tests.builders import DAY, HOUR, MINUTE, T0, a_clinic, a_file, a_person, moment

LEASE = 15 * MINUTE
NEW_YORK = ZoneInfo("America/New_York")


def a_point(**changes: Any) -> ContactPoint:
    usual: dict[str, Any] = {
        "id": "point-1", "correspondent_id": "who-1", "channel": "sms",
        "value": "+12125550142", "index": "blind-1",
    }  # fmt: skip
    return ContactPoint(**{**usual, **changes})


def somebody(**changes: Any) -> Correspondent:
    usual: dict[str, Any] = {
        "id": "who-1", "clinic_id": "elm", "name": "Pat Doe", "relation": "patient",
        "care_of": "self", "basis": "they said so", "recorded_by": "dana",
        "recorded_at": T0, "version": 3,
    }  # fmt: skip
    return Correspondent(**{**usual, **changes})


def to_them(point: ContactPoint | None = None, **changes: Any) -> Waiting:
    """Return an approved text (or mail) to the correspondent that waits; `changes` are its own."""
    point, file = point or a_point(), a_file()
    subject = "" if point.channel == "sms" else "Elm Street"
    values = message_notice(file, point, "Please call us.", subject, "message", moment())
    notice = Notice(**{**values, "created_at": T0, "version": 4, **changes})
    owner = a_person("dana", Role.DIRECTOR)
    return Waiting(notice, file.case, a_clinic(), None, point, somebody(), (), owner)


def to_staff(name: str = "morgan", **changes: Any) -> Waiting:
    notice = Notice(
        **{
            "id": "n1", "key": "k", "case_id": "case-1", "kind": "escalate", "channel": "email",
            "person_id": name, "not_before": T0, "created_at": T0, "version": 2, **changes,
        }
    )  # fmt: skip
    owner, person = a_person("dana", Role.DIRECTOR), a_person(name, Role.MANAGER)
    return Waiting(notice, a_file().case, a_clinic(), person, None, None, (), owner)


def with_case(waiting: Waiting, **facts: Any) -> Waiting:
    return replace(waiting, case=Case(**{**waiting.case.model_dump(), **facts}))  # type: ignore[union-attr]


def consent(given: bool, at: datetime = T0, **changes: Any) -> Consent:
    usual: dict[str, Any] = {
        "id": f"c-{at.isoformat()}-{given}", "index": "blind-1", "channel": "sms",
        "given": given, "at": at, "how": "said so", "by": "dana",
    }  # fmt: skip
    return Consent(**{**usual, **changes})


def claimed(waiting: Waiting, now: datetime = T0) -> Change:
    return delivery.claim(waiting, moment(now), LEASE)


def says(change: Change) -> dict[str, Any]:
    """Return what a Change writes about the notice."""
    return dict(change.sets[0].values)


def why_not(waiting: Waiting, now: datetime = T0) -> str:
    change = claimed(waiting, now)
    assert not delivery.is_claim(change)
    assert says(change)["state"] == NoticeState.SUPPRESSED
    code: str = says(change)["code"]
    return code


def at(hour: int, minute: int = 0, *, day: int = 2, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


# Whether it may leave


def test_a_claim_names_the_attempt_and_ends_by_itself() -> None:
    change = claimed(to_them())
    assert delivery.is_claim(change)
    assert says(change) == {
        "state": "sending",
        "attempts": 1,
        "attempt_token": delivery.token(change),
        "claimed_at": T0,
        "lease_until": T0 + LEASE,
    }
    assert delivery.may_send(change, T0 + LEASE - timedelta(microseconds=1))
    assert not delivery.may_send(change, T0 + LEASE)
    assert not delivery.may_send(change, T0 + 6 * MINUTE, longest=10 * MINUTE)


def test_each_attempt_has_a_token_of_its_own() -> None:
    assert delivery.token(claimed(to_them())) != delivery.token(claimed(to_them()))


def test_a_claim_holds_only_while_correspondent_and_case_stand_as_read() -> None:
    waiting = to_them()
    assert waiting.case is not None
    assert waiting.correspondent is not None
    assert claimed(waiting).requires == [about(waiting.correspondent), about(waiting.case)]


def test_a_claim_of_staffs_mail_does_not_wait_for_a_busy_case() -> None:
    assert claimed(to_staff()).requires == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"held_at": T0}, "held"), ({"closed_at": T0}, "closed")],
)
def test_a_held_or_closed_case_writes_to_nobody(facts: dict[str, Any], code: str) -> None:
    assert why_not(with_case(to_them(), **facts)) == code


def test_a_stop_wins_over_a_hold() -> None:
    stopped = replace(to_them(), consents=(consent(given=False),))
    assert why_not(with_case(stopped, held_at=T0)) == "stop"


def test_the_last_word_on_consent_counts() -> None:
    said = [consent(given=False), consent(given=True, at=T0 + HOUR)]
    assert delivery.is_claim(claimed(replace(to_them(), consents=said)))
    assert why_not(replace(to_them(), consents=[*said, consent(False, T0 + DAY)])) == "stop"


def test_a_stop_to_texts_does_not_stop_mail() -> None:
    stopped = (consent(given=False),)
    assert delivery.is_claim(claimed(replace(to_them(a_point(channel="email")), consents=stopped)))


def test_an_answer_to_what_they_wrote_after_the_end_leaves_all_the_same() -> None:
    later = with_case(to_them(created_at=T0), closed_at=T0 - HOUR)
    assert delivery.is_claim(claimed(later))


@pytest.mark.parametrize("facts", [{"allowed": False}, {"closed_at": T0}])
def test_a_way_closed_or_not_allowed_is_not_used(facts: dict[str, Any]) -> None:
    assert why_not(to_them(a_point(**facts))) == "stop"


def test_a_match_taken_back_means_silence() -> None:
    assert why_not(replace(to_them(), correspondent=somebody(undone_at=T0))) == "unmatched"
    assert why_not(replace(to_them(), correspondent=None)) == "unmatched"


@pytest.mark.parametrize(
    "changed",
    [
        {"body": "Other words."},
        {"subject_line": "Another subject"},
        {"channel": "email"},
        {"approved_by": ""},
        {"digest": ""},
    ],
)
def test_only_what_was_approved_leaves(changed: dict[str, Any]) -> None:
    assert why_not(to_them(**changed)) == "not_what_was_approved"


def test_words_approved_for_one_number_do_not_go_to_another() -> None:
    other = a_point(id="point-2", value="+12125550143", index="blind-2")
    assert why_not(replace(to_them(), point=other)) == "not_what_was_approved"


def test_nobody_is_asked_again_about_somebody_who_died() -> None:
    waiting = replace(to_them(kind="follow_up"), correspondent=somebody(care_of="deceased"))
    assert why_not(waiting) == "deceased"


def test_a_text_at_the_wrong_hour_waits_and_is_not_lost() -> None:
    change = claimed(to_them(), at(20))
    assert says(change) == {"not_before": at(9, day=3)}
    assert not change.notices
    assert delivery.is_claim(claimed(to_them(), at(9, day=3)))


def test_a_number_that_was_texted_today_waits_for_tomorrow_whichever_case_it_was() -> None:
    waiting = replace(to_them(), texted=(at(9),))
    assert says(claimed(waiting, at(15))) == {"not_before": at(9, day=3)}


def test_of_two_claims_for_one_number_only_one_can_hold() -> None:
    first, second = (claimed(to_them(id=name)) for name in ("n1", "n2"))
    assert {part.subject for part in first.parts} == {part.subject for part in second.parts}
    assert {part.subject.table for part in first.parts} == {Number}


def test_their_own_zone_wins_over_that_of_their_number() -> None:
    moved = replace(to_them(), correspondent=somebody(zone="Pacific/Honolulu"))
    assert says(claimed(moved, at(9))) == {"not_before": at(14)}


def stop_confirmation(**changes: Any) -> Waiting:
    usual = {"kind": "stop_confirmation", "approved_by": "in advance", "digest": "", "body": None}
    return replace(to_them(**usual | changes), consents=(consent(given=False),))


def test_a_stop_is_confirmed_by_the_one_text_that_may_follow_it() -> None:
    assert delivery.is_claim(claimed(stop_confirmation()))
    late_at_night = stop_confirmation(created_at=at(23))
    assert delivery.is_claim(claimed(late_at_night, at(23, 4)))


def test_after_five_minutes_a_stop_is_not_confirmed_any_more() -> None:
    change = claimed(stop_confirmation(), T0 + 5 * MINUTE + timedelta(seconds=1))
    assert says(change)["code"] == "too_late"
    assert not change.notices


def test_what_was_taken_back_is_not_confirmed() -> None:
    waiting = stop_confirmation()
    again = replace(waiting, consents=(*waiting.consents, consent(given=True, at=T0 + MINUTE)))
    assert why_not(again) == "started"
    assert why_not(with_case(waiting, held_at=T0)) == "held"


def test_staff_are_texted_at_any_hour() -> None:
    assert delivery.is_claim(claimed(to_staff(channel="sms"), at(3)))


@pytest.mark.parametrize("kind", ["remind", "escalate", "safety", "opened", "publish_by_hand"])
def test_nobody_is_told_of_work_on_a_closed_case(kind: str) -> None:
    assert why_not(with_case(to_staff(kind=kind), closed_at=T0)) == "closed"


@pytest.mark.parametrize("kind", ["received", "unknown_delivery", "bounced", "parked"])
def test_news_of_a_closed_case_is_told(kind: str) -> None:
    assert delivery.is_claim(claimed(with_case(to_staff(kind=kind), closed_at=T0)))


def test_who_is_gone_is_told_nothing() -> None:
    gone = a_person("morgan", Role.MANAGER, active=False)
    assert why_not(replace(to_staff(), person=gone)) == "nobody"
    assert why_not(replace(to_staff(), person=None)) == "nobody"


def test_what_is_held_back_from_them_is_an_event_and_news_to_the_owner() -> None:
    change = claimed(with_case(to_them(), held_at=T0))
    assert [(e.kind, e.detail["why"]) for e in change.events] == [("not_sent", "held")]
    assert [(n["kind"], n["person_id"]) for n in change.notices] == [("not_sent", "dana")]
    assert not claimed(with_case(to_staff(), closed_at=T0)).notices


# How it went


def test_what_the_provider_took_is_settled_with_a_receipt() -> None:
    waiting = to_them()
    claim = claimed(waiting)
    change = delivery.accepted(waiting, claim, Accepted("SM1", "twilio-201"), moment(T0 + MINUTE))
    assert says(change)["state"] == NoticeState.ACCEPTED
    assert says(change)["lease_until"] is None
    (receipt,) = change.adds
    assert (receipt.table, receipt.values["attempt"], receipt.values["provider_id"]) == (
        Receipt, 1, "SM1",
    )  # fmt: skip
    assert change.subject.version == claim.subject.version + 1  # the fence
    assert [e.kind for e in change.events] == ["message_sent"]


def fail(waiting: Waiting, error: ChannelError) -> Change:
    return delivery.failed(waiting, claimed(waiting), error, moment())


def test_doubt_about_a_message_to_them_ends_it_and_the_owner_is_told() -> None:
    change = fail(to_them(), ChannelError("timeout", sent=None))
    assert (says(change)["state"], says(change)["code"]) == ("unknown", "timeout")
    assert [e.kind for e in change.events] == ["delivery_unknown"]
    assert [(n["kind"], n["person_id"]) for n in change.notices] == [("unknown_delivery", "dana")]


def test_doubt_ends_it_even_where_the_provider_calls_it_permanent() -> None:
    change = fail(to_them(), ChannelError("odd", permanent=True, sent=None))
    assert says(change)["state"] == NoticeState.UNKNOWN


def test_doubt_about_staffs_mail_sends_it_again() -> None:
    change = fail(to_staff(), ChannelError("timeout", sent=None))
    assert says(change)["state"] == "pending"
    assert T0 < says(change)["not_before"] <= T0 + MINUTE
    assert "message_id" not in says(change)


@pytest.mark.parametrize(
    ("attempts", "wait"), [(0, 1), (1, 5), (2, 15), (3, 60), (4, 240), (5, 240), (8, 240)]
)
def test_each_attempt_waits_longer_than_the_one_before(attempts: int, wait: int) -> None:
    change = fail(to_them(attempts=attempts), ChannelError("smtp-451"))
    assert 0.8 * wait * MINUTE <= says(change)["not_before"] - T0 <= wait * MINUTE


def test_what_failed_together_does_not_come_back_together() -> None:
    waits = {delivery.back_off(f"notice-{n}", 3) for n in range(50)}
    assert len(waits) > 30
    assert delivery.back_off("notice-1", 3) == delivery.back_off("notice-1", 3)


def test_what_is_ours_to_mend_is_no_attempt_and_never_given_up() -> None:
    change = fail(to_them(attempts=9), ChannelError("twilio-20003", ours=True))
    assert (says(change)["state"], says(change)["attempts"]) == ("pending", 9)
    assert says(change)["not_before"] == T0 + HOUR


def test_the_tenth_attempt_is_the_last() -> None:
    change = fail(to_them(attempts=9), ChannelError("smtp-451"))
    assert says(change)["state"] == NoticeState.REFUSED
    assert [n["kind"] for n in change.notices] == ["bounced"]


def test_a_dead_address_is_closed_and_a_living_one_is_not() -> None:
    dead = fail(to_them(), ChannelError("twilio-21610", permanent=True, dead_address=True))
    (closed,) = [s for s in dead.sets if s.table is ContactPoint]
    assert closed.values == {"closed_at": T0, "closed_why": "twilio-21610"}
    (stop,) = [add.values for add in dead.adds if add.table is Consent]
    assert (stop["index"], stop["channel"], stop["given"]) == ("blind-1", "sms", False)
    other = fail(to_them(), ChannelError("twilio-30007", permanent=True))
    assert [s for s in other.sets if s.table is ContactPoint] == []


def test_nobody_is_told_that_their_own_mail_bounced() -> None:
    refused = ChannelError("smtp-550", permanent=True)
    assert fail(to_staff("morgan"), refused).notices
    waiting = to_staff("dana")
    assert not fail(replace(waiting, owner=waiting.person), refused).notices


def test_a_sender_that_died_leaves_doubt_to_them_and_another_try_to_staff() -> None:
    sending: dict[str, Any] = {"state": "sending", "attempts": 1}
    theirs = delivery.hung(to_them(**sending), moment())
    assert (says(theirs)["state"], says(theirs)["code"]) == ("unknown", "lease")
    ours = delivery.hung(to_staff(**sending), moment())
    assert (says(ours)["state"], says(ours)["not_before"]) == ("pending", T0)
    assert (theirs.subject.version, ours.subject.version) == (4, 2)  # as the claim left them


def test_news_to_the_owner_says_nothing_but_channel_and_code() -> None:
    change = fail(to_them(), ChannelError("timeout", "to +12125550142", sent=None))
    (notice,) = change.notices
    assert notice["detail"] == {"channel": "sms", "code": "timeout"}
    assert "+1212" not in str(change.events) + str(change.adds)


# Staff: rest, replacement, order


def of_a_clock(name: str = "morgan", kind: str = "escalate", **clock: Any) -> Waiting:
    values: dict[str, Any] = {
        "id": "c1", "case_id": "case-1", "kind": "acknowledge", "started_at": T0, "span": 60,
        "calendar": "office", "playbook_version": 1,
    }  # fmt: skip
    waiting = to_staff(name, kind=kind, id=f"{name}-{kind}", key=f"rung:c1:0:0:{name}:email")
    return replace(waiting, clock=Clock(**values | clock))


def test_what_is_about_an_ended_clock_is_not_sent() -> None:
    assert why_not(of_a_clock(ended_at=T0, ended_how="met")) == "ended"


def test_while_somebody_has_it_a_rung_waits_and_safety_does_not() -> None:
    resting = claimed(of_a_clock(taken_until=T0 + HOUR))
    assert says(resting) == {"not_before": T0 + HOUR}
    assert delivery.is_claim(claimed(of_a_clock(taken_until=T0)))
    assert delivery.is_claim(claimed(of_a_clock(kind="safety", taken_until=T0 + HOUR)))


def test_what_somebody_who_is_away_was_to_hear_goes_to_whoever_is_there() -> None:
    gone = a_person("morgan", Role.MANAGER, away_from=T0 - DAY)
    waiting = replace(of_a_clock(), person=gone, instead=a_person("alex", Role.ADMINISTRATOR))
    change = claimed(waiting)
    assert says(change)["code"] == "away"
    (passed,) = change.notices
    assert (passed["person_id"], passed["kind"]) == ("alex", "escalate")
    assert passed["key"] == "rung:c1:0:0:morgan:email>alex"
    assert [e.kind for e in change.events] == ["not_told"]


def test_who_is_away_is_told_all_the_same_where_nobody_else_is() -> None:
    gone = a_person("morgan", Role.MANAGER, away_from=T0 - DAY)
    assert delivery.is_claim(claimed(replace(of_a_clock(), person=gone)))


def test_nobody_a_case_became_about_meanwhile_hears_of_it() -> None:
    waiting = with_case(of_a_clock(), about=["morgan"])
    assert says(claimed(waiting))["code"] == "about"


def test_nobody_is_tried_twice() -> None:
    gone = a_person("morgan", Role.MANAGER, active=False)
    tried = replace(of_a_clock(), person=gone, instead=a_person("alex", Role.ADMINISTRATOR))
    key = "rung:c1:0:0:alex:email>morgan"
    again = replace(tried, notice=Notice(**{**tried.notice.model_dump(), "key": key}))
    assert list(claimed(again).notices) == []


def test_the_owners_mail_comes_in_the_first_wave_and_the_bosss_in_the_second() -> None:
    owner = a_person("dana", Role.DIRECTOR)
    boss, mine = (replace(of_a_clock(name), owner=owner) for name in ("morgan", "dana"))
    first, after = in_order([boss, mine])
    assert [[w.notice.person_id for w in wave] for wave in (first, after)] == [["dana"], ["morgan"]]
    assert in_order([boss]) == [[boss], []]
