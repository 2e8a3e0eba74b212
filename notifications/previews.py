"""Every mail as it would look, with invented people in it, for the console to show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cases.models import Case, Clinic, ContactPoint, Correspondent, Notice, Person, TemplateVersion
from cases.ports import Message
from cases.sealing import Sealer, new_keyring
from cases.talking import templates
from cases.talking.templates import SAMPLE
from cases.talking.waiting import Waiting
from notifications.addressing import Ways
from notifications.messages import render, staff_kinds

_AT = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
_DUE = _AT.isoformat()
_ID = "019ac000-0000-7000-8000-000000000000"
_WAYS = Ways(Sealer(new_keyring()), "https://amends.example")  # its links open nothing anywhere
_LINE = {"case": 12, "clinic": "Elm Street", "clock": "acknowledge", "due_at": _DUE}
# All that any notice to staff tells; each kind takes what it needs.
_DETAIL: Mapping[str, Any] = {
    "clock": "acknowledge", "due_at": _DUE, "next": ["manager", "chief"], "next_at": _DUE,
    "severity": "elevated", "channel": "email", "code": "smtp-550", "cases": [12, 15],
    "source": "Google, Elm Street", "since": _DUE, "remedy": "connect it again",
    "about": "Case", "troubles": ["sweep-late"], "why": "which_case",
    "count": 4, "kind": "theme", "theme": "wait_time", "clinic": "elm-street",
    "zone": "America/New_York", "overdue": [_LINE], "today": [_LINE, _LINE | {"case": 15}],
    "new": [{"case": 16, "clinic": "Elm Street"}],
}  # fmt: skip


def kinds() -> tuple[str, ...]:
    """Return the kinds of mail to staff, the digest last."""
    return (*staff_kinds(), "digest")


def to_staff(kind: str, public_url: str) -> Message:
    """Return a mail to staff of that kind. Raises RenderError for a kind there is none of."""
    person = Person(id="p", name=SAMPLE["person"], email="dana@elm.example", role="director")
    notice = _notice(kind, person_id="p", detail=dict(_DETAIL))
    return render(_waiting(notice, person=person), public_url)


def to_patient(
    purpose: str, language: str, versions: list[TemplateVersion] | None = None, name: str = ""
) -> Message:
    """Return a mail to a patient as its template begins it; `name`: what the clinic is called.

    "automatic" and "stop_confirmation" are sent as they stand. Raises KeyError.
    """
    notice = _notice(_kind(purpose), point_id="t")
    if purpose != "stop_confirmation":
        template = templates.in_force(versions or (), purpose, "email", language)
        words = templates.fill(template, {**SAMPLE, **({"clinic": name} if name else {})})
        notice.body, notice.subject_line = words.body, words.subject
    point = ContactPoint(
        id="t", correspondent_id="c", channel="email", value="pat@mail.example", index="t"
    )
    who = Correspondent(id="c", clinic_id="elm", relation="patient", language=language)
    return render(_waiting(notice, point=point, correspondent=who, name=name), "", "", _WAYS)


def _kind(purpose: str) -> str:
    return {"automatic": "auto_ack", "follow_up": "follow_up"}.get(purpose, purpose)


def _notice(kind: str, **more: Any) -> Notice:
    usual: dict[str, Any] = {
        "id": _ID, "key": "n", "kind": kind, "channel": "email", "case_id": "case",
        "message_id": "<n@elm.example>", "not_before": _AT, "created_at": _AT,
    }  # fmt: skip
    return Notice(**usual | more)


def _waiting(notice: Notice, name: str = "", **more: Any) -> Waiting:
    clinic = Clinic(
        id="elm", slug="elm", name=name or SAMPLE["clinic"], zone="America/New_York",
        phone=SAMPLE["phone"], email=SAMPLE["email"],
    )  # fmt: skip
    case = Case(
        id="case", number=12, clinic_id="elm", stage="acknowledge", review_id="r",
        severity="elevated", playbook_version=1,
    )  # fmt: skip
    usual: dict[str, Any] = dict.fromkeys(("person", "point", "correspondent")) | {"consents": ()}
    return Waiting(notice, case, clinic, **usual | more)
