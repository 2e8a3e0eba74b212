"""A public reply that revealed something: an incident with its checklist, until every item is done.

Whether it is a breach that must be notified is presumed unless a risk assessment of four factors
shows a low probability (45 CFR 164.402(2)); the burden of proof is ours (45 CFR 164.414(b)), so all
of it is kept. Managers, chief and privacy officer see it, nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set
from cases.models import Incident, Reply, Role, Task, Visibility
from cases.needs import NEEDS, IllegalMove, legal, one_of
from cases.notices import to_person
from cases.people import told
from cases.stages import record
from cases.tasks import task_adds, task_clocks

DECISIONS = ("notify", "low_probability")
DECIDERS = (Role.PRIVACY_OFFICER, Role.CHIEF)
LATEST = timedelta(days=60)  # without unreasonable delay, and no later: 45 CFR 164.404(b)
# What is to be done, in order. How soon the first ones are is ours; the law says "at once" of none.
ITEMS: Mapping[str, str] = {
    "evidence": "Keep evidence first: a picture of the page with address and time, and who saw it",
    "take_down": "Take the reply down, and look whether copies of it stand elsewhere",
    "tell": "See that the privacy officer knows and has taken it in hand",
    "assess": "Assess the risk by the four factors: what was revealed, how it identifies somebody; "
    "who could see it; whether it was really seen; how far the harm was reduced",
    "decide": "Decide whether it has to be notified, on that assessment",
    "notify": "Notify the person in writing, without unreasonable delay",
    "log": "Enter it into the log for the Secretary's yearly report",
}
_WITHIN: Mapping[str, timedelta] = {
    "evidence": timedelta(hours=1),
    "take_down": timedelta(hours=1),
    "tell": timedelta(hours=1),
    "assess": timedelta(days=10),
    "decide": timedelta(days=14),
}


def due_dates(discovered_at: datetime, zone: str, now: datetime) -> dict[str, datetime]:
    """Return by when each item is owed.

    Notice: 60 days from the discovery (45 CFR 164.404(b)); the log, for fewer than 500 people: 60
    days after the end of the year of the discovery (45 CFR 164.408(c)).
    """
    local = discovered_at.astimezone(ZoneInfo(zone))
    new_year = local.replace(
        year=local.year + 1, month=1, day=1, hour=0, minute=0, second=0, microsecond=0
    )
    dates = {item: now + within for item, within in _WITHIN.items()}
    log = new_year + LATEST - timedelta(hours=12)  # noon of the last day: midnight is misread
    return {**dates, "notify": discovered_at + LATEST, "log": log}


def open_incident(
    file: CaseFile, revealed: str, moment: Moment, discovered_at: datetime | None = None
) -> Change:
    """Open an incident about the newest reply the public could see; two people are told at once.

    Anybody may: who finds it does not wait for somebody who may. Raises IllegalMove.
    """
    legal("incident", file)
    reply = _public_reply(file)
    at = min(discovered_at or moment.now, moment.now)
    _refuse_opening(file, reply, revealed, at, moment)
    adds, items = _checklist(file, at, moment)
    values: dict[str, Any] = {
        "id": moment.new_id(), "case_id": file.case.id, "reply_id": reply.id,
        "revealed": revealed.strip(), "discovered_at": at, "opened_at": moment.now,
        "opened_by": moment.by, "items": items,
    }  # fmt: skip
    facts = {"incident": values["id"], "reply": reply.id, "discovered_at": at}
    event = Happened("incident_opened", facts, revealed.strip(), Visibility.RISK)
    notices = list(_told(file, values["id"], moment))
    return record(file, moment, event, adds=[Add(Incident, values), *adds], notices=notices)


def _public_reply(file: CaseFile) -> Reply:
    seen = [r for r in file.replies if r.live_at or r.state in ("pending", "live", "unknown")]
    if not seen:
        raise IllegalMove("incident", [NEEDS["was_public"].remedy])
    return max(seen, key=lambda reply: (reply.drafted_at, reply.id))


def _refuse_opening(
    file: CaseFile, reply: Reply, revealed: str, at: datetime, moment: Moment
) -> None:
    if not revealed.strip():
        raise IllegalMove("incident", ["say what the reply reveals: --text"])
    if moment.now - at >= LATEST:
        raise IllegalMove(
            "incident", ["the 60 days are over: speak with counsel, then open it now"]
        )
    if any(each.reply_id == reply.id and each.closed_at is None for each in file.incidents):
        raise IllegalMove("incident", ["an incident about this reply is open already"])


def _checklist(file: CaseFile, at: datetime, moment: Moment) -> tuple[list[Add], dict[str, str]]:
    adds: list[Add] = []
    items: dict[str, str] = {}
    here = told([Role.PRIVACY_OFFICER], file.case, file.people, moment.now)
    owner = here[0].id if here else ""
    for item, due_at in due_dates(at, file.clinic.zone, moment.now).items():
        task, clock = task_adds(file, "breach", ITEMS[item], due_at, moment, owner)
        adds += [Add(Task, {**task.values, "visibility": Visibility.RISK}), clock]
        items[item] = task.values["id"]
    return adds, items


def _told(file: CaseFile, incident: str, moment: Moment) -> Iterator[dict[str, Any]]:
    for person in told([Role.PRIVACY_OFFICER, Role.CHIEF], file.case, file.people, moment.now):
        for channel in ("email", "sms") if person.phone else ("email",):
            yield to_person(
                "incident",
                f"incident:{incident}:{person.id}:{channel}",
                person.id,
                {"incident": incident},
                case_id=file.case.id,
                channel=channel,
            )


def newest_open(file: CaseFile) -> Incident | None:
    """Return the incident that is worked on, as far as the viewer may see it."""
    found = (each for each in file.incidents if each.closed_at is None)
    return max(found, key=lambda each: (each.opened_at, each.id), default=None)


def open_items(file: CaseFile, incident: Incident) -> list[str]:
    """Return the codes of what is not done yet, in order."""
    done = {task.id for task in file.tasks if task.done_at is not None}
    return [item for item in ITEMS if incident.items.get(item, "") not in done]


def decide(file: CaseFile, decision: str, assessment: str, moment: Moment) -> Change:
    """Note the risk assessment and what follows from it: notify, or a low probability shown.

    It does the items "assess" and "decide"; where nothing is notified, "notify" and "log" as well.
    """
    legal("incident-decide", file)
    one_of("incident-decide", "decision", decision, DECISIONS)
    incident = _of_decider("incident-decide", file, moment)
    if incident.decision:
        raise IllegalMove("incident-decide", [f"it is decided already: {incident.decision}"])
    if not assessment.strip():
        raise IllegalMove("incident-decide", ["write down the four factors: --text"])
    done = ("assess", "decide", *(("notify", "log") if decision == "low_probability" else ()))
    tasks = _still_open(file, incident, done)
    values = {
        "decision": decision, "assessment": assessment.strip(),
        "decided_at": moment.now, "decided_by": moment.by,
    }  # fmt: skip
    facts = {"incident": incident.id, "decision": decision}
    event = Happened("incident_decided", facts, assessment.strip(), Visibility.RISK)
    sets = [Set(Task, t.id, {"done_at": moment.now, "evidence": decision}) for t in tasks]
    ends = [each for t in tasks for each in task_clocks(file, t, "met", moment)]
    return record(file, moment, event, sets=[Set(Incident, incident.id, values), *sets], ends=ends)


def _still_open(file: CaseFile, incident: Incident, items: Sequence[str]) -> list[Task]:
    wanted = {incident.items.get(item) for item in items}
    return [task for task in file.tasks if task.id in wanted and task.done_at is None]


def close_incident(file: CaseFile, moment: Moment) -> Change:
    """Close the incident. Refused, with what is open, until every item is done."""
    legal("incident-close", file)
    incident = _of_decider("incident-close", file, moment)
    missing = [f"not done yet: {ITEMS[item]}" for item in open_items(file, incident)]
    if not incident.decision:
        missing.append("nobody decided whether it is notified; first: incident-decide")
    if missing:
        raise IllegalMove("incident-close", missing)
    values = {"closed_at": moment.now, "closed_by": moment.by}
    event = Happened("incident_closed", {"incident": incident.id}, visibility=Visibility.RISK)
    return record(file, moment, event, sets=[Set(Incident, incident.id, values)])


def _of_decider(move: str, file: CaseFile, moment: Moment) -> Incident:
    person, incident = file.people.get(moment.by), newest_open(file)
    if person is None or person.role not in DECIDERS or person.id in file.case.about:
        raise IllegalMove(move, [f"it takes one of: {', '.join(DECIDERS)}"])
    if incident is None:
        raise IllegalMove(move, [NEEDS["incident_open"].remedy])
    return incident
