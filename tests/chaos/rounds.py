"""Outboxes delivered by workers that are killed again and again, and what became of each notice.

A round is one case's outbox on one channel: messages to patients, notices to staff. The practice's
clock is moved by hand: a killed worker is followed by the next a minute later, and once more when
the leases have run out.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from benchmarks.ground import DOMAIN, SEALER, Kind, Shelf, shelf
from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.models import ContactPoint, Notice, NoticeState
from cases.settings import Settings
from cases.store import Store
from cases.store.database import open_engine, reading
from cases.store.rows import table
from tests.builders import DAY, DIRECTOR, HOUR, MINUTE, T0
from tests.chaos.outbox import PATIENTS, prepared
from tests.chaos.providers import Providers, providers
from tests.chaos.worker import POINTS, Aim, child, forget_doubts, run

AT_RANDOM = "at a random time"
CHANNELS = ("email", "sms")
MOST_KILLS = 8  # of one outbox
_ARRIVED = (NoticeState.ACCEPTED, NoticeState.DELIVERED)
_BEGIN = T0 + 6 * HOUR  # three in the afternoon in New York
_LATER = timedelta(minutes=20)  # by then who must telephone instead has been told
_FIRST: dict[str, Engine] = {}


@dataclass
class Told:
    """What all rounds came to.

    `waits`: minutes from the first kill that hit a notice until it was settled, however many kills
    followed.
    """

    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    checked: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    repeated: int = 0  # to staff: once too often is no fault
    waits: list[float] = field(default_factory=list)
    broken: int = 0
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.stuck or self.broken)


class Ruin:
    """A practice whose workers are killed. Not a thread may run here: it forks."""

    def __init__(self, ground: Shelf, place: Providers, folder: Path, seed: int) -> None:
        self.url, self.kind, self.place = ground.url("chaos"), ground.kind, place
        self.chance, self.ids = random.Random(seed), Identifiers(seed=seed)
        self.told, self.usual = Told(), 0.1
        self._kept = (folder / "kills.jsonl").open("a")
        self._read = 0  # of the journal
        self.settings = _settings(folder, place)

    def open(self) -> Store:
        """Open the record; no connection of it may be open where a worker is forked."""
        engine = open_engine(self.url)
        first = _FIRST.setdefault(engine.dialect.name, engine)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return Store(engine, SEALER, DOMAIN)

    def live(self, kills: int) -> Told:
        """Deliver one outbox after the other until so many workers were killed."""
        self._warm()
        begun = time.perf_counter()
        while self.told.kills.total() < kills:
            self._round(CHANNELS[self.told.rounds % 2], kills)
        self.told.seconds = time.perf_counter() - begun
        store = self.open()
        self.told.broken = len(store.broken_chains())
        store.close()
        self._kept.close()
        return self.told

    def _warm(self) -> None:
        """Deliver both kinds once in this process: its forks have then loaded everything."""
        for number, channel in enumerate(CHANNELS):
            now = _BEGIN - (30 - number) * DAY
            self.place.at(now)
            self._prepare(f"warm{number}", channel, now)
            store = self.open()
            run(self.settings, store, now)
            store.close()
        self._arrived()

    def _round(self, channel: str, kills: int) -> None:
        week, day = divmod(self.told.rounds, 5)  # at weekends texts may leave for fewer hours
        now = _BEGIN + (7 * week + day) * DAY
        case_id = self._prepare(f"r{self.told.rounds}", channel, now)
        self.told.rounds += 1
        hit: dict[str, datetime] = {}
        most = self.told.kills.total() + MOST_KILLS
        for _ in range(60):
            rows = self._rows(case_id)
            open_ = [row for row in rows if not _settled(row)]
            if not open_:
                break
            now = _next(open_, now)
            armed = self.told.kills.total() < min(kills, most)
            if armed and self._worker(now, channel):
                for row in self._rows(case_id):
                    if not _settled(row) and row.not_before <= now:
                        hit.setdefault(row.id, now)
            elif not armed:
                self._worker(now, "")
            now += MINUTE
        self._check(self._rows(case_id), hit)

    # A worker

    def _worker(self, now: datetime, channel: str) -> bool:
        """Let a worker deliver; tell whether it was killed. `channel` "": it is left alone."""
        aim = self._aim(channel) if channel else None
        wait = self.chance.uniform(0, self.usual) if channel and aim is None else None
        self.place.at(now)
        begun = time.perf_counter()
        pid = os.fork()
        if not pid:
            child(self.settings, self.open(), now, aim)
        if wait is not None:
            time.sleep(wait)
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed and os.waitstatus_to_exitcode(status):
            raise RuntimeError("a worker failed by itself; see what it wrote")
        if not killed:
            self.usual = 0.7 * self.usual + 0.3 * (time.perf_counter() - begun)
            return False
        self._note(aim.point if aim else AT_RANDOM, channel, now)
        return True

    def _aim(self, channel: str) -> Aim | None:
        """Return where to die; None: at a random time. The rarest point comes every other time."""
        seldom = min(POINTS, key=lambda point: self.told.kills[f"{channel}: {point}"])
        point = self.chance.choice([*POINTS, AT_RANDOM, AT_RANDOM, *[seldom] * 8])
        if point == AT_RANDOM:
            return None
        return Aim(point, self.chance.choice([1, 1, 1, 2, 3]), self.place.journal)

    def _note(self, point: str, channel: str, now: datetime) -> None:
        self.told.kills[f"{channel}: {point}"] += 1
        line = {"round": self.told.rounds - 1, "channel": channel, "point": point, "at": str(now)}
        self._kept.write(json.dumps(line) + "\n")
        self._kept.flush()

    def _prepare(self, name: str, channel: str, now: datetime) -> str:
        """Open a case with an outbox; return its id."""
        nth = self.told.rounds // 2 * PATIENTS + (1_390 if "warm" in name else 0)
        store = self.open()
        case_id = prepared(store, name, channel, nth, Moment(now, DIRECTOR, self.ids))
        store.close()
        return case_id

    # What became of it

    def _rows(self, case_id: str) -> Sequence[Any]:
        n = table(Notice)
        store = self.open()
        with reading(store._engine) as connection:
            query = select(n).where(n.c.case_id == case_id)
            rows = connection.execute(query).all()
        store.close()
        return rows

    def _arrived(self) -> Counter[str]:
        """Return what the providers took since last asked: Message-IDs and numbers."""
        with self.place.journal.open() as lines:
            lines.seek(self._read)
            found = [json.loads(line) for line in lines]
            self._read = lines.tell()
        return Counter(each["id"] if each["channel"] == "email" else each["to"] for each in found)

    def _check(self, rows: Sequence[Any], hit: dict[str, datetime]) -> None:
        copies, told = self._arrived(), self.told
        numbers = self._numbers([row.point_id for row in rows if row.point_id])
        for row in rows:
            to = row.point_id or row.person_id
            taken = copies[row.message_id if row.channel == "email" else numbers[to]]
            name = f"{self.kind} {row.channel} {row.key} ({row.state}, {taken} taken)"
            told.checked["patient" if row.point_id else "staff"] += 1
            if not _settled(row):
                told.stuck.append(name)
            if row.point_id and taken > 1:
                told.doubled.append(name)
            told.repeated += 0 if row.point_id else max(taken - 1, 0)
            if _is_lost(row, taken):
                told.lost.append(name)
            if row.id in hit and row.settled_at is not None:
                told.waits.append((row.settled_at - hit[row.id]) / MINUTE)

    def _numbers(self, points: Sequence[str]) -> dict[str, str]:
        store = self.open()
        people = {person.id: person.phone for person in store.people().values()}
        p = table(ContactPoint)
        with reading(store._engine) as connection:
            asked = select(p.c.id, p.c.value).where(p.c.channel == "sms", p.c.id.in_(points))
            found = connection.execute(asked).all()
        opened = {r.id: SEALER.open("contact_points", "value", r.id, r.value) for r in found}
        store.close()
        return people | opened


def _settings(folder: Path, place: Providers) -> Settings:
    return Settings(
        data=folder,
        mail="smtp",
        mail_from="Elm Street <care@elm.example>",
        smtp_host="127.0.0.1",
        smtp_port=place.smtp_port,
        smtp_security="none",
        texts="twilio",
        twilio_account=place.account,
        twilio_token=place.token,
        twilio_from="+12125550199",
        twilio_url=place.twilio_url,
    )


def _settled(row: Any) -> bool:
    """Tell whether it arrived, or a person has the task to telephone instead."""
    if row.state in (NoticeState.PENDING, NoticeState.SENDING, NoticeState.PLANNED):
        return False
    return row.state != NoticeState.UNKNOWN or bool(row.task_id)


def _is_lost(row: Any, taken: int) -> bool:
    """Tell whether it did not arrive and nobody knows, whatever the record says of it."""
    if row.state == NoticeState.SUPPRESSED and row.code == "known":
        return False  # the news of a doubt that evidence ended before it left
    if row.state in _ARRIVED:
        return not taken
    return not (row.point_id and row.state == NoticeState.UNKNOWN)


def _next(rows: Sequence[Any], now: datetime) -> datetime:
    """Return when the next worker has something to do: now, or when a lease has run out."""
    waiting = [row.not_before for row in rows if row.state == NoticeState.PENDING]
    leases = [row.lease_until + MINUTE for row in rows if row.state == NoticeState.SENDING]
    return max(now, min([*waiting, *leases], default=now + _LATER))


def ruined(kind: Kind, kills: int, seed: int, folder: Path, *, careless: bool = False) -> Told:
    """Kill so many workers on one database; the journals are left in the folder.

    `careless`: deliver as if what hung had never left, which is what these rounds are to find out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if careless:
        forget_doubts()
    with providers(folder) as place, shelf(kind) as ground:
        ground.found("chaos")
        return Ruin(ground, place, folder, seed).live(kills)
