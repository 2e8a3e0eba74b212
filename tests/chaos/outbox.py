"""An outbox of one case on one channel: messages to patients, notices to staff. All invented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cases.changes import About, Add, Change, Happened, Moment, about
from cases.models import ContactPoint, Correspondent
from cases.store import Store
from cases.talking import approving
from tests.builders import a_seen_review, take

PATIENTS, STAFF = 5, ("dana", "morgan", "chris", "alex")
_TEXT = "Elm Street here: please call Dana Field, +1 212-555-0100. Reply STOP to opt out."
_SUBJECT = "A word from Elm Street"
# All in New York's zone, and none of the staff's: a text may leave in the afternoon of any weekday.
_AREAS = (315, 347, 516, 518, 585, 607, 631, 646, 716, 718, 845, 914, 917, 929)


def prepared(store: Store, name: str, channel: str, nth: int, moment: Moment) -> str:
    """Open a case and leave its outbox to be delivered; return the case's id.

    `nth`: of the first patient's number, of all there are: no number comes twice in a week.
    """
    file = take(store, a_seen_review(external_id=name), moment.now)
    people, notices = [], list(_to_staff(name, file.case.id, channel))
    subject = _SUBJECT if channel == "email" else ""
    for number in range(PATIENTS):
        key, value = f"{name}-{number}", f"{name}.{number}@mail.example"
        point = _point(store, key, channel, value if channel == "email" else _number(nth + number))
        people.append(_recorded(key, point, moment))
        row = ContactPoint(**point)
        notices.append(approving.message_notice(file, row, _TEXT, subject, "message", moment))
    approved = Change(about(file.case), moment, events=[Happened("approved")], notices=notices)
    if len(store.apply([*people, approved]).applied) != PATIENTS + 1:
        raise RuntimeError("an outbox could not be prepared")
    return file.case.id


def _number(nth: int) -> str:
    return f"+1{_AREAS[nth // 100 % len(_AREAS)]}55501{nth % 100:02}"


def _point(store: Store, key: str, channel: str, value: str) -> dict[str, Any]:
    index = store.index(channel, value)
    return {"id": key, "correspondent_id": key, "channel": channel, "value": value, "index": index}


def _recorded(key: str, point: dict[str, Any], moment: Moment) -> Change:
    who = {"id": key, "clinic_id": "elm", "relation": "patient", "recorded_at": moment.now}
    return Change(
        About(Correspondent, key, 0),
        moment,
        adds=[Add(Correspondent, who), Add(ContactPoint, point)],
        events=[Happened("recorded")],
    )


def _to_staff(name: str, case_id: str, channel: str) -> Iterator[dict[str, Any]]:
    for person in STAFF:
        yield {
            "key": f"chaos:{name}:{person}", "case_id": case_id, "kind": "handed_over",
            "channel": channel, "person_id": person, "detail": {},
        }  # fmt: skip
