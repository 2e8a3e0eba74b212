"""What would keep a promise that is broken: small changes, each tried out before it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

from cases.calendars.hours import Day, Hours, Interval
from cases.calendars.wording import counted, dated
from cases.calendars.worktime import calendar
from cases.casefile import Calendars
from cases.changes import Moment
from cases.clockwork import clocks
from cases.identifiers import Identifiers
from cases.playbooks.promises import Promise, Span

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOST = 10  # hours; more of them on one day is no small change
_EARLIEST, _LATEST = 7 * 60, 21 * 60  # nobody is asked to mind reviews outside these
_TEN = 10 * 60  # where a day has no duty hours, they begin at ten
_DAY = timedelta(days=1)

Attempt = tuple[str, Promise, Calendars]


def lateness(promise: Promise, hours: Calendars, since: datetime) -> timedelta:
    """Return by how much a clock started then, kept to the last minute, breaks its promise."""
    if promise.promise is None:
        return timedelta()
    moment = Moment(since, "trial", Identifiers(seed=0))
    due_at = clocks.start(promise.kind, "", since, promise, hours, moment).values["due_at"]
    late: timedelta = due_at - since - promise.promise.real
    return max(late, timedelta())


def mend(promise: Promise, hours: Calendars, starts: Sequence[datetime]) -> str:
    """Return the smallest change found that keeps the promise for every start, in words.

    Tried in this order: more duty hours, counting in duty hours, opening on a holiday, a shorter
    span, a weaker promise. "" where not even that helps.
    """
    for words, changed, there in _attempts(promise, hours, starts):
        if all(not lateness(changed, there, since) for since in starts):
            return f"{words} would mend it"
    return ""


def _attempts(promise: Promise, hours: Calendars, starts: Sequence[datetime]) -> Iterator[Attempt]:
    dates = _dates(promise, hours, starts)
    minded = replace(promise, calendar="duty")
    if promise.calendar == "office":
        yield "counting it in duty hours", minded, hours
    if promise.calendar != "always":
        also = "counting it in duty hours, with " if promise.calendar == "office" else ""
        for words, there in _more_duty(hours, dates):
            yield also + words, minded, there
        for words, there in _opened(hours, dates):
            yield words, promise, there
    yield from ((words, each, hours) for words, each in _shorter(promise))
    yield from ((words, each, hours) for words, each in _weaker(promise))


def _dates(promise: Promise, hours: Calendars, starts: Sequence[datetime]) -> list[date]:
    """Return the local dates on which more hours could still help a start."""
    zone = hours.office.hours.tz
    first = min(starts).astimezone(zone).date()
    last = (max(starts) + (promise.promise or Span()).real).astimezone(zone).date()
    return [first + n * _DAY for n in range(min((last - first).days + 1, 7))]


def _more_duty(hours: Calendars, dates: Sequence[date]) -> Iterator[tuple[str, Calendars]]:
    """Yield more duty hours on one day, or on two that follow each other, the fewest hours first.

    Days on which the office is closed come before the others: that is where time is lost.
    """
    week, office = hours.duty.hours, hours.office.hours
    chosen = [(day,) for day in dates if not week.why_closed(day)]
    both = [(a, b) for (a,), (b,) in pairwise(chosen) if b - a == _DAY]
    counted_days = [(n, days) for n in range(1, _MOST + 1) for days in (*chosen, *both)]
    counted_days.sort(key=lambda each: (each[0] * len(each[1]), len(office.on(each[1][0]))))
    for count, days in counted_days:
        longer = {day.weekday(): _longer(week.week[day.weekday()], count) for day in days}
        if None not in longer.values():
            yield _duty_words(week, longer, count), _with_duty(hours, longer)


def _longer(day: Day, count: int) -> Day | None:
    """Return a day with so many hours more at its end, else at its beginning."""
    start, end = (day[0].start, day[-1].end) if day else (_TEN, _TEN)
    if end + count * 60 <= _LATEST:
        return (*day[:-1], Interval(day[-1].start if day else start, end + count * 60))
    if start - count * 60 >= _EARLIEST:
        return (Interval(start - count * 60, day[0].end), *day[1:])
    return None


def _duty_words(hours: Hours, longer: dict[int, Day | None], count: int) -> str:
    more = any(hours.week[number] for number in longer)
    what = counted(count, "more duty hour" if more else "duty hour")
    days = " and ".join(
        f"{_NAMES[number]} ({', '.join(map(str, day or ()))})" for number, day in longer.items()
    )
    return f"{what} on {days}".replace("1 duty hour", "a duty hour", 1)


def _with_duty(hours: Calendars, longer: dict[int, Day | None]) -> Calendars:
    week = tuple(longer.get(n) or day for n, day in enumerate(hours.duty.hours.week))
    return Calendars(hours.office, calendar("duty", replace(hours.duty.hours, week=week)))


def _opened(hours: Calendars, dates: Sequence[date]) -> Iterator[tuple[str, Calendars]]:
    """Yield a holiday or a closed day on which the clinic opens for some hours after all."""
    office = hours.office.hours
    closed = [day for day in dates if office.why_closed(day) and not office.on(day)]
    for count in range(1, _MOST + 1):
        for day in closed:
            open_day = (Interval(_TEN, _TEN + count * 60),)
            words = f"opening on {dated(day.toordinal())} {open_day[0]}, {office.why_closed(day)},"
            yield words, _open_on(hours, day, open_day)


def _open_on(hours: Calendars, day: date, intervals: Day) -> Calendars:
    def opened(these: Hours) -> Hours:
        others = tuple(each for each in these.days if each[0] != day)
        return replace(these, days=(*others, (day, intervals)))

    return Calendars(
        calendar("office", opened(hours.office.hours)), calendar("duty", opened(hours.duty.hours))
    )


def _shorter(promise: Promise) -> Iterator[tuple[str, Promise]]:
    """Yield shorter spans, the longest first; never shorter than a quarter of an hour."""
    span = promise.span
    days = [Span(days=n) for n in range(span.days - 1, 0, -1)]
    minutes = [*range(8 * 60, 60, -60), 60, 30, 15] if span.days else _lesser(span)
    for shorter in (*days, *(Span(timedelta(minutes=n)) for n in minutes)):
        yield f"a span of {shorter}", replace(promise, span=shorter)


def _lesser(span: Span) -> list[int]:
    whole = int(span.time.total_seconds() // 60)
    return [n for n in (*range(whole - whole % 60, 60, -60), 60, 30, 15) if n < whole]


def _weaker(promise: Promise) -> Iterator[tuple[str, Promise]]:
    made = (promise.promise or Span()).real
    first = -(-made // _DAY)  # whole days, rounded up
    for days in range(max(first, 1), first + 15):
        weaker = Span(days=days)
        if weaker.real > made:
            yield f"a promise of {weaker}", replace(promise, promise=weaker)
