"""A patient with a telephone and a browser, and the practice that wrote to them."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.talking import conversation, correspondents, links
from cases.talking.correspondents import Point, Who
from cases.talking.links import Pages
from cases.viewers import ENGINE
from flows import deliver
from flows.house import House
from tests.builders import DIRECTOR, moment
from tests.console.web import Place, TestClient

HERE = "https://amends.example"
EMAIL, SMS = "pat@quill.example", "+12125550123"
ADDRESS = re.compile(r"https://amends\.example/p/[a-z2-7]{26}")


class Patient:
    """Somebody with a telephone: what reached them, and a browser without scripts."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.raw = TestClient(place.app, HERE, follow_redirects=False)
        self.address = ""

    def mails(self) -> list[Any]:
        """Let what waits leave, and return what has arrived so far."""
        sent: list[Any] = []

        class Wire:
            def __init__(self, name: str) -> None:
                self.name = name

            async def send(self, message: Any) -> Any:
                from cases.ports import Accepted

                sent.append(message)
                return Accepted("p1")

        house = House(self.place.settings, self.place.store, "deliver", self.place.now)
        house.__dict__["channels"] = {"email": Wire("email"), "sms": Wire("sms")}
        asyncio.run(deliver._run(house))
        self.got = [each for each in sent if each.to in (EMAIL, SMS)]
        return self.got

    def arrives(self, language: str = "") -> Any:
        """Open the address in the newest message."""
        text = next(each.text for each in self.mails() if ADDRESS.search(each.text))
        found = ADDRESS.search(text)
        assert found
        self.address = found[0].removeprefix(HERE)
        return self.look(f"?lang={language}" if language else "")

    def look(self, query: str = "") -> Any:
        return self.raw.get(self.address + query)

    def send(self, what: str, files: Any = None, **fields: Any) -> Any:
        page = self.look()
        found = re.search(r'name="csrf" value="(\w+)"', page.text)
        data = {"csrf": found[1] if found else "", **fields}
        return self.raw.post(f"{self.address}/{what}", data=data, files=files)

    def code(self) -> str:
        self.send("code")
        text = next(each.text for each in self.mails() if re.search(r"\b\d{6}\b", each.text))
        return re.search(r"\b\d{6}\b", text)[0]  # type: ignore[index]

    def comes_in(self) -> Patient:
        self.arrives()
        assert self.send("open", code=self.code()).status_code == 303
        assert "story-text" in self.look().text
        return self


def case(place: Place, number: int = 1) -> CaseFile:
    return place.store.case_file(number, ENGINE)


def invite(
    place: Place, language: str = "en", channels: tuple[str, ...] = ("email", "sms")
) -> None:
    if case(place).correspondent is None:
        values = {"email": EMAIL, "sms": SMS}
        points = [Point(c, values[c], place.store.index(c, values[c])) for c in channels]
        who = Who("Pat Quill", "patient", "self", "they rang us", language=language)
        did(place, correspondents.match(case(place), who, points, now(place)))
    file = case(place)
    point = next(each for each in file.points if each.channel == "email")
    subject, text = links.invitation(file, "email")

    def ask(filled: str) -> Change:
        return conversation.write(file, point, filled, subject, now(place))

    pages = Pages(place.store.sealer.sign, HERE)
    did(place, links.carrying(file, point, text, pages, now(place), ask))


def now(place: Place, by: str = DIRECTOR) -> Moment:
    return moment(place.now, by)


def did(place: Place, change: Change) -> None:
    assert place.store.apply([change]).applied


def wrote(place: Place) -> list[str]:
    return [contact.note or "" for contact in case(place).contacts if contact.inbound]


def running(place: Place) -> set[str]:
    return {clock.kind for clock in case(place).clocks if clock.ended_at is None}
