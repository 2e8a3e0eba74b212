"""Is everything as it should be? `amends doctor` looks and says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import typer

from cases.arriving.sources import silent_since
from cases.calendars.hours import WorktimeError
from cases.casefile import calendars
from cases.models import ArrivalState, NoticeState, Role
from cases.settings import Settings
from cases.store import Store
from console.commands.running import failures
from console.commands.shared import DataDir, Json, emit, out, record
from reviews import ability

_FALLS = "its rungs fall to the administrator"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(data: DataDir = None, as_json: Json = False) -> None:
    """Look for what is wrong: keys, history, people, hours, channels, what is stuck."""
    with record(data) as (settings, store):
        events, abilities = store.count_events(), list(_abilities(store))
        found = [
            *_history(store),
            *_people(store),
            *_clinics(store),
            *_playbook(store),
            *failures(store),
            *_platforms(store),
            *_channels(settings, store),
            *_stuck(store),
        ]
    if as_json:
        emit({"events": events, "problems": found})
    else:
        out.print(f"{events} lines of history checked; the keys are the right ones.")
        for line in abilities:
            out.print(line, markup=False)
        for problem in found:
            out.print(f"! {problem}", markup=False)
        out.print(f"{len(found)} problems." if found else "All is well.")
    if found:
        raise typer.Exit(1)


def _history(store: Store) -> Iterator[str]:
    for broken in store.broken_chains():
        yield (
            f"history of {broken.subject_kind} {broken.subject_id}, line {broken.seq}: "
            f"{broken.what}; compare with a backup and tell the privacy officer"
        )


def _people(store: Store) -> Iterator[str]:
    people = [person for person in store.people().values() if person.active]
    roles = {person.role for person in people}
    for role in (Role.ADMINISTRATOR, Role.DIRECTOR, Role.MANAGER, Role.CHIEF):
        if role not in roles:
            falls = "notices for it go to nobody" if role == Role.ADMINISTRATOR else _FALLS
            yield f"nobody is {role}: {falls}; amends person add"


def _clinics(store: Store) -> Iterator[str]:
    playbook = store.playbook()
    if not store.clinics():
        yield "there is no clinic; amends clinic add"
    for clinic in store.clinics().values():
        try:
            calendars(clinic, playbook)
        except WorktimeError as error:
            yield f"clinic {clinic.slug}: {error}"
        lacking = [n for n in ("phone", "email", "point_person") if not getattr(clinic, n)]
        if lacking:
            yield f"clinic {clinic.slug} has no {', '.join(lacking)}: every reply would warn"


def _playbook(store: Store) -> Iterator[str]:
    for warning in store.playbook().warnings:
        yield f"{warning}; adopt one this program knows: amends playbook adopt"


def _platforms(store: Store) -> Iterator[str]:
    now = datetime.now(UTC)
    for source in store.sources():
        since = silent_since(source, now)
        if since is not None and source.failed_since is None:
            yield f"source {source.name}: nothing new since {since:%Y-%m-%d}; look at the platform"
    if unread := store.arrivals((ArrivalState.UNREAD,)):
        yield f"{len(unread)} pushes or mails could not be read: amends source unread"


def _abilities(store: Store) -> Iterator[str]:
    for source in store.sources():
        can = ability(source)
        by_itself = ", ".join(can.named()) or "nothing"
        rest = "" if can.reply else "; replies are posted by hand"
        yield f"{source.name} ({source.platform}) by itself: {by_itself}{rest}"


def _channels(settings: Settings, store: Store) -> Iterator[str]:
    now = datetime.now(UTC)
    waiting = store.count_waiting(now)
    for channel, setting, name in (
        ("email", settings.mail, "MAIL"),
        ("sms", settings.texts, "TEXTS"),
    ):
        count = waiting.get(channel, 0)
        if not setting:
            yield f"no {channel} leaves: set AMENDS_{name}; {count} notices wait"


def _stuck(store: Store) -> Iterator[str]:
    now = datetime.now(UTC)
    unknown = store.count_states().get(NoticeState.UNKNOWN, 0)
    if unknown:
        yield f"{unknown} messages may or may not have arrived: telephone instead"
    if hanging := store.hanging(now):
        yield f"{len(hanging)} notices hang in sending: amends run deliver settles them"
    if late := store.overlooked(now):
        yield f"{len(late)} clocks want a look: amends run sweep"
