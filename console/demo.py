"""A sample practice, and three weeks of its life made by running the real rules over them.

Nothing here is written into the record by hand: reviews come in when they were posted, the flows
run as the hours pass, and people make their moves through the same rules as everybody.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cases import access, custody, following, practice
from cases.answering import replies
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.identifiers import Identifiers
from cases.models import Person
from cases.needs import IllegalMove
from cases.ports import Capabilities, SeenReview
from cases.settings import Settings
from cases.store import Store
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Point, Who
from cases.viewers import ENGINE
from console.web.passwords import Passwords
from flows import deliver, intake, sweep, watch
from flows.house import House
from reviews.files import read

SAMPLES = Path(__file__).parent.parent / "reviews" / "samples" / "reviews.csv"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_WEEKS = timedelta(weeks=3)
_STAFF = (
    ("Dana Field", "dana@elm.example", "director", "+12125550111"),
    ("Lee Marsh", "lee@harbor.example", "director", "+12125550112"),
    ("Sam Brook", "sam@elm.example", "responder", ""),
    ("Morgan Reed", "morgan@elm.example", "manager", ""),
    ("Chris Vale", "chris@elm.example", "chief", "+12125550113"),
    ("Robin Lake", "robin@elm.example", "privacy_officer", ""),
    ("Alex Stone", "alex@elm.example", "administrator", ""),
)
_CLINICS: tuple[dict[str, Any], ...] = (
    {
        "slug": "elm-street", "name": "Elm Street", "zone": "America/New_York",
        "hours": {"mon-fri": ["09:00-12:00", "13:00-17:00"]}, "region": "US-NY",
        "phone": "+12125550100", "email": "care@elm.example", "point_person": "Dana Field",
        "point_role": "clinical director",
    },
    {
        "slug": "harbor", "name": "Harbor", "zone": "America/Los_Angeles",
        "hours": {"mon-thu": ["08:00-17:00"], "fri": ["08:00-14:00"]}, "region": "US-CA",
        "phone": "+12125550109", "email": "care@harbor.example", "point_person": "Lee Marsh",
        "point_role": "clinical director",
    },
)  # fmt: skip
_REPLY = (
    "Thank you for writing. We are sorry to read this, and we take it seriously. Privacy law keeps "
    "us from saying more in public. Please reach {point}, our clinical director, at {phone} or "
    "{email}, so that we can listen."
)
_LETTER = "We would like to hear from you. Please call {point} at {phone}, or answer this mail."


def found(store: Store, moment: Moment) -> None:
    """Record the sample practice's people and clinics."""
    for name, mail, role, number in _STAFF:
        _write(store, practice.add_person(name, mail, role, (), moment, number=number))
    people = {person.name: person for person in store.people().values()}
    for each in _CLINICS:
        spec = dict(each)
        args = (spec.pop("slug"), spec.pop("name"), spec.pop("zone"), spec.pop("hours"))
        director = people[spec["point_person"]]
        playbook = store.playbook()
        _write(store, practice.add_clinic(*args, playbook, moment, director=director, **spec))


def let_in(store: Store, password: str, moment: Moment) -> None:
    """Give every sample person the same password: nothing here is worth another."""
    hashed = Passwords().hash(password)
    for person in store.people().values():
        _write(store, access.set_password(person, None, hashed, (), moment))


def _write(store: Store, change: Change) -> None:
    if not store.apply([change]).applied:
        raise RuntimeError("the sample practice could not be written")


def samples(now: datetime) -> list[SeenReview]:
    """Return the sample reviews as if the newest had been posted an hour ago, oldest first."""
    seen = [row for row in read(SAMPLES) if isinstance(row, SeenReview) and row.posted_at]
    newest = max(row.posted_at for row in seen if row.posted_at)
    moved = [replace(row, posted_at=(row.posted_at or now) + (now - HOUR - newest)) for row in seen]
    return sorted(moved, key=lambda row: row.posted_at or now)


@dataclass
class Scene:
    """The sample practice at a moment of its past."""

    settings: Settings
    store: Store
    now: datetime
    ids: Identifiers = field(default_factory=Identifiers)

    def house(self, flow: str) -> House:
        return House(self.settings, self.store, flow, self.now, self.ids)

    def person(self, name: str) -> Person:
        return next(p for p in self.store.people().values() if p.name.startswith(name))

    def act(self, number: int, rule: Callable[..., Change], *args: Any, by: str = "") -> CaseFile:
        """Make a move, as the case's owner or as somebody else."""
        file = self.store.case_file(number, ENGINE)
        who = self.person(by).id if by else (file.case.owner_id or "")
        _write(self.store, rule(file, *args, Moment(self.now, who, self.ids)))
        return self.store.case_file(number, ENGINE)


def acknowledge(scene: Scene, number: int) -> None:
    """Answer in public, by hand: drafted by one, approved by another."""
    file = scene.store.case_file(number, ENGINE)
    clinic = file.clinic
    text = _REPLY.format(point=clinic.point_person, phone=clinic.phone, email=clinic.email)
    scene.act(number, replies.draft, text, by="Sam")
    can = Capabilities(reply_limit=4000)
    found_ = [each.code for each in replies.findings(file, text, can)]
    scene.act(number, replies.approve, can, found_)
    url = f"https://{file.review.platform}.example/reply/{number}"
    scene.act(number, replies.posted, url, scene.now)


def see_the_reply(scene: Scene, number: int) -> None:
    """Look whether the reply posted by hand can be seen: it can."""
    for task in scene.store.case_file(number, ENGINE).tasks:
        if task.kind == "look_for_reply" and task.done_at is None:
            scene.act(number, custody.task_done, task, "seen without signing in")


def find(scene: Scene, number: int) -> None:
    """Find out who wrote, and how they may be reached."""
    who = Who(f"Sample Person {number}", "patient", "self", "they said so at the desk")
    ways = [("phone", f"+121255501{20 + number}"), ("email", f"person{number}@mail.example")]
    points = [Point(way, value, scene.store.index(way, value)) for way, value in ways]
    scene.act(number, correspondents.match, who, points)


def try_to_reach(scene: Scene, number: int) -> None:
    """Call, reach nobody, and write."""
    scene.act(number, conversation.contact, "phone", "voicemail", "", scene.now)
    file = scene.store.case_file(number, ENGINE)
    by_mail = next(point for point in file.points if point.channel == "email")
    text = _LETTER.format(point=file.clinic.point_person, phone=file.clinic.phone)
    scene.act(number, conversation.write, by_mail, text, f"A word from {file.clinic.name}")


def reach(scene: Scene, number: int) -> None:
    """Call again, and be answered."""
    scene.act(number, conversation.contact, "phone", "reached", "they had time", scene.now)


def hear(scene: Scene, number: int) -> None:
    """Write down their account, with one promise."""
    promise = ("Tell them what was changed", scene.now + 3 * DAY)
    scene.act(number, conversation.hear, "It went as the review says.", "That it stops", [promise])


def resolve(scene: Scene, number: int) -> None:
    """Keep the promise, mend what was wrong and tell them."""
    for task in scene.store.case_file(number, ENGINE).tasks:
        if task.kind == "promise" and task.done_at is None:
            scene.act(number, custody.task_done, task, "told them by telephone")
    scene.act(number, correspondents.identify, ["name", "date_of_birth"], "")
    scene.act(number, following.resolve, "wait_time", "The desk now tells of delays.", True)


def stand(scene: Scene, number: int) -> None:
    """Look at the review when the window has ended: it still stands."""
    scene.act(number, following.look, "stands")


def ask_once_more(scene: Scene, number: int) -> None:
    """Telephone once more and close."""
    scene.act(number, following.follow_up_by_phone, "reached", "content now")
    scene.act(number, following.close, "satisfied")


def take(scene: Scene, number: int) -> None:
    """Take the safety of a case, if it is a grave one."""
    if scene.store.case_file(number, ENGINE).case.severity == "grave":
        scene.act(number, custody.take, by="Chris")


Step = tuple[timedelta, Callable[[Scene, int], None]]
_ACK: Step = (3 * HOUR, acknowledge)
_SEE: Step = (20 * HOUR, see_the_reply)
_FIND: Step = (4 * HOUR, find)
_TRY: Step = (5 * HOUR, try_to_reach)
_REACH: Step = (DAY, reach)
_HEAR: Step = (DAY + HOUR, hear)
_MEND: Step = (2 * DAY, resolve)
# How far the practice has come with each sample; those not named were left alone.
_DONE: tuple[Step, ...] = (_ACK, _SEE, _FIND, _TRY, _REACH, _HEAR, _MEND)
_LATER: tuple[Step, ...] = (
    *(_ACK, _SEE, _FIND, _TRY),
    *((5 * DAY, reach), (5 * DAY + HOUR, hear), (7 * DAY, resolve)),
)
PATHS: dict[str, tuple[Step, ...]] = {
    "g-101": (*_DONE, (17 * DAY, stand), (18 * DAY, ask_once_more)),
    "y-201": (*_DONE, (17 * DAY, stand)),
    "g-108": (*_DONE, (17 * DAY, stand)),
    "f-301": _LATER,
    "v-501": _LATER,
    "r-601": ((HOUR / 2, take), *_LATER),
    "h-401": (_ACK, _SEE, _FIND, _TRY, (12 * DAY, reach), (13 * DAY, hear)),
    "y-204": (_ACK, _SEE, _FIND, _TRY, (14 * DAY, reach), (14 * DAY + HOUR, hear)),
    "g-103": ((HOUR / 2, take), _ACK, _SEE, _FIND, _TRY, (10 * DAY, reach), (11 * DAY, hear)),
    "h-404": (_ACK, _SEE, _FIND, _TRY, (12 * DAY, reach), (13 * DAY, hear)),
    "r-602": (_ACK, _SEE, _FIND, _TRY, (9 * DAY, reach)),
    "e-802": (_ACK, _SEE, _FIND, (4 * DAY, reach)),
    "e-803": (_ACK, _SEE, _FIND, _TRY, (8 * DAY, reach)),
    "v-503": ((HOUR / 2, take), _ACK, _SEE, _FIND, _TRY),
    "y-202": (_ACK, _SEE, _FIND, _TRY),
    "x-703": (_ACK, _SEE, _FIND, _TRY),
    "g-104": (_ACK, _SEE, _FIND),
    "v-502": (_ACK, _SEE),
    "r-605": (_ACK, _SEE),
    "f-304": (_ACK, _SEE),
}


def live(scene: Scene, until: datetime) -> Iterator[datetime]:
    """Live through the weeks, yielding each day as it begins."""
    todo: list[tuple[datetime, int, Any]] = []
    for order, seen in enumerate(samples(until)):
        heapq.heappush(todo, ((seen.posted_at or until) + HOUR / 4, order, seen))
    order, day = len(todo), scene.now
    while todo or scene.now < until:
        ahead = [todo[0][0]] if todo else []
        look = scene.store.next_look()
        scene.now = max(scene.now, min([*ahead, look or until, day + DAY, until]))
        while todo and todo[0][0] <= scene.now:
            _, _, what = heapq.heappop(todo)
            order = _do(scene, what, todo, order, until)
        sweep.run(scene.house("sweep"))
        deliver.run(scene.house("deliver"))
        if scene.now >= day + DAY:
            day = scene.now
            watch.run(scene.house("watch"))
            yield day


def _do(
    scene: Scene, what: Any, todo: list[tuple[datetime, int, Any]], order: int, until: datetime
) -> int:
    """Take a review in, or make a move; a new case's path is put on the list."""
    if not isinstance(what, SeenReview):
        number, step = what
        try:
            step(scene, number)
        except IllegalMove as reason:
            raise RuntimeError(f"the sample story does not hold, case {number}: {reason}") from None
        return order
    counts = intake.take(scene.house("intake"), [what], since=None)
    if counts["cases"]:
        number = scene.store.practice().last_number
        for delay, step in PATHS.get(what.external_id, ()):
            order += 1
            when = scene.now + delay
            if when <= until:
                heapq.heappush(todo, (when, order, (number, step)))
    return order


def begin(settings: Settings, store: Store) -> tuple[Scene, datetime]:
    """Found the sample practice three weeks ago; return the scene, and today."""
    today = datetime.now(UTC)
    ids = Identifiers()
    then = today - _WEEKS
    found(store, Moment(then, "setup", ids))
    return Scene(settings, store, then, ids), today
