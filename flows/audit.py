"""Every quarter of an hour: prove that nothing was overlooked, lost or rewritten."""

from __future__ import annotations

from datetime import datetime, timedelta

from prefect import flow

from cases.clockwork.auditing import Flaw, flaws
from cases.clockwork.watchdog import beat
from flows.house import Counts, FlowError, House, at_work, log

_LATE = timedelta(minutes=15)
_CURSOR = "audit_cursor"  # the last case worked out again; the next run goes on from there
_PAGE, _PAGES = 500, 10  # cases: a run is to take seconds, however many are open


@flow(name="audit")
def audit(now: datetime | None = None) -> Counts:
    """Fail, in red, if a clock or a notice was overlooked, or a line of history was changed."""
    with at_work("audit", now) as house:
        found = run(house)
        if any(found.values()):
            log.error("audit: %s", ", ".join(f"{k} {v}" for k, v in found.items() if v))
            raise FlowError("audit-" + "-".join(sorted(name for name, n in found.items() if n)))
        return found


def run(house: House) -> Counts:
    """Count what should not be: overlooked clocks, stuck or doubtful notices, broken histories."""
    before = house.now - _LATE
    return {
        "overlooked": len(house.store.overlooked(before)),
        "waiting": sum(house.store.count_waiting(before).values()),
        "hanging": len(house.store.hanging(before)),
        "broken": len(house.store.broken_chains()),
        "flaws": len(_worked_out(house)),
    }


def _worked_out(house: House) -> list[Flaw]:
    """Work the clocks of the next cases out from their history, and log what differs by id."""
    known = house.store.beats().get(_CURSOR)
    after, found = known.note if known else "", list[Flaw]()
    for _ in range(_PAGES):
        files = house.store.running(after=after, limit=_PAGE)
        after = files[-1].case.id if len(files) == _PAGE else ""
        found += [flaw for file in files for flaw in flaws(file, house.now)]
        if not after:
            break  # all are seen: the next run begins anew
    for flaw in found[:100]:
        log.error("audit: clock %s of case %s: %s", flaw.clock_id, flaw.case_id, flaw.code)
    house.apply(beat(known, _CURSOR, house.moment(), after))
    return found
