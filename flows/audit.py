"""Every quarter of an hour: prove that nothing was overlooked, lost or rewritten."""

from __future__ import annotations

from datetime import datetime, timedelta

from prefect import flow

from flows.house import Counts, FlowError, House, at_work, log

_LATE = timedelta(minutes=15)


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
    }
