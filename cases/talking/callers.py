"""Who of the practice may speak with them: a named person, never about themselves.

Where the patient has died, one senior person calls, and it stays that one.
"""

from __future__ import annotations

from cases.casefile import CaseFile
from cases.changes import Moment
from cases.models import Role
from cases.needs import IllegalMove

SENIOR = (Role.DIRECTOR, Role.MANAGER, Role.CHIEF)


def refuse_speaker(move: str, file: CaseFile, moment: Moment) -> None:
    """Raise IllegalMove unless a named person speaks, and none whom the case is about."""
    if moment.by not in file.people:
        raise IllegalMove(move, ["a named person of the practice speaks with them, no program"])
    if moment.by in file.case.about:
        raise IllegalMove(move, ["nobody speaks with them about themselves: somebody else does"])


def refuse_caller(move: str, file: CaseFile, moment: Moment) -> None:
    """Raise IllegalMove where the patient has died and somebody else is to call."""
    who = file.correspondent
    if who is None or who.care_of != "deceased":
        return
    senior = caller_of(file)
    if senior is not None and senior != moment.by:
        name = file.people[senior].name if senior in file.people else "somebody else"
        raise IllegalMove(move, [f"the patient has died: one person calls, and that is {name}"])
    if file.people[moment.by].role not in SENIOR:
        raise IllegalMove(
            move, ["the patient has died: a director, manager or chief calls, and only one of them"]
        )


def caller_of(file: CaseFile) -> str | None:
    """Return who called first since the practice knows: where the patient has died, that one."""
    calls = (each for each in file.round_contacts if each.channel == "phone" and not each.inbound)
    senior = (
        each.by for each in calls if each.by in file.people and file.people[each.by].role in SENIOR
    )
    return next(senior, None)
