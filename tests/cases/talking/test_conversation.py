"""What is said between the practice and the correspondent, off the public page."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from cases.answering.replies import decide_on_none
from cases.casefile import CaseFile
from cases.changes import Change, about
from cases.custody import hold
from cases.following import dismiss
from cases.models import ContactPoint, NoticeState
from cases.needs import IllegalMove
from cases.store import Store
from cases.talking import approving, consent, conversation, correspondents
from cases.talking.correspondents import Point, Who
from cases.viewers import ENGINE
from tests.builders import (
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    MINUTE,
    T0,
    Desk,
    a_file,
    a_seen_review,
    moment,
)

PHONE, MAIL, OTHER = "+12125550123", "ivy@home.example", "+12125550145"
IVY = Who("Ivy Larkspur", "patient", "self", "the date and the waiting room fit")
INVITES = "We are sorry. May we call you about what happened? Dana Field, (212) 555-0100."


def a_point(store: Store, channel: str, value: str, **changes: Any) -> Point:
    return Point(channel, value, store.index(channel, value), **changes)


def matched_to(desk: Desk, who: Who = IVY, *points: Point) -> Desk:
    known = points or (
        a_point(desk.store, "phone", PHONE),
        a_point(desk.store, "sms", PHONE),
        a_point(desk.store, "email", MAIL),
    )
    desk.do(correspondents.match, who, known)
    return desk


@pytest.fixture
def matched(desk: Desk) -> Desk:
    """A case with a correspondent: a telephone, texts and mail."""
    return matched_to(desk)


def point(desk: Desk, channel: str) -> ContactPoint:
    return next(each for each in desk.file.points if each.channel == channel)


def call(desk: Desk, outcome: str, **named: Any) -> CaseFile:
    return desk.do(conversation.contact, "phone", outcome, "", desk.now, **named)


def mail(desk: Desk, text: str = INVITES, **named: Any) -> CaseFile:
    return desk.do(conversation.write, point(desk, "email"), text, "Your words to us", **named)


def write_in(desk: Desk, text: str = "Call me.") -> CaseFile:
    return desk.do(conversation.received, "email", text, desk.now, by="webhook")


def states(desk: Desk) -> list[tuple[str, str]]:
    return [(notice.state, notice.code) for notice in desk.file.notices]


# Who it is


def test_a_match_records_who_says_so_and_on_what_basis(matched: Desk) -> None:
    who = matched.file.correspondent
    assert who is not None
    assert (who.name, who.basis, who.recorded_by) == (IVY.name, IVY.basis, DIRECTOR)
    assert {each.value for each in matched.file.points} == {PHONE, MAIL}
    assert "matched" in matched.events()


def test_a_match_seals_the_text_of_the_review(matched: Desk) -> None:
    assert matched.file.review.text == ""
    assert matched.file.review.sealed_text == "Two hours late and nobody said sorry."
    (short,) = matched.store.cases(ENGINE)
    assert short.review.sealed_text is None  # a list opens nothing


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (replace(IVY, relation="neighbour"), "relation"),
        (replace(IVY, care_of="somebody"), "care-of"),
        (replace(IVY, name=" "), "--name"),
        (replace(IVY, basis=""), "--basis"),
    ],
)
def test_a_match_without_a_basis_is_none(who: Who, says: str) -> None:
    with pytest.raises(IllegalMove, match=says):
        correspondents.match(a_file(), who, [], moment())


def test_a_mistaken_match_is_taken_back_and_what_waited_is_stopped(matched: Desk) -> None:
    mail(matched)
    waiting = matched.store.waiting(T0, ["email"])
    notice = next(w.notice for w in waiting if w.notice.point_id)
    with pytest.raises(IllegalMove, match="--why"):
        matched.do(correspondents.unmatch, " ")
    matched.do(correspondents.unmatch, "another Ivy")
    assert matched.file.correspondent is None
    left = [w.notice.id for w in matched.store.waiting(T0 + DAY, ["email"])]
    assert notice.id not in left
    assert matched.store.count_states()[NoticeState.SUPPRESSED] == 1
    matched.do(correspondents.match, replace(IVY, name="Ivo Larkspur"), [])
    assert matched.file.correspondent is not None


def test_nobody_is_matched_over_somebody_else(matched: Desk) -> None:
    with pytest.raises(IllegalMove, match="first: unmatch"):
        matched.do(correspondents.match, IVY, [])


def test_another_number_is_kept_beside_the_first(matched: Desk) -> None:
    matched.do(correspondents.add_point, a_point(matched.store, "phone", OTHER))
    assert OTHER in {each.value for each in matched.file.points}


def test_identifying_keeps_the_kinds_and_not_the_values(matched: Desk) -> None:
    matched.do(correspondents.identify, ["name", "date_of_birth"], "")
    who = matched.file.correspondent
    assert who is not None
    assert who.identifiers == ["date_of_birth", "name"]


@pytest.mark.parametrize("kinds", [[], ["name"], ["name", "name"], ["name", "shoe_size"]])
def test_two_different_known_identifiers_are_checked(matched: Desk, kinds: list[str]) -> None:
    with pytest.raises(IllegalMove):
        matched.do(correspondents.identify, kinds, "")


@pytest.mark.parametrize("care_of", ["minor", "adult", "deceased", "unknown"])
def test_whoever_asks_about_somebody_elses_care_shows_authority(desk: Desk, care_of: str) -> None:
    matched_to(desk, replace(IVY, relation="relative", care_of=care_of))
    with pytest.raises(IllegalMove, match="--authority"):
        desk.do(correspondents.identify, ["name", "address"], " ")
    desk.do(correspondents.identify, ["name", "address"], "health care proxy, seen")
    assert desk.file.correspondent is not None
    assert desk.file.correspondent.authority == "health care proxy, seen"


def test_looking_for_the_author_in_vain_is_a_first_try(desk: Desk) -> None:
    desk.do(conversation.looked_for, False, "no visit that week fits")
    assert desk.file.case.first_try_at == T0
    assert desk.running() == {"acknowledge", "reach"}


# Trying to reach them


@pytest.mark.parametrize("outcome", ["voicemail", "no_answer", "wrong_number", "other_person"])
def test_a_try_is_no_contact(matched: Desk, outcome: str) -> None:
    call(matched, outcome)
    assert matched.file.case.first_try_at == T0
    assert matched.file.case.contact_ended_at is None
    assert matched.running() == {"acknowledge", "reach"}


def test_a_call_that_reached_them_starts_the_listening(matched: Desk) -> None:
    call(matched, "reached")
    assert matched.file.case.contact_how == "reached"
    assert matched.running() == {"acknowledge", "listen", "in_touch"}


def test_a_call_to_the_wrong_number_closes_it(matched: Desk) -> None:
    call(matched, "wrong_number", point=point(matched, "phone"))
    closed = point(matched, "phone")
    assert (closed.closed_at, closed.closed_why) == (T0, "wrong_number")
    assert not matched.file.usable(closed)
    assert matched.file.usable(point(matched, "email"))


@pytest.mark.parametrize(
    ("channel", "outcome", "at"),
    [("pigeon", "reached", T0), ("phone", "angry", T0), ("phone", "reached", T0 + HOUR)],
)
def test_a_contact_has_a_known_channel_and_outcome_and_lies_behind_us(
    channel: str, outcome: str, at: datetime
) -> None:
    with pytest.raises(IllegalMove):
        conversation.contact(a_file(), channel, outcome, "", at, moment())


def test_nobody_calls_about_themselves_and_no_program_calls() -> None:
    with pytest.raises(IllegalMove, match="themselves"):
        conversation.contact(a_file(about=[DIRECTOR]), "phone", "reached", "", T0, moment())
    with pytest.raises(IllegalMove, match="named person"):
        conversation.contact(a_file(), "phone", "reached", "", T0, moment(by="sweep"))


def test_who_declines_is_not_listened_to_and_gets_nothing_more(matched: Desk) -> None:
    mail(matched)
    call(matched, "declined")
    assert matched.file.case.contact_how == "declined"
    assert matched.file.case.heard_how == "skipped: declined"
    assert states(matched) == [(NoticeState.SUPPRESSED, "declined")]
    assert not matched.file.may_contact
    assert matched.running() == {"acknowledge", "resolve"}


def test_who_wrote_that_they_want_no_contact_is_owed_no_answer(matched: Desk) -> None:
    write_in(matched, "Leave me alone.")
    matched.do(conversation.give_up, "declined")
    assert "answer" not in matched.running()
    assert matched.file.case.contact_how == "declined"


def test_who_declined_cannot_be_made_unreachable_instead(matched: Desk) -> None:
    call(matched, "declined")
    with pytest.raises(IllegalMove, match="declined"):
        matched.do(conversation.give_up, "unreachable")


def test_unreachable_wants_its_tries_on_every_channel(matched: Desk) -> None:
    on_three_days(matched)
    with pytest.raises(IllegalMove, match="not tried yet: email"):
        matched.do(conversation.give_up, "unreachable")
    mail(matched)
    matched.do(conversation.give_up, "unreachable")
    assert matched.file.case.heard_how == "skipped: unreachable"
    assert matched.running() == {"acknowledge", "resolve"}


def test_three_tries_in_one_day_are_not_enough(matched: Desk) -> None:
    call(matched, "no_answer")
    call(matched, "voicemail")
    mail(matched)
    with pytest.raises(IllegalMove, match="tried on 1 of 3 days"):
        matched.do(conversation.give_up, "unreachable")


def on_three_days(desk: Desk) -> None:
    """Call on three days in a row, and be answered on none."""
    for _ in range(3):
        call(desk, "no_answer")
        desk.now += DAY
    desk.now -= DAY


def test_two_tries_are_not_enough(matched: Desk) -> None:
    call(matched, "voicemail")
    mail(matched)
    with pytest.raises(IllegalMove, match="2 of 3"):
        matched.do(conversation.give_up, "unreachable")


def test_a_channel_that_is_closed_or_not_allowed_need_not_be_tried(desk: Desk) -> None:
    not_wanted = a_point(desk.store, "email", MAIL, allowed=False)
    matched_to(desk, IVY, a_point(desk.store, "phone", PHONE), not_wanted)
    on_three_days(desk)
    desk.do(conversation.give_up, "unreachable")
    assert desk.file.case.contact_how == "unreachable"


def test_tries_of_an_older_round_do_not_count() -> None:
    file = a_file(round=2)
    with pytest.raises(IllegalMove, match="0 of 3"):
        conversation.give_up(file, "unreachable", moment())


def test_unidentified_wants_the_public_invitation_first(desk: Desk) -> None:
    desk.do(conversation.looked_for, False, "")
    with pytest.raises(IllegalMove, match="no public reply is live"):
        desk.do(conversation.give_up, "unidentified")
    desk.do(decide_on_none, "platform_allows_none")
    desk.do(conversation.give_up, "unidentified")
    assert desk.file.case.stage == "resolve"


def test_who_is_known_is_not_unidentified(matched: Desk) -> None:
    matched.do(decide_on_none, "safety")
    with pytest.raises(IllegalMove, match="unmatch"):
        matched.do(conversation.give_up, "unidentified")


def test_who_was_given_up_and_calls_is_heard_after_all_with_clocks_of_its_own(
    matched: Desk,
) -> None:
    on_three_days(matched)
    mail(matched)
    gave_up = matched.now
    matched.do(conversation.give_up, "unreachable")
    matched.now += DAY
    call(matched, "reached")
    assert matched.file.case.heard_at is None
    assert matched.running() == {"acknowledge", "listen", "in_touch"}
    matched.now += HOUR
    matched.do(conversation.hear, "They waited two hours.", "", [])
    # The clock was cancelled, and promised anew.
    assert matched.running() == {"acknowledge", "resolve", "in_touch"}
    resolve = [clock for clock in matched.file.clocks if clock.kind == "resolve"]
    assert sorted((c.ended_how, c.started_at) for c in resolve) == [
        ("", gave_up + DAY + HOUR),
        ("cancelled", gave_up),
    ]


# What we write


def test_a_message_leaves_as_exactly_the_text_that_was_approved(matched: Desk) -> None:
    mail(matched)
    found = [w for w in matched.store.waiting(T0, ["email"]) if w.point is not None]
    (waiting,) = found
    assert waiting.notice.body == INVITES
    assert (waiting.notice.approved_by, waiting.notice.state) == (DIRECTOR, NoticeState.PENDING)
    assert waiting.point is not None
    assert waiting.point.value == MAIL
    assert [contact.outcome for contact in matched.file.contacts] == ["sent"]
    assert matched.file.case.first_try_at == T0


REFUSED: list[tuple[str, str, str, str]] = [
    ("email", " ", "Your words", "no text"),
    ("email", INVITES, "", "--subject"),
    ("email", "Please remove your review.", "Your words", "review"),
    ("email", "We will give you a $50 gift card.", "Your words", "gift"),
    ("email", "Your biopsy results are in.", "Your words", "results|biopsy"),
    ("sms", "We are sorry. " * 12, "", "too_long_platform"),
    ("email", "Dear [name], may we call you?", "Your words", "placeholder"),
    ("phone", INVITES, "", "a call is made and logged"),
]


@pytest.mark.parametrize(("channel", "text", "subject", "says"), REFUSED)
def test_what_may_not_be_said_is_not_sent(
    matched: Desk, channel: str, text: str, subject: str, says: str
) -> None:
    with pytest.raises(IllegalMove, match=says):
        matched.do(conversation.write, point(matched, channel), text, subject)
    assert matched.file.notices == []


@pytest.mark.parametrize(("length", "fits"), [(160, True), (161, False)])
def test_a_text_message_has_160_characters(matched: Desk, length: int, fits: bool) -> None:
    text = ("We are sorry. May we call you? " * 10)[: length - 1].rstrip().ljust(length, ".")
    assert len(text) == length
    asked = point(matched, "sms"), text, ""
    if fits:
        matched.do(conversation.write, *asked)
    else:
        with pytest.raises(IllegalMove, match="too_long_platform"):
            matched.do(conversation.write, *asked)


def test_a_closed_number_and_one_not_allowed_get_nothing(desk: Desk) -> None:
    matched_to(desk, IVY, a_point(desk.store, "sms", PHONE, allowed=False))
    with pytest.raises(IllegalMove, match="may not be used"):
        desk.do(conversation.write, point(desk, "sms"), "May we call you?", "")


def test_a_held_case_writes_nothing(matched: Desk) -> None:
    matched.do(hold, "counsel")
    with pytest.raises(IllegalMove, match="release"):
        mail(matched)


def test_only_a_named_person_whom_it_is_not_about_writes(matched: Desk) -> None:
    with pytest.raises(IllegalMove, match="named person"):
        mail(matched, by="follow-up")
    file = replace(matched.file, case=matched.file.case._replace(about=[MANAGER]))  # type: ignore[attr-defined]
    with pytest.raises(IllegalMove, match="themselves"):
        conversation.write(file, point(matched, "email"), INVITES, "Your words", moment(by=MANAGER))


# What they write


def test_a_message_from_them_starts_the_answer_clock_and_tells_the_owner(matched: Desk) -> None:
    write_in(matched)
    (clock,) = [c for c in matched.file.clocks if c.kind == "answer"]
    assert clock.due_at == T0 + HOUR
    assert clock.key == matched.file.contacts[0].id
    assert matched.file.case.contact_how == "reached"
    told = [w.notice for w in matched.store.waiting(T0, ["email"]) if w.notice.kind == "received"]
    assert [notice.person_id for notice in told] == [DIRECTOR]
    assert "Call me" not in str(told[0].detail)


def test_what_was_approved_before_they_wrote_is_void(matched: Desk) -> None:
    mail(matched)
    write_in(matched)
    assert states(matched) == [(NoticeState.SUPPRESSED, "they_wrote_first")]


def test_each_of_their_messages_has_a_clock_and_one_answer_ends_them(matched: Desk) -> None:
    write_in(matched, "Hello?")
    matched.now += 10 * MINUTE
    write_in(matched, "Is anybody there?")
    assert sum(clock.kind == "answer" for clock in matched.file.clocks) == 2
    matched.now += 10 * MINUTE
    mail(matched)
    ends = [(c.ended_how, c.missed_at) for c in matched.file.clocks if c.kind == "answer"]
    assert ends == [("met", None), ("met", None)]


@pytest.mark.parametrize(
    ("outcome", "answered"),
    [("reached", True), ("declined", True), ("voicemail", False), ("no_answer", False)],
)
def test_a_call_answers_them_only_if_they_were_spoken_with(
    matched: Desk, outcome: str, answered: bool
) -> None:
    write_in(matched)
    call(matched, outcome)
    assert ("answer" not in matched.running()) is answered


def test_a_message_after_an_end_of_contact_reaches_them_after_all(matched: Desk) -> None:
    call(matched, "declined")
    write_in(matched)
    assert matched.file.case.contact_how == "reached"
    assert matched.running() == {"acknowledge", "listen", "answer"}


def test_a_message_to_a_closed_case_is_owed_an_answer_and_the_case_stays_closed(
    matched: Desk,
) -> None:
    matched.do(dismiss, "not_a_complaint", "")
    write_in(matched)
    assert matched.file.contacts[0].note == "Call me."
    assert matched.running() == {"answer"}
    call(matched, "voicemail")
    assert matched.running() == {"answer"}
    call(matched, "reached")
    assert matched.running() == set()
    assert matched.file.case.stage == "closed"


def test_a_person_may_decide_that_a_thank_you_wants_no_answer(matched: Desk) -> None:
    matched.do(dismiss, "not_a_complaint", "")
    write_in(matched)
    with pytest.raises(IllegalMove, match="say why"):
        matched.do(conversation.no_answer, " ")
    matched.do(conversation.no_answer, "they only said thank you")
    assert matched.running() == set()
    with pytest.raises(IllegalMove, match="waits for an answer"):
        matched.do(conversation.no_answer, "again")


# Listening


def test_each_promise_becomes_a_task_with_a_clock_of_its_own(matched: Desk) -> None:
    call(matched, "reached")
    promises = [("Speak with the front desk", T0 + DAY), ("Call back", T0 + 2 * DAY)]
    matched.do(conversation.hear, "They waited two hours.", "an apology", promises)
    assert [(t.kind, t.what, t.due_at) for t in matched.file.tasks] == [
        ("promise", what, due) for what, due in promises
    ]
    clocks = {c.key: c.due_at for c in matched.file.clocks if c.kind == "promise"}
    assert clocks == {task.id: task.due_at for task in matched.file.tasks}
    (account,) = matched.file.accounts
    assert (account.happened, account.wants, account.heard_by) == (
        "They waited two hours.",
        "an apology",
        DIRECTOR,
    )
    assert matched.file.case.heard_how == "heard"


def test_an_account_has_words_and_its_promises_lie_ahead(matched: Desk) -> None:
    call(matched, "reached")
    with pytest.raises(IllegalMove, match="--happened"):
        matched.do(conversation.hear, " ", "", [])
    with pytest.raises(IllegalMove, match="has passed"):
        matched.do(conversation.hear, "They waited.", "", [("Call back", T0)])


def test_who_was_not_reached_was_not_heard() -> None:
    with pytest.raises(IllegalMove, match="not reached yet"):
        conversation.hear(a_file(), "They waited.", "", [], moment())


# STOP


def stop_from(store: Store, number: str, now: datetime = T0) -> Change:
    index = store.index("sms", number)
    people, waiting = store.behind(store.known_points(["sms"], index))
    practice = about(store.practice())
    return consent.stop(index, "sms", "STOP", moment(now, "webhook"), people, waiting, practice)


def text(desk: Desk) -> None:
    desk.do(conversation.write, point(desk, "sms"), "May we call you?", "")


def test_a_stop_ends_what_waits_for_that_number_and_only_that(matched: Desk) -> None:
    text(matched)
    mail(matched)
    matched.write(stop_from(matched.store, PHONE))
    by_channel = {n.channel: (n.state, n.code) for n in matched.file.notices}
    assert by_channel == {
        "sms": (NoticeState.SUPPRESSED, "stop"),
        "email": (NoticeState.PENDING, ""),
    }
    assert not matched.file.usable(point(matched, "sms"))
    assert matched.file.usable(point(matched, "email"))
    with pytest.raises(IllegalMove, match="may not be used"):
        text(matched)


def test_a_stop_counts_for_everybody_with_that_number(matched: Desk) -> None:
    other = matched_to(Desk(matched.store, a_seen_review(external_id="r2")))
    text(matched)
    text(other)
    change = stop_from(matched.store, PHONE)
    assert len(change.whole()) == 5  # the practice, two people, two messages: all or none
    matched.write(change)
    other.read()
    assert states(matched) == states(other) == [(NoticeState.SUPPRESSED, "stop")]
    assert matched.file.consents == other.file.consents


def test_a_stop_from_a_number_nobody_knows_still_wins_later(desk: Desk) -> None:
    desk.write(stop_from(desk.store, PHONE))
    matched_to(desk)
    assert not desk.file.usable(point(desk, "sms"))


def test_a_message_claimed_while_they_say_stop_makes_the_stop_ask_again(matched: Desk) -> None:
    text(matched)
    late = stop_from(matched.store, PHONE)
    matched.do(correspondents.unmatch, "another Ivy")
    assert matched.store.apply([late]).stale == [late]
    assert matched.store.apply([stop_from(matched.store, PHONE)]).applied


def test_consent_given_again_counts_from_then_on(matched: Desk) -> None:
    matched.write(stop_from(matched.store, PHONE))
    (stopped,) = matched.file.consents
    again = stopped._replace(id="later", given=True, at=T0 + DAY)  # type: ignore[attr-defined]
    file = replace(matched.file, consents=[again, stopped])
    assert file.usable(point(matched, "sms"))


def test_the_dead_get_no_scheduled_message_but_a_person_may_write(desk: Desk) -> None:
    matched_to(desk, replace(IVY, relation="relative", care_of="deceased"))
    with pytest.raises(IllegalMove, match="has died"):
        approving.approved_message(
            "follow-up", "follow_up", desk.file, point(desk, "email"), INVITES, "We", moment()
        )
    mail(desk)
