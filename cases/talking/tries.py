"""How often, on how many days and by which ways they were tried, and what to try next.

The contact policy stands in the playbook: tries, days, and ways. Nobody is called unreachable
before all three are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.casefile import CaseFile
from cases.models import Contact

# Parts of a day, by the clinic's clock, and when in each to try; a person is at home in another
# part than yesterday's.
PARTS = (("morning", time(10)), ("midday", time(12, 30)), ("afternoon", time(15, 30)))
_ENDS = ((time(12), "morning"), (time(14), "midday"), (time(17), "afternoon"))
_MEANT = {"phone": "telephone", "email": "e-mail"}
_LOOK_AHEAD = 15  # days


@dataclass(frozen=True, slots=True)
class Tally:
    """What was tried in this round, beside what the policy wants."""

    tries: int
    tries_wanted: int
    days: int
    days_wanted: int
    untried: Sequence[str]  # ways known, allowed, wanted by the policy and not tried yet
    possible: bool  # some way is known and allowed

    @property
    def done(self) -> bool:
        """Tell whether the policy is kept."""
        if self.untried:
            return False
        enough = self.tries >= self.tries_wanted and self.days >= self.days_wanted
        return enough or not self.possible

    def in_words(self) -> str:
        """Return it in one line: "2 of 3 tries, on 2 of 3 days, e-mail not yet tried"."""
        said = (
            f"{self.tries} of {self.tries_wanted} {'try' if self.tries_wanted == 1 else 'tries'}, "
            f"on {self.days} of {self.days_wanted} day{'s' * (self.days_wanted != 1)}"
        )
        left = " and ".join(_MEANT.get(each, each) for each in self.untried)
        return f"{said}, {left} not yet tried" if left else said


def tally(file: CaseFile) -> Tally:
    """Count the tries of this round against the playbook."""
    tries = _tries(file)
    wanted = set(file.playbook.contact_channels)
    if file.correspondent is not None:
        wanted &= {_way(p.channel) for p in file.points if file.usable(p)}
    return Tally(
        tries=len(tries),
        tries_wanted=file.playbook.contact_tries,
        days=len({_local(file, each.at).date() for each in tries}),
        days_wanted=file.playbook.contact_days,
        untried=sorted(wanted - {_way(each.channel) for each in tries}),
        possible=bool(wanted),
    )


def missing(file: CaseFile) -> list[str]:
    """Return what is missing before they may be called unreachable."""
    found = tally(file)
    said = []
    if found.untried:
        said.append(f"not tried yet: {', '.join(found.untried)}")
    if found.tries < found.tries_wanted and found.possible:
        said.append(f"{found.tries} of {found.tries_wanted} tries are logged; first: contact")
    if found.days < found.days_wanted and found.possible:
        said.append(f"tried on {found.days} of {found.days_wanted} days; try again on another day")
    return said


@dataclass(frozen=True, slots=True)
class Next:
    """The next try that is proposed: by which way, not before when, in which part of the day."""

    way: str
    at: datetime
    part: str


def next_try(file: CaseFile, now: datetime) -> Next | None:
    """Propose another way, another day, another part of the day; None: nothing is left to try.

    Somebody who told when to call is called then: their wishes stand beside it, and nobody calls
    before `call_after_at`.
    """
    found = tally(file)
    who = file.correspondent
    if file.case.contact_how in ("reached", "declined") or not found.possible or found.done:
        return None
    way = found.untried[0] if found.untried else _next_way(file)
    after = now
    if who is not None and who.call_after_at is not None and way == "phone":
        after = max(now, who.call_after_at)
    return _slot(file, way, after)


def _next_way(file: CaseFile) -> str:
    """Return the way that was tried less often, the telephone first: a voice does more."""
    ways = {_way(p.channel) for p in file.points if file.usable(p)}
    ways &= set(file.playbook.contact_channels)
    tries = [_way(each.channel) for each in _tries(file)]
    return min(sorted(ways, key=lambda way: way != "phone"), key=tries.count, default="phone")


def _slot(file: CaseFile, way: str, after: datetime) -> Next:
    """Return the first office time in a part of the day not tried yet, on a day not tried yet."""
    office = file.calendars.office
    calls = [each for each in _tries(file) if _way(each.channel) == way]
    tried_days = {_local(file, each.at).date() for each in _tries(file)}
    tried_parts = {part_of(_local(file, each.at)) for each in calls}
    parts = [each for each in PARTS if each[0] not in tried_parts] or list(PARTS)
    today = _local(file, after).date()
    for offset in range(_LOOK_AHEAD):
        day = today + timedelta(days=offset)
        if day in tried_days:
            continue
        for name, when in parts:
            at = datetime.combine(day, when, ZoneInfo(file.clinic.zone))
            if at >= after and office.is_open(at):
                return Next(way, at, name)
    at = office.opens(after)
    return Next(way, at, part_of(_local(file, at)))


def part_of(local: datetime) -> str:
    """Return which part of the day a local time is in."""
    return next((name for end, name in _ENDS if local.time() < end), "late afternoon")


def _tries(file: CaseFile) -> list[Contact]:
    return [each for each in file.round_contacts if not each.inbound]


def _way(channel: str) -> str:
    return "phone" if channel == "sms" else channel


def _local(file: CaseFile, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(file.clinic.zone))
