"""A practice one can live through: a clock moved by hand, and everything else real.

The record is on disk, the flows are those Prefect runs, mail goes through SMTP to a server, texts
to a telephone company's endpoint, reviews and replies through a folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment
from cases.identifiers import Identifiers
from cases.models import Clock, ContactPoint, Source
from cases.settings import Settings
from cases.store import Store
from cases.talking.correspondents import Point
from cases.viewers import ENGINE
from flows.house import House
from tests.builders import DIRECTOR, STAFF, T0, a_clinic, a_person, found_practice
from tests.fakes import Mailbox, Phone

NEW_YORK = ZoneInfo("America/New_York")
GOOD_REPLY = (
    "Thank you for taking the time to write. We are sorry to hear this, and we take long waits "
    "seriously. Privacy law keeps us from saying more here. Please reach Dana Field, our clinical "
    "director, at +1 212-555-0100 or care@elm.example; she would like to listen."
)
MINUTELY = ("intake", "sweep", "publish", "deliver")


class Story:
    """One practice, one clinic, and the hands of the clock."""

    def __init__(self, store: Store, settings: Settings, folder: Path, mail: Mailbox, phone: Phone):
        self.store, self.settings, self.folder = store, settings, folder
        self.mail, self.phone = mail, phone
        self.now = T0
        self.ids = Identifiers(seed=7)

    def it_is(self, day: int, time: str, month: int = 11) -> None:
        """Move the clock to a day of November 2026 in New York, and let the flows run."""
        now = self.at(day, time, month)
        assert now >= self.now, "time does not go back in a story"
        self.now = now
        self.run(*MINUTELY)

    def at(self, day: int, time: str, month: int = 11) -> datetime:
        """Return that time of a day of November 2026 in New York."""
        hour, minute = map(int, time.split(":"))
        return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)

    def run(self, *flows: str) -> dict[str, int]:
        """Run flows now, in order; return what the last one counted."""
        counts: dict[str, int] = {}
        for name in flows:
            house = House(self.settings, self.store, name, self.now, self.ids)
            counts = import_module(f"flows.{name}").run(house)
        return counts

    def review(self, review_id: str, text: str, stars: float, author: str = "quiet_river") -> None:
        """Let the platform show a review like this; the same id again is an edit."""
        row = {
            "id": review_id, "rating": stars, "author": author, "text": text,
            "clinic": "elm-street", "posted_at": self.now.isoformat(),
        }  # fmt: skip
        (self.folder / "in" / f"{review_id}.json").write_text(json.dumps([row]))

    def case(self, number: int = 1) -> CaseFile:
        return self.store.case_file(number, ENGINE)

    def act(
        self, rule: Callable[..., Change], *args: object, by: str = DIRECTOR, number: int = 1
    ) -> CaseFile:
        """Let a person make a move, as the console would: read, ask the rule, apply."""
        change = rule(self.case(number), *args, Moment(self.now, by, self.ids))
        applied = self.store.apply([change])
        assert applied.applied, applied
        self.run("publish", "deliver")
        return self.case(number)

    def point(self, channel: str, value: str) -> Point:
        return Point(channel, value, self.store.index(channel, value))

    def way(self, channel: str, number: int = 1) -> ContactPoint:
        return next(p for p in self.case(number).points if p.channel == channel)

    def mail_to(self, name: str) -> list[str]:
        """Return the subjects of all mail a person got, oldest first."""
        return [
            str(letter.message["Subject"])
            for letter in self.mail.accepted
            if letter.to.startswith(f"{name}@")
        ]

    def clock(self, kind: str, number: int = 1) -> Clock:
        """Return the newest clock of a kind."""
        return [clock for clock in self.case(number).clocks if clock.kind == kind][-1]

    def events(self, number: int = 1) -> list[str]:
        return [line.event.kind for line in self.store.timeline(self.case(number), ENGINE)]


@contextmanager
def a_story(store: Store, folder: Path) -> Iterator[Story]:
    """Open the practice: six people, one clinic, a source of reviews, mail and texts."""
    (folder / "in").mkdir(parents=True)
    people = {
        name: a_person(name, role, phone="+12125550111" if name in ("dana", "chris") else "")
        for name, role in STAFF.items()
    }
    found_practice(store, a_clinic(), **people)
    source = {"id": "board", "name": "board", "platform": "folder", "place": str(folder)}
    moment = Moment(T0, "setup", Identifiers(seed=8))
    added = [Happened("added")]
    store.apply(
        [Change(About(Source, "board", 0), moment, adds=[Add(Source, source)], events=added)]
    )
    with Mailbox() as mail, Phone() as phone:
        settings = Settings(
            data=folder,
            mail="smtp",
            mail_from="Elm Street <care@elm.example>",
            smtp_host=mail.host,
            smtp_port=mail.port,
            smtp_security="none",
            texts="twilio",
            twilio_account=phone.account_sid,
            twilio_token=phone.auth_token,
            twilio_from="+12125550199",
            twilio_url=phone.base_url,
        )
        yield Story(store, settings, folder, mail, phone)
