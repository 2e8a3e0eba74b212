"""What was on time: from when we saw it and from when it was posted, and nothing counted twice."""

from datetime import datetime, timedelta
from typing import Any

from cases.casefile import calendars
from cases.clockwork.ontime import OnTime, Ran, Share, on_time
from cases.models import Clock, Pause
from cases.playbooks.promises import Span
from cases.store import Store
from cases.viewers import ENGINE, Viewer
from tests.builders import DAY, HOUR, PLAYBOOK, T0, Desk, a_clinic, a_seen_review, moment

HOURS = calendars(a_clinic(), PLAYBOOK)
LATER = T0 + 30 * DAY


def ran(
    ended: timedelta | None = 2 * HOUR, kind: str = "acknowledge", how: str = "met", **more: Any
) -> Ran:
    """Return a clock of four duty hours begun at T0, a Monday 9:00, that ended so much later."""
    due_at = HOURS.duty.add(T0, 4 * HOUR)
    ended_at = None if ended is None else T0 + ended
    usual: dict[str, Any] = {
        "id": "c", "case_id": "k", "kind": kind, "started_at": T0, "span": 4 * 3600, "days": 0,
        "extra": 0, "turn": 0, "calendar": "duty", "playbook_version": 1, "round": 1, "key": "",
        "due_at": due_at, "ended_at": ended_at, "ended_how": how if ended_at else "",
        "missed_at": due_at if ended_at is None or ended_at >= due_at else None,
    }  # fmt: skip
    clock = Clock(**{**usual, **more.pop("clock", {})})
    facts: dict[str, Any] = {
        "clinic": "elm-street", "severity": "routine", "platform": "google",
        "posted_at": T0 - HOUR, "calendars": HOURS, "promise": Span(days=1),
    }  # fmt: skip
    return Ran(clock, **{**facts, **more})


def one(*rans: Ran, now: datetime = LATER) -> OnTime:
    (line,) = on_time(rans, now)
    return line


def test_the_share_kept_is_of_those_kept_or_missed():
    line = one(ran(2 * HOUR), ran(3 * HOUR), ran(5 * HOUR))
    assert (line.seen, line.seen.part) == (Share(2, 3), 2 / 3)


def test_the_due_time_itself_is_late_and_the_end_of_the_promise_is_not():
    assert one(ran(4 * HOUR)).seen == Share(0, 1)
    assert one(ran(DAY)).promise_seen == Share(1, 1)
    assert one(ran(DAY + timedelta(seconds=1))).promise_seen == Share(0, 1)


def test_a_review_seen_late_is_on_time_from_seeing_it_and_late_from_its_posting():
    line = one(ran(2 * HOUR, posted_at=T0 - 3 * DAY))
    assert (line.seen, line.posted) == (Share(1, 1), Share(0, 1))
    assert (line.promise_seen, line.promise_posted) == (Share(1, 1), Share(0, 1))


def test_from_its_posting_the_same_span_counts_in_the_same_hours():
    night = ran(2 * HOUR, posted_at=T0 - 15 * HOUR)  # Sunday 18:00: nobody minds it until Monday
    assert one(night).posted == Share(1, 1)
    sunday = ran(3 * HOUR, posted_at=T0 - 23 * HOUR)  # Sunday 10:00, two duty hours gone
    assert one(sunday).posted == Share(0, 1)


def test_a_review_without_a_date_is_counted_from_seeing_it_only():
    line = one(ran(posted_at=None))
    assert (line.seen.of, line.posted.of, line.promise_posted.of) == (1, 0, 0)
    assert line.posted.part is None


def test_what_did_not_begin_with_the_review_is_not_counted_from_its_posting():
    assert one(ran(kind="answer")).posted == Share(0, 0)
    assert one(ran(kind="first_try")).posted == Share(1, 1)


def test_what_may_still_be_kept_is_not_counted_and_what_is_overdue_is_missed():
    running = ran(None, clock={"missed_at": None})
    assert one(running, now=T0 + HOUR).seen == Share(0, 0)
    assert one(running, now=T0 + 5 * HOUR).seen == Share(0, 1)
    assert one(running, now=T0 + 5 * HOUR).promise_seen == Share(0, 0)


def test_what_is_no_longer_owed_is_left_out_but_a_miss_stays_a_miss():
    assert on_time([ran(HOUR, how="cancelled")], LATER) == ()
    assert one(ran(9 * HOUR, how="cancelled")).seen == Share(0, 1)


def test_the_reopened_and_the_excused_are_shown_apart():
    pause = Pause(id="p", clock_id="c", from_at=T0, until_at=T0 + HOUR)
    lines = on_time(
        [
            ran(),
            ran(clock={"round": 2}),
            ran(pauses=[pause]),
            ran(clock={"extra": 3600}),
            ran(clock={"round": 2, "extra": 3600}),
        ],
        LATER,
    )
    assert [(each.apart, each.seen.of) for each in lines] == [
        ("", 1),
        ("reopened", 1),
        ("excused", 3),
    ]
    assert lines[1].posted.of == 0  # the public does not count a second round from the first day


def test_medians_are_office_time_of_what_was_met():
    line = one(ran(HOUR), ran(3 * HOUR), ran(DAY), ran(9 * DAY, how="cancelled"))
    assert line.median_seen == 3 * HOUR
    assert line.median_posted == 3 * HOUR  # posted an hour before the office opened
    assert one(ran(DAY)).median_seen == 8 * HOUR
    assert one(ran(None)).median_seen is None


def test_lines_are_told_apart_as_asked_and_in_the_order_of_a_case():
    rans = [ran(kind="safety"), ran(platform="yelp"), ran(), ran(severity="grave", clinic="oak")]
    told = {by: [each.group for each in on_time(rans, LATER, by)] for by in ("platform", "clinic")}
    assert told == {
        "platform": ["google", "yelp", "google"],
        "clinic": ["elm-street", "oak", "elm-street"],
    }
    assert [each.kind for each in on_time(rans, LATER)] == ["acknowledge", "safety"]


def test_the_record_tells_what_ran_and_only_of_the_viewers_clinics(store: Store):
    desk = Desk(store, a_seen_review(posted_at=T0 - 2 * DAY))
    found = store.ran(ENGINE, T0 - DAY, T0 + DAY)
    assert {each.clock.kind for each in found} == {"acknowledge", "first_try"}
    first = next(each for each in found if each.clock.kind == "acknowledge")
    assert (first.clinic, first.platform, first.severity) == ("elm-street", "google", "routine")
    assert (first.posted_at, str(first.promise)) == (T0 - 2 * DAY, "1 day")
    assert store.ran(Viewer("p", "director", frozenset({"oak"})), T0 - DAY, T0 + DAY) == []
    assert store.ran(ENGINE, T0 + DAY, T0 + 2 * DAY) == []
    assert desk.file.case.number == 1


def test_a_pause_of_the_record_excuses_its_clock(store: Store):
    from cases.clockwork.pauses import pause

    desk = Desk(store)
    change = pause(desk.file, ["acknowledge"], T0 + DAY, "they are away", moment(T0 + HOUR))
    assert store.apply([change]).applied
    lines = on_time(store.ran(ENGINE, T0, T0 + DAY), T0 + 30 * DAY)
    assert {each.kind: each.apart for each in lines} == {"acknowledge": "excused", "first_try": ""}
