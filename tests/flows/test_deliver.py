"""What is due leaves, once; what may not leave does not; in doubt a person is told."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cases import custody, following
from cases.changes import Change, Happened, Moment, Set, about
from cases.models import ContactPoint, Notice, NoticeState, Person
from cases.needs import IllegalMove
from cases.ports import Accepted, Message
from cases.talking import consent, conversation, correspondents, delivery
from cases.talking.waiting import Waiting
from cases.viewers import ENGINE
from flows import deliver
from flows.house import House
from tests.builders import DIRECTOR, HOUR, MINUTE
from tests.story import Story

LETTER = "We would like to hear from you. Please call Dana Field at +1 212-555-0100."
TEXT = "Elm Street here: please call Dana Field, +1 212-555-0100. Reply STOP to opt out."


def house_of(story: Story, **settings: Any) -> House:
    told = story.settings.model_copy(update=settings)
    return House(told, story.store, "deliver", story.now, story.ids)


def decide(story: Story, rule: Callable[..., Change], *args: Any, **named: Any) -> None:
    """Let somebody decide something, and nothing be sent yet."""
    change = rule(story.case(), *args, Moment(story.now, DIRECTOR, story.ids), **named)
    assert story.store.apply([change]).applied


def write(story: Story, channel: str = "email") -> Notice:
    """Approve a message to the correspondent; return its notice, still waiting."""
    words = (LETTER, "A word from Elm Street") if channel == "email" else (TEXT, "")
    decide(story, conversation.write, story.way(channel), *words)
    return story.case().notices[-1]


def write_to_many(story: Story, count: int) -> None:
    """Approve a text to each of several numbers of theirs: one gets no two in a day."""
    for n in range(count):
        decide(story, correspondents.add_point, story.point("sms", f"+121255501{n:02}"))
    for point in [p for p in story.case().points if p.channel == "sms"][-count:]:
        decide(story, conversation.write, point, TEXT, "")


def again(story: Story, notice: Notice) -> Notice:
    return next(n for n in story.case().notices if n.id == notice.id)


def stop(story: Story, channel: str = "sms") -> Change:
    point = story.way(channel)
    known, waiting = story.store.behind(story.store.known_points([channel], point.index))
    return consent.stop(
        point.index,
        channel,
        "they texted STOP",
        Moment(story.now, DIRECTOR, story.ids),
        known,
        waiting,
        story.store.practice_as_subject(),
    )


def waiting(story: Story, *channels: str) -> list[Waiting]:
    return story.store.waiting(story.now, channels or ("email", "sms"))


# Once, whoever else is at it


def test_two_delivers_at_once_send_each_notice_once(known: Story) -> None:
    before = len(known.mail.accepted)
    for _ in range(12):
        write(known)
    write_to_many(known, 12)
    start = threading.Barrier(3)
    counts: list[dict[str, int]] = []

    def work() -> None:
        start.wait()
        counts.append(deliver.run(house_of(known)))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    letters = [letter.message["Message-ID"] for letter in known.mail.accepted[before:]]
    assert len(letters) == len(set(letters)) == 12
    assert len(known.phone.sent) == 12
    assert sum(each["sent"] for each in counts) == 24
    assert {n.state for n in known.case().notices} == {NoticeState.ACCEPTED}


def test_a_second_deliver_has_nothing_left_to_send(known: Story) -> None:
    write(known)
    assert known.run("deliver")["sent"] == 1
    assert known.run("deliver") == {"sent": 0, "not_sent": 0, "unknown": 0, "waiting": 0}


@pytest.mark.parametrize("waits", [1, 2, 3])
def test_a_stop_between_reading_and_claiming_leaves_nothing_to_send(
    known: Story, waits: int
) -> None:
    for _ in range(waits):
        write(known, "sms")
    read = waiting(known, "sms")
    assert len(read) == waits
    assert known.store.apply([stop(known)]).applied
    moment = Moment(known.now, "deliver", known.ids)
    claims = [delivery.claim(each, moment, HOUR) for each in read]
    assert len(known.store.apply(claims).stale) == waits
    known.run("deliver")
    assert known.phone.sent == []
    assert {n.code for n in known.case().notices} == {"stop"}


@pytest.mark.parametrize("claimed_first", [0, 1, 2, 3])
def test_a_stop_among_claims_stops_all_those_not_yet_claimed(
    known: Story, claimed_first: int
) -> None:
    for _ in range(3):
        write(known)
    read, moment = waiting(known, "email"), Moment(known.now, "deliver", known.ids)
    claims = [delivery.claim(each, moment, HOUR) for each in read]
    done = [known.store.apply([claim]) for claim in claims[:claimed_first]]
    assert all(each.applied for each in done)
    assert known.store.apply([stop(known, "email")]).applied
    assert len(known.store.apply(claims[claimed_first:]).stale) == 3 - claimed_first
    known.run("deliver")
    assert known.mail_to("pat") == []


def test_two_texts_to_one_number_leave_on_two_days(known: Story) -> None:
    first, second = write(known, "sms"), write(known, "sms")
    known.run("deliver")
    assert {again(known, n).state for n in (first, second)} == {"accepted", "pending"}
    known.it_is(2, "19:00")
    assert len(known.phone.sent) == 1
    known.it_is(3, "09:00")
    assert len(known.phone.sent) == 2


def test_a_stop_for_one_of_two_people_with_the_same_number_counts_for_both(known: Story) -> None:
    known.review("r2", "Rude at the desk, twice, and no apology from anybody.", stars=1)
    known.run("intake", "deliver")
    who = correspondents.Who("Kim Doe", "relative", "adult", "she telephoned and said so")
    point = known.point("sms", "+12125550142")
    known.act(correspondents.match, who, [point], number=2)
    moment = Moment(known.now, DIRECTOR, known.ids)
    theirs = known.store.case_file(2, ENGINE)
    known.store.apply([conversation.write(theirs, theirs.points[0], TEXT, "", moment)])
    assert known.store.apply([stop(known)]).applied
    known.run("deliver")
    assert known.phone.sent == []


@pytest.mark.parametrize("rule", [custody.hold, following.dismiss])
def test_a_hold_or_a_close_between_reading_and_claiming_makes_the_claim_stale(
    known: Story, rule: Callable[..., Change]
) -> None:
    write(known)
    (read,) = waiting(known, "email")
    decide(known, rule, *(("counsel",) if rule is custody.hold else ("not_ours", "")))
    claim = delivery.claim(read, Moment(known.now, "deliver", known.ids), HOUR)
    assert known.store.apply([claim]).stale == [claim]


# What may not leave


def test_a_held_case_sends_nothing_and_its_owner_is_told(known: Story) -> None:
    notice = write(known)
    decide(known, custody.hold, "counsel")
    known.run("deliver")
    assert (again(known, notice).state, again(known, notice).code) == ("suppressed", "held")
    assert known.mail_to("pat") == []
    known.run("deliver")
    assert "was not sent" in known.mail_to("dana")[-1]
    decide(known, custody.release)
    known.run("deliver")
    assert known.mail_to("pat") == []


def test_a_closed_case_writes_to_nobody_and_reminds_nobody(known: Story) -> None:
    notice = write(known)
    known.now += 4 * HOUR
    known.run("sweep")  # reminders wait now
    decide(known, following.dismiss, "not_ours", "")
    told = len(known.mail_to("dana"))
    known.run("deliver")
    assert again(known, notice).state == NoticeState.SUPPRESSED
    assert known.mail_to("pat") == []
    assert len(known.mail_to("dana")) == told


def test_what_was_approved_before_they_wrote_is_void(known: Story) -> None:
    notice = write(known)
    (read,) = waiting(known, "email")
    decide(known, conversation.received, "email", "Never mind.", known.now)
    claim = delivery.claim(read, Moment(known.now, "deliver", known.ids), HOUR)
    assert known.store.apply([claim]).stale
    known.run("deliver")
    assert again(known, notice).code == "they_wrote_first"
    assert known.mail_to("pat") == []


def test_words_changed_after_the_approval_do_not_leave(known: Story) -> None:
    notice = write(known)
    tampered = [Set(Notice, notice.id, {"body": "Something nobody approved."})]
    known.store.apply([Change(about(notice), Moment(known.now, "x", known.ids), sets=tampered)])
    known.run("deliver")
    assert again(known, notice).code == "not_what_was_approved"
    assert known.mail_to("pat") == []


def test_a_text_at_night_waits_until_nine_in_their_morning(known: Story) -> None:
    known.it_is(2, "20:00")
    notice = write(known, "sms")
    known.run("deliver")
    assert known.phone.sent == []
    known.it_is(3, "08:59")
    assert known.phone.sent == []
    known.it_is(3, "09:00")
    assert [each["Body"] for each in known.phone.sent] == [TEXT]
    assert again(known, notice).state == NoticeState.ACCEPTED


def test_a_mail_may_leave_at_night(known: Story) -> None:
    known.it_is(2, "23:00")
    write(known)
    assert known.run("deliver")["sent"] == 1


def test_somebody_who_left_is_told_nothing_more(known: Story) -> None:
    known.now += 4 * HOUR
    known.run("sweep")
    (dana,) = [p for p in known.store.people().values() if p.id == DIRECTOR]
    told = len(known.mail_to("dana"))
    gone = Change(
        about(dana),
        Moment(known.now, "alex", known.ids),
        sets=[Set(Person, dana.id, {"active": False})],
        events=[Happened("deactivated")],
    )
    assert known.store.apply([gone]).applied
    known.run("deliver")
    assert len(known.mail_to("dana")) == told


# What goes wrong


def test_a_refused_address_is_closed_and_the_owner_is_told(known: Story) -> None:
    notice = write(known)
    known.mail.refuse(550)
    known.run("deliver")
    assert (again(known, notice).state, again(known, notice).code) == ("refused", "smtp-550")
    assert known.way("email").closed_why == "smtp-550"
    known.run("deliver")
    assert "could not be delivered" in known.mail_to("dana")[-1]
    with pytest.raises(IllegalMove, match="stopped, closed"):
        write(known)


def test_trouble_of_an_owner_who_left_is_told_to_the_administrator(known: Story) -> None:
    write(known)
    dana = known.store.people()[DIRECTOR]
    left = [Set(Person, dana.id, {"active": False})]
    moment, event = Moment(known.now, "alex", known.ids), Happened("deactivated")
    assert known.store.apply([Change(about(dana), moment, sets=left, events=[event])]).applied
    known.mail.drop_after_data()
    known.run("deliver")
    known.run("deliver")
    assert len(known.mail_to("alex")) == 1


def test_a_line_cut_after_the_mail_was_taken_is_a_doubt_and_never_a_second_copy(
    known: Story,
) -> None:
    notice = write(known)
    known.mail.drop_after_data()
    assert known.run("deliver")["unknown"] == 1
    assert again(known, notice).state == NoticeState.UNKNOWN
    for _ in range(3):
        known.now += HOUR
        known.run("deliver")
    assert known.mail_to("pat") == ["A word from Elm Street"]
    told = known.mail.accepted[-1]
    body = told.message.get_body(("plain",))
    assert told.to == "dana@elm.example"
    assert body is not None
    assert "phone" in body.get_content()
    assert "delivery_unknown" in known.events()


def test_a_text_nobody_can_account_for_is_not_sent_again(known: Story) -> None:
    notice = write(known, "sms")
    known.phone.accept_then_drop()
    known.run("deliver")
    known.now += HOUR
    known.run("deliver")
    assert len(known.phone.sent) == 1
    assert again(known, notice).state == NoticeState.UNKNOWN


def test_a_mail_to_staff_in_doubt_comes_again_with_the_same_message_id(known: Story) -> None:
    known.now += 2 * HOUR
    known.run("sweep")
    before = len(known.mail.accepted)
    known.mail.drop_after_data()
    known.run("deliver")
    assert known.run("deliver")["sent"] == 0  # not before its time
    known.now += MINUTE
    assert known.run("deliver")["sent"] == 1
    first, second = (x.message["Message-ID"] for x in known.mail.accepted[before:])
    assert first == second
    assert known.mail.accepted[-1].to == "dana@elm.example"


def _claim_and_die(story: Story, *channels: str) -> None:
    moment = Moment(story.now, "deliver", story.ids)
    claims = [delivery.claim(each, moment, 15 * MINUTE) for each in waiting(story, *channels)]
    assert len(story.store.apply(claims).applied) == len(claims) > 0


def test_a_sender_that_died_leaves_a_correspondents_mail_in_doubt(known: Story) -> None:
    notice = write(known)
    _claim_and_die(known, "email")
    known.now += 15 * MINUTE
    known.run("deliver")
    assert again(known, notice).state == NoticeState.SENDING  # the lease holds to its last moment
    known.now += MINUTE
    assert known.run("deliver")["unknown"] == 1
    known.run("deliver")
    assert (again(known, notice).state, again(known, notice).code) == ("unknown", "lease")
    assert known.mail_to("pat") == []
    assert [r.state for r in known.store.receipts([notice.id])] == ["unknown"]


def test_a_sender_that_died_keeps_nothing_from_staff(known: Story) -> None:
    known.now += 2 * HOUR
    known.run("sweep")
    told = len(known.mail_to("dana"))
    _claim_and_die(known, "email")
    known.now += 16 * MINUTE
    known.run("deliver")
    assert len(known.mail_to("dana")) == told + 1


def test_whoever_settles_after_the_lease_is_told_and_changes_nothing(
    known: Story, caplog: pytest.LogCaptureFixture
) -> None:
    notice = write(known)
    (read,) = waiting(known, "email")
    moment = Moment(known.now, "deliver", known.ids)
    claim = delivery.claim(read, moment, 15 * MINUTE)
    known.store.apply([claim])
    known.now += 16 * MINUTE
    known.run("deliver")
    late = delivery.accepted(read, claim, Accepted("x"), Moment(known.now, "late", known.ids))
    assert known.store.apply([late]).stale == [late]
    assert again(known, notice).state == NoticeState.UNKNOWN


def test_a_message_that_waited_its_turn_beyond_its_lease_is_not_handed_over(known: Story) -> None:
    for _ in range(25):
        write(known)

    class Slow:
        """A line so slow that the lease is over before the last ones have their turn."""

        name = "email"
        taken = 0

        async def send(self, message: Message) -> Accepted:
            self.taken += 1
            house.fixed = known.now + timedelta(minutes=20)
            return Accepted(str(self.taken))

    house, slow = house_of(known), Slow()
    house.channels["email"] = slow
    deliver.run(house)
    states = [n.state for n in known.case().notices]
    assert slow.taken == 1  # the claim of the others was over when their turn came
    assert states.count(NoticeState.ACCEPTED) == 1
    assert states.count(NoticeState.PENDING) == 24


def test_a_server_that_is_busy_is_asked_again_later_and_later(known: Story) -> None:
    notice = write(known)
    known.mail.refuse(451, times=4)
    for wait in (1, 5, 15, 60):
        known.run("deliver")
        waits = again(known, notice).not_before - known.now
        assert 0.8 * wait * MINUTE <= waits <= wait * MINUTE
        known.now += wait * MINUTE
    known.run("deliver")
    assert known.mail_to("pat") == ["A word from Elm Street"]
    assert again(known, notice).attempts == 5


def test_after_ten_attempts_it_is_given_up_and_the_owner_is_told(known: Story) -> None:
    notice = write(known)
    known.mail.refuse(451, times=10)
    for _ in range(10):
        known.run("deliver")
        known.now += 4 * HOUR
    assert (again(known, notice).state, again(known, notice).attempts) == ("refused", 10)
    assert known.way("email").closed_at is None  # the address is not to blame
    known.run("deliver")
    assert any("could not be delivered" in subject for subject in known.mail_to("dana"))


def test_a_defect_of_ours_is_a_doubt_and_is_logged_without_its_text(
    known: Story, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        name = "email"

        async def send(self, message: Message) -> Accepted:
            raise RuntimeError(f"canary {message.to}")

    notice = write(known)
    house = house_of(known)
    house.channels["email"] = Broken()
    assert deliver.run(house)["unknown"] == 2  # the message, and the news of it to its owner
    assert (again(known, notice).state, again(known, notice).code) == ("unknown", "RuntimeError")
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text


def test_a_notice_without_words_is_refused_loudly(
    known: Story, caplog: pytest.LogCaptureFixture
) -> None:
    case = known.case()
    odd = {
        "key": "odd:1", "case_id": case.case.id, "kind": "nobody_wrote_this",
        "channel": "email", "person_id": "morgan",
    }  # fmt: skip
    moment, event = Moment(known.now, DIRECTOR, known.ids), Happened("noted")
    known.store.apply([Change(about(case.case), moment, events=[event], notices=[odd])])
    assert known.run("deliver")["not_sent"] == 1
    assert known.mail_to("morgan") == []
    known.run("deliver")
    assert "could not be delivered" in known.mail_to("dana")[-1]
    assert "nobody_wrote_this" in caplog.text
    assert known.store.count_states()[NoticeState.REFUSED] == 1


# Channels nobody set up


def test_without_any_channel_all_notices_wait_and_it_is_said_how_many(
    known: Story, caplog: pytest.LogCaptureFixture
) -> None:
    write(known)
    write(known, "sms")
    house = house_of(known, mail="", texts="")
    with caplog.at_level(logging.WARNING):
        assert deliver.run(house)["waiting"] == 2
    assert "2 notices wait and cannot leave" in caplog.text
    assert {n.state for n in known.case().notices} == {NoticeState.PENDING}
    assert known.run("deliver")["sent"] == 2


@pytest.mark.parametrize(("off", "left"), [("mail", "sms"), ("texts", "email")])
def test_with_one_channel_only_the_others_notices_wait(known: Story, off: str, left: str) -> None:
    write(known)
    write(known, "sms")
    done = deliver.run(house_of(known, **{off: ""}))
    assert (done["sent"], done["waiting"]) == (1, 1)
    sent = {n.channel: n.state for n in known.case().notices}
    assert sent[left] == NoticeState.ACCEPTED


def test_a_point_closed_since_the_approval_is_not_written_to(known: Story) -> None:
    notice = write(known, "sms")
    point = known.way("sms")
    closed = Set(ContactPoint, point.id, {"closed_at": known.now, "closed_why": "wrong_number"})
    case = known.case().case
    moment, event = Moment(known.now, DIRECTOR, known.ids), Happened("noted")
    known.store.apply([Change(about(case), moment, sets=[closed], events=[event])])
    known.run("deliver")
    assert known.phone.sent == []
    assert again(known, notice).state == NoticeState.SUPPRESSED
    assert "was not sent" in known.mail_to("dana")[-1]
