"""Three complaints that name one person, place or theme within a fortnight: one alert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.models import Alert, Clinic, Person, Role

MANY = 3
WITHIN = timedelta(days=14)
_HEAR = (Role.MANAGER, Role.CHIEF)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is compared of one negative review. `about`: the people it seems to be about."""

    review_id: str
    clinic_id: str
    seen_at: datetime
    severity: str
    themes: Sequence[str] = ()
    about: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Complaints of one clinic that have something in common, the oldest first."""

    clinic_id: str
    kind: str
    what: str
    complaints: tuple[Complaint, ...]


def clusters(
    complaints: Iterable[Complaint], raised: Iterable[Alert], now: datetime
) -> tuple[Cluster, ...]:
    """Return what is common to three complaints or more of the last fortnight, told of only once.

    A theme and a person count every complaint; a place only those that are grave, since a large
    clinic has three complaints in any fortnight.
    """
    known = {(a.clinic_id, a.kind, a.what) for a in raised if a.raised_at > now - WITHIN}
    found: dict[tuple[str, str, str], list[Complaint]] = defaultdict(list)
    for each in sorted(complaints, key=lambda c: (c.seen_at, c.review_id)):
        if now - WITHIN <= each.seen_at <= now:
            for kind, what in _topics(each):
                found[each.clinic_id, kind, what].append(each)
    return tuple(
        Cluster(*topic, tuple(those))
        for topic, those in found.items()
        if len(those) >= MANY and topic not in known
    )


def _topics(complaint: Complaint) -> Iterator[tuple[str, str]]:
    yield from (("person", each) for each in dict.fromkeys(complaint.about))
    yield from (("theme", each) for each in dict.fromkeys(complaint.themes) if each != "other")
    if complaint.severity == "grave":
        yield "place", ""


def raise_alert(
    clinic: Clinic, cluster: Cluster, people: Iterable[Person], moment: Moment
) -> Change:
    """Record the alert and tell who runs the clinic, never the person it is about."""
    alert = {
        "id": moment.new_id(),
        "clinic_id": clinic.id,
        "kind": cluster.kind,
        "what": cluster.what,
        "reviews": [each.review_id for each in cluster.complaints],
        "first_at": cluster.complaints[0].seen_at,
        "raised_at": moment.now,
    }
    facts = {"kind": cluster.kind, "count": len(cluster.complaints), "alert": alert["id"]}
    return Change(
        about(clinic),
        moment,
        adds=[Add(Alert, alert)],
        events=[Happened("cluster", facts)],
        notices=[
            _notice(str(alert["id"]), cluster, clinic, person)
            for person in people
            if _hears(person, clinic) and person.id != cluster.what
        ],
    )


def _hears(person: Person, clinic: Clinic) -> bool:
    here = not person.clinics or clinic.id in person.clinics
    return person.active and person.role in _HEAR and here


def _notice(alert_id: str, cluster: Cluster, clinic: Clinic, person: Person) -> dict[str, Any]:
    return {
        "key": f"cluster:{alert_id}:{person.id}",
        "kind": "cluster",
        "channel": "email",
        "person_id": person.id,
        "detail": {
            "clinic": clinic.slug,
            "kind": cluster.kind,
            "theme": cluster.what if cluster.kind == "theme" else "",
            "count": len(cluster.complaints),
        },
    }


def seen(clinic: Clinic, alert: Alert, moment: Moment) -> Change:
    """Note that somebody has looked into an alert."""
    return Change(
        about(clinic),
        moment,
        sets=[Set(Alert, alert.id, {"seen_at": moment.now, "seen_by": moment.by})],
        events=[Happened("cluster_seen", {"alert": alert.id})],
    )
