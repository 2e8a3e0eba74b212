"""The path of a case: each stage, how it was left or what is still missing to leave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cases.casefile import CaseFile
from cases.models import Case, Stage
from cases.needs import NEEDS
from cases.stages import RESULTS
from console.web.saying import in_words, plain
from console.web.words import STAGES, local


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: `state` is done, now or later; `how` says when and how it was left."""

    stage: str
    name: str
    state: str
    how: str
    missing: list[str]


# Which need of the table of moves shows that a stage's result is still missing.
_SHOWN_BY: Mapping[Stage, tuple[str, ...]] = {
    Stage.ACKNOWLEDGE: ("acknowledged",),
    Stage.LISTEN: ("heard",),
    Stage.RESOLVE: ("resolved",),
    Stage.MONITOR: ("monitored",),
    Stage.FOLLOW_UP: ("followed_up", "safe"),
}


def path(file: CaseFile) -> list[Step]:
    """Return the stages in order."""
    return [_step(file, stage, fact) for stage, fact in RESULTS]


def _step(file: CaseFile, stage: Stage, fact: str) -> Step:
    at = getattr(file.case, fact)
    closed = file.case.closed_at is not None
    if at is not None:
        how = f"{local(at, file.clinic.zone)}: {_how(file.case, stage)}".removesuffix(": ")
        return Step(stage, STAGES[stage], "done", how, [])
    if closed:  # dismissed or merged: it need not be shown any more
        return Step(stage, STAGES[stage], "skipped", "not needed", [])
    state = "now" if file.case.stage == stage else "later"
    return Step(stage, STAGES[stage], state, "", plain(_missing(file, stage)))


def _how(case: Case, stage: Stage) -> str:
    how = {
        Stage.ACKNOWLEDGE: case.acknowledged_how,
        Stage.CONTACT: case.contact_how,
        Stage.LISTEN: case.heard_how,
        Stage.RESOLVE: case.cause,
        Stage.MONITOR: case.monitor_how,
        Stage.FOLLOW_UP: case.outcome,
    }[stage]
    return in_words(how)


def _missing(file: CaseFile, stage: Stage) -> list[str]:
    if stage == Stage.CONTACT:
        return ["they are not reached; or all ways were tried; or nobody can tell who wrote it"]
    lack = [NEEDS[name].remedy for name in _SHOWN_BY[stage] if not NEEDS[name].holds(file)]
    if stage == Stage.FOLLOW_UP and not lack:
        return ["how it ended is not noted; first: close the case"]
    return lack
