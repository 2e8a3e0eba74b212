"""A clinic's hours or the policy of running cases changed: their open clocks are computed anew.

Pauses and extensions already taken are kept, clocks the policy lacks are dropped, those it adds
begin now, old and new due times are logged.
"""

from __future__ import annotations

from dataclasses import replace

from cases.casefile import OnTheClock
from cases.changes import Change, Happened, Moment, Set, about
from cases.clockwork.retiming import anew
from cases.models import Case
from cases.playbooks.playbook import Playbook
from cases.stages import owed_clocks


def recompute(
    file: OnTheClock, why: str, moment: Moment, playbook: Playbook | None = None
) -> Change | None:
    """Return what new hours or, with `playbook`, a newer policy change; None where nothing moves.

    `file` is the case as it is with its clinic's new hours, and all clocks of its round: under a
    newer playbook clocks start and end. `why` is a code: hours, severity, playbook.
    """
    new = file if playbook is None else replace(file, playbook=playbook)
    since = file.clinic.retime_since if playbook is None else None
    found = anew(file, new, moment, whole=playbook is not None, since=since)
    sets = list(found.sets)
    if playbook is not None and playbook.version != file.case.playbook_version:
        sets.append(Set(Case, file.case.id, {"playbook_version": playbook.version}))
    if playbook is not None:
        found.adds += owed_clocks(new, moment)
    if not sets and not found.adds:
        return None
    first = Happened("recomputed", {"why": why, "playbook": new.playbook.version})
    return Change(
        about(file.case), moment, sets=sets, adds=found.adds, events=[first, *found.events]
    )
