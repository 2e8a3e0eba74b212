"""Texts from end to end: what Twilio does wrong, what it reports, and what people text back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cases.changes import Moment
from cases.models import ArrivalState, Notice, NoticeState
from cases.talking import conversation, correspondents, evidence
from tests import texting
from tests.builders import DAY, DIRECTOR, HOUR, MINUTE
from tests.story import Story
from tests.texting import IN, PUBLIC, connect

THEIRS, STRANGER = "+12125550142", "+12125550177"
TEXT = "Elm Street here: please call Dana Field, +1 212-555-0100. Reply STOP to opt out."


@pytest.fixture
def line(known: Story) -> Iterator[Story]:
    """A case with a correspondent, and a telephone company that can call us."""
    connect(known, twilio_timeout=0.3)
    yield known
    assert known.store.broken_chains() == []


def approve(story: Story) -> None:
    moment = Moment(story.now, DIRECTOR, story.ids)
    change = conversation.write(story.case(), story.way("sms"), TEXT, "", moment)
    assert story.store.apply([change]).applied


def notice_of(story: Story) -> Notice:
    return next(n for n in reversed(story.case().notices) if n.kind == "message")


def sent(story: Story) -> Notice:
    """Approve a text, let it leave, and return its notice."""
    approve(story)
    story.run("deliver")
    return notice_of(story)


def says(story: Story, words: str, number: str = THEIRS, **more: str) -> str:
    """Let somebody text us; return what Twilio is told to text back."""
    return texting.says(story, words, number, **more)


def tasks(story: Story) -> list[tuple[str, bool]]:
    return [(task.kind, task.done_at is not None) for task in story.case().tasks]


# What can go wrong between us and Twilio: at most one copy, and the outcome as designed

Breaks = Callable[[Story], None]
FAULTS: dict[str, tuple[Breaks, str, str, int]] = {
    "taken": (lambda s: None, "accepted", "", 1),
    "they opted out there": (lambda s: s.phone.stop(THEIRS), "refused", "", 0),
    "too many requests": (lambda s: s.phone.fail(429, 20429), "accepted", "", 1),
    "broken after it took it": (lambda s: s.phone.accept_then_500(), "accepted", "queued", 1),
    "silent after it took it": (lambda s: s.phone.accept_then_hang(9), "accepted", "queued", 1),
    "cut off after it took it": (lambda s: s.phone.accept_then_drop(), "accepted", "queued", 1),
    "broken before it took it": (lambda s: s.phone.fail(500), "unknown", "", 0),
    "it calls before it answers": (lambda s: s.phone.report_first("sent"), "accepted", "sent", 1),
    "delivered before it answers": (
        lambda s: s.phone.report_first("delivered"), "delivered", "delivered", 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_whatever_twilio_does_a_patient_gets_one_copy_at_most(line: Story, name: str) -> None:
    breaks, state, told, copies = FAULTS[name]
    breaks(line)
    sent(line)
    for _ in range(5):
        line.now += 2 * MINUTE
        line.run("deliver")
    notice = notice_of(line)
    assert (notice.state, notice.provider_state) == (state, told)
    assert len(line.phone.sent) == copies
    assert bool(notice.provider_id) == (copies == 1)


def test_what_twilio_calls_opted_out_is_a_stop_and_asks_nobody_to_telephone(line: Story) -> None:
    line.phone.stop(THEIRS)
    sent(line)
    line.now += HOUR
    line.run("deliver")
    assert [c.given for c in line.case().consents] == [False]
    assert not line.case().usable(line.way("sms"))
    assert tasks(line) == []


def test_a_doubt_nothing_clears_becomes_a_call_somebody_owes(line: Story) -> None:
    line.phone.clock = lambda: line.now - DAY  # what it lists is not of that hour
    line.phone.accept_then_500()
    assert sent(line).state == NoticeState.UNKNOWN
    line.run("deliver")
    assert tasks(line) == []  # evidence may still come
    line.now += evidence.LOOKED_FOR
    line.run("deliver")
    assert tasks(line) == [("phone_instead", False)]
    line.now += DAY
    line.run("deliver")
    assert tasks(line) == [("phone_instead", False)]
    assert len(line.phone.sent) == 1


def test_a_report_that_comes_late_clears_the_doubt_and_the_call(line: Story) -> None:
    line.phone.clock = lambda: line.now - DAY
    line.phone.accept_then_500()
    sent(line)
    line.now += evidence.LOOKED_FOR
    line.run("deliver")
    line.phone.report(line.phone.sent[0], "delivered")
    assert notice_of(line).state == NoticeState.DELIVERED
    assert tasks(line) == [("phone_instead", True)]
    line.run("deliver")
    assert any("left after all" in subject for subject in line.mail_to("dana"))


def test_a_doubt_that_is_cleared_at_once_is_told_to_nobody(line: Story) -> None:
    line.phone.accept_then_500()
    told = len(line.mail_to("dana"))
    assert sent(line).state == NoticeState.ACCEPTED
    line.run("deliver", "deliver")
    assert len(line.mail_to("dana")) == told


def test_two_texts_in_the_same_words_are_no_proof_of_either(line: Story) -> None:
    line.phone.clock = lambda: line.now - DAY
    line.phone.accept_then_500()
    sent(line)
    (text,) = line.phone.sent
    text["At"] = line.now.strftime("%a, %d %b %Y %H:%M:%S +0000")
    line.phone.sent.append({**text, "Sid": "SM-another"})
    line.now += 2 * MINUTE
    line.run("deliver")
    assert notice_of(line).state == NoticeState.UNKNOWN


def test_a_mail_in_doubt_is_a_call_somebody_owes_at_once(line: Story) -> None:
    moment = Moment(line.now, DIRECTOR, line.ids)
    change = conversation.write(line.case(), line.way("email"), "Please call.", "A word", moment)
    line.store.apply([change])
    line.mail.drop_after_data()
    line.run("deliver")
    assert tasks(line) == [("phone_instead", False)]


# What Twilio reports

REPORTS = (("queued", ""), ("sending", ""), ("sent", ""), ("undelivered", "30006"))


@pytest.mark.parametrize("last", [("undelivered", "30006"), ("delivered", ""), ("failed", "30008")])
def test_all_orders_and_repeats_of_the_reports_end_alike(
    sqlite_store: Any, last: tuple[str, str]
) -> None:
    """Three thousand orders: each of the 24, with each report once, twice or thrice."""
    from tests.cases.talking.test_delivery import (
        to_them,  # the rule alone: no store remembers anything
    )

    reports = [*REPORTS[:3], last]
    ends, tried = set(), 0
    for order in itertools.permutations(reports):
        for copies in itertools.product((1, 2, 3), repeat=4):
            row = [r for r, n in zip(order, copies, strict=True) for _ in range(n)]
            for told in (row, [*order, *row]):
                ends.add(_after(to_them(attempts=1, state="sending"), told))
                tried += 1
    assert tried == 24 * 81 * 2
    assert len(ends) == 1
    ((state, told_state, _, _),) = ends
    assert told_state == last[0]
    assert state == ("delivered" if last[0] == "delivered" else "undelivered")


def _after(waiting: Any, reports: list[tuple[str, str]]) -> tuple[str, ...]:
    from dataclasses import replace

    from tests.builders import moment

    for state, error in reports:
        change = evidence.reported(waiting, "SM1", state, error, moment())
        if change is not None:
            values = {**waiting.notice.model_dump(), **change.sets[0].values}
            waiting = replace(waiting, notice=Notice(**values))
    notice = waiting.notice
    return notice.state, notice.provider_state, notice.code, notice.provider_id


def test_reports_in_any_order_end_alike_in_the_record(line: Story) -> None:
    notice = sent(line)
    (text,) = line.phone.sent
    for state in ("sent", "delivered", "queued", "sent", "delivered", "sending"):
        answer: Any = line.phone.report(text, state)
        assert answer.status_code == 204
    now = notice_of(line)
    assert (now.state, now.provider_state) == ("delivered", "delivered")
    assert now.version == notice.version + 2  # "sent" and "delivered" were news, and nothing else


def test_a_number_no_text_can_reach_is_closed_and_somebody_telephones(line: Story) -> None:
    sent(line)
    line.phone.report(line.phone.sent[0], "undelivered", "30006")
    line.run("deliver")
    assert notice_of(line).state == NoticeState.UNDELIVERED
    assert line.way("sms").closed_why == "twilio-30006"
    assert tasks(line) == [("phone_instead", False)]


def forged(story: Story, address: str, form: dict[str, str], signature: str) -> int:
    answer: Any = story.phone.calls_back(address, form, signature)
    status: int = answer.status_code
    return status


def test_what_is_not_signed_by_twilio_changes_nothing(line: Story) -> None:
    notice = sent(line)
    (text,) = line.phone.sent
    form = {"AccountSid": line.phone.account_sid, "MessageSid": text["Sid"]}
    form |= {"MessageStatus": "undelivered", "ErrorCode": "30006"}
    events = line.store.count_events()
    assert forged(line, text["StatusCallback"], form, "") == 403
    assert forged(line, text["StatusCallback"], form, "AAAA") == 403
    assert forged(line, IN, {"From": THEIRS, "Body": "STOP", "MessageSid": "SM1"}, "AAAA") == 403
    line.phone.auth_token = "somebody else's"
    line.phone.report(text, "undelivered", "30006")
    assert notice_of(line) == notice_of(line).__class__._make(notice)  # type: ignore[attr-defined]
    assert line.store.count_events() == events
    assert line.case().usable(line.way("sms"))


def test_an_unknown_text_or_attempt_and_another_account_change_nothing(line: Story) -> None:
    notice, events = sent(line), line.store.count_events()
    (text,) = line.phone.sent
    line.phone.report({**text, "Sid": "SM-of-nobody"}, "undelivered", "30006")
    nobody = f"{PUBLIC}/hooks/twilio/status/0190-of-nobody"
    line.phone.report({**text, "StatusCallback": nobody}, "undelivered", "30006")
    line.phone.report(text, "undelivered", "30006", AccountSid="AC-of-another")
    line.phone.report(text, "some_new_word")
    assert notice_of(line).version == notice.version
    assert line.store.count_events() == events


# What people text


def test_a_stop_counts_at_once_and_is_confirmed_once_within_five_minutes(line: Story) -> None:
    approve(line)
    assert "<Message>" not in says(line, "STOP")
    assert not line.case().usable(line.way("sms"))
    assert notice_of(line).state == NoticeState.SUPPRESSED
    line.now += MINUTE
    line.run("deliver")
    (confirmation,) = line.phone.sent
    assert confirmation["Body"] == "Elm Street: you will get no more texts from us."
    says(line, "stop!!")
    line.now += MINUTE
    line.run("deliver", "deliver")
    assert len(line.phone.sent) == 1
    assert "they want no more texts" in line.mail_to("dana")[-1]


def test_a_stop_twilio_confirmed_itself_is_not_confirmed_again(line: Story) -> None:
    says(line, "STOP", OptOutType="STOP")
    line.run("deliver")
    assert line.phone.sent == []
    assert not line.case().usable(line.way("sms"))


def test_a_stop_delivered_twice_is_one_stop(line: Story) -> None:
    for _ in range(3):
        says(line, "STOP", sid="SM-the-same")
    assert len(line.case().consents) == 1


def test_a_stop_in_their_own_words_is_a_stop_and_staff_see_the_words(line: Story) -> None:
    says(line, "Please dont text me anymore")
    line.run("deliver")
    assert not line.case().usable(line.way("sms"))
    assert line.case().usable(line.way("email"))
    (contact,) = [c for c in line.case().contacts if c.inbound]
    assert (contact.outcome, contact.note) == ("declined", "Please dont text me anymore")
    assert [c for c in line.case().clocks if c.kind == "answer"] == []  # they want no answer
    assert len(line.phone.sent) == 1  # the confirmation


def test_a_start_opens_it_again_and_is_answered_once(line: Story) -> None:
    says(line, "STOP")
    line.now += HOUR
    assert "you will get texts from us again" in says(line, "START")
    assert line.case().usable(line.way("sms"))
    line.now += MINUTE
    says(line, "START")  # nothing was stopped: a person reads it
    given = [c.given for c in sorted(line.case().consents, key=lambda c: c.at)]
    assert given == [False, True]


def test_help_is_answered_with_who_we_are_to_anybody(line: Story) -> None:
    says(line, "STOP")
    for number in (THEIRS, STRANGER):
        answer = says(line, "HELP", number)
        assert "Elm Street" in answer
        assert "+12125550100" in answer
        assert answer.count("<Message>") == 1


def test_a_wrong_number_is_closed_and_staff_are_told(line: Story) -> None:
    approve(line)
    says(line, "Sorry, wrong number")
    line.run("deliver")
    assert line.way("sms").closed_why == "wrong_number"
    assert line.phone.sent == []
    assert "somebody else's" in line.mail_to("dana")[-1]


def test_a_message_starts_the_answer_clock_and_stops_what_was_approved(line: Story) -> None:
    approve(line)
    says(line, "Call me after 5 please")
    assert notice_of(line).code == "they_wrote_first"
    assert line.clock("answer").ended_at is None
    assert line.case().case.contact_how == "reached"
    (contact,) = [c for c in line.case().contacts if c.inbound]
    assert contact.note == "Call me after 5 please"


def test_a_text_of_a_stranger_waits_for_somebody_to_say_its_case(line: Story) -> None:
    says(line, "You kept my mother waiting for three hours", STRANGER)
    (waiting,) = line.store.arrivals((ArrivalState.QUEUED,), ("sms",))
    assert waiting.code == "which_case"
    assert [c for c in line.case().contacts if c.inbound] == []


def test_an_administrator_hears_daily_of_a_text_nobody_has_placed(line: Story) -> None:
    says(line, "You kept my mother waiting for three hours", STRANGER)
    line.now += HOUR
    line.run("receive", "receive", "deliver")
    line.now += DAY
    line.run("receive", "receive", "deliver")
    assert sum("1 still waits for somebody" in each for each in line.mail_to("alex")) == 2


def test_a_strangers_stop_holds_once_they_are_known(line: Story) -> None:
    says(line, "STOP", STRANGER)
    line.act(correspondents.add_point, line.point("sms", STRANGER))
    point = next(p for p in line.case().points if p.value == STRANGER)
    assert not line.case().usable(point)


# Providers that are down, and limits


def test_a_provider_that_is_down_is_left_alone_and_loses_nothing(line: Story) -> None:
    many(line, 30)
    line.phone.fail(429, 20429, times=1000)
    line.run("deliver")
    asked = line.phone.requests
    assert asked <= 30
    line.run("deliver", "deliver", "deliver")
    assert line.phone.requests == asked  # it rests
    line.now += 3 * MINUTE
    line.run("deliver")
    assert line.phone.requests == asked + 1  # one to see whether it is well again
    line.phone._refusals.clear()
    for _ in range(60):
        line.now += 10 * MINUTE
        line.run("deliver")
    assert len(line.phone.sent) == 30
    assert {n.state for n in line.case().notices} == {NoticeState.ACCEPTED}


def test_a_wrong_password_gives_nothing_up_and_the_administrator_hears_of_it(line: Story) -> None:
    right = line.phone.auth_token
    line.phone.auth_token = "changed there"
    sent(line)
    line.run("deliver")
    assert "can leave until this is mended" in line.mail_to("alex")[-1]
    assert notice_of(line).state == NoticeState.PENDING
    line.phone.auth_token = right
    line.now += HOUR + MINUTE
    line.run("deliver")
    assert notice_of(line).state == NoticeState.ACCEPTED


def test_no_more_leave_in_a_minute_than_is_allowed(line: Story) -> None:
    line.settings = line.settings.model_copy(update={"texts_per_minute": 4})
    many(line, 10)
    for passed in (4, 8, 10):
        line.run("deliver", "deliver")
        assert len(line.phone.sent) == passed
        line.now += MINUTE


def many(story: Story, count: int) -> None:
    """Approve a text to each of several numbers of theirs."""
    moment = Moment(story.now, DIRECTOR, story.ids)
    for n in range(count):
        point = story.point("sms", f"+121255501{n:02}")
        assert story.store.apply([correspondents.add_point(story.case(), point, moment)]).applied
    for point in [p for p in story.case().points if p.channel == "sms"][-count:]:
        change = conversation.write(story.case(), point, TEXT, "", moment)
        assert story.store.apply([change]).applied
