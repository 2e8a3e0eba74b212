"""What a correspondent tells us on their private page: each is a Change like any other.

What they tell is theirs: it is taken in whole, without a question in between, and never shown there
again. It is not the practice's note, so nothing here checks its words.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cases import reopening
from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.models import Contact, ContactPoint, Correspondent, Link, Upload, UploadContent
from cases.needs import IllegalMove
from cases.playbooks.playbook import Playbook
from cases.stages import record
from cases.talking.conversation import received
from cases.tasks import task_adds

CHANNEL = "private_page"
LONGEST = 20_000  # characters of their story
LARGEST, MOST_FILES = 10 * 1024 * 1024, 5  # bytes of one file; files on one page
_LONGEST_NOTE = 1_000
WAYS = ("phone", "sms", "email")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat")
PARTS = ("morning", "midday", "afternoon", "evening")
RESOLVED = ("yes", "partly", "no")
FEELS = ("good", "neither", "bad")
# By what a file begins with (its own name and what a browser calls it are anybody's to choose).
_MAGIC = (("jpeg", b"\xff\xd8\xff"), ("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-"))
_ENDS = {"jpeg": b"\xff\xd9", "png": b"IEND\xaeB`\x82", "pdf": b"%%EOF"}
_TAIL = 2_048  # bytes: the end may be followed by a little of what a camera adds


@dataclass(frozen=True, slots=True)
class Wishes:
    """When and how they want to be called."""

    way: str = ""
    days: Sequence[str] = ()
    parts: Sequence[str] = ()
    note: str = ""
    no_voicemail: bool = False
    interpreter: bool = False

    def in_words(self) -> str:
        """Return them in one line, for staff."""
        named = {"phone": "by telephone", "sms": "by text", "email": "by e-mail"}
        said = [
            named.get(self.way, ""),
            ", ".join(each.capitalize() for each in self.days),
            ", ".join(self.parts),
            "no voicemail" if self.no_voicemail else "",
            "with an interpreter" if self.interpreter else "",
        ]
        plain = "; ".join(each for each in said if each)
        note = self.note.strip()
        return f"{plain}. They add: {note}" if plain and note else plain or note


def keep_draft(link: Link, text: str, moment: Moment) -> Change:
    """Keep what they wrote so far. Raises IllegalMove("too_long")."""
    _refuse_long(text)
    return Change(about(link), moment, sets=[Set(Link, link.id, {"draft": text or None})])


def _refuse_long(text: str) -> None:
    if len(text) > LONGEST:
        raise IllegalMove("tell", ["too_long"])


def tell(file: CaseFile, link: Link, text: str, moment: Moment) -> Change:
    """Take in their whole story: a person answers it within the hour of the clock `answer`."""
    _refuse_long(text)
    if not text.strip():
        raise IllegalMove("tell", ["empty"])
    change = received(file, CHANNEL, text, moment.now, moment, _point(file, link))
    sent = Change(
        about(link),
        moment,
        sets=[Set(Link, link.id, {"draft": None})],
        events=[Happened("told_privately", {"letters": len(text)})],
    )
    return change.with_parts(sent)


def wish(file: CaseFile, wishes: Wishes, moment: Moment) -> Change:
    """Note when and how they want to be called; somebody owes them that call."""
    who = _known(file)
    if not wishes.in_words():
        raise IllegalMove("wish", ["empty"])
    if len(wishes.note) > _LONGEST_NOTE:
        raise IllegalMove("wish", ["too_long"])
    said = wishes.in_words()
    values = {
        "wishes": said,
        "no_voicemail": wishes.no_voicemail,
        "interpreter": wishes.interpreter,
    }
    person = Change(
        about(who),
        moment,
        sets=[Set(Correspondent, who.id, values)],
        events=[Happened("wished", words=said)],
    )
    adds = [] if _call_owed(file) else _call_back(file, moment)
    noted = Happened("wished", {"way": wishes.way}, words=said)
    return record(file, moment, noted, adds=adds).with_parts(person)


def _call_owed(file: CaseFile) -> bool:
    return any(task.kind == "call_back" and task.done_at is None for task in file.tasks)


def _call_back(file: CaseFile, moment: Moment) -> list[Add]:
    due = file.calendars.office.add(moment.now, timedelta(hours=8))
    what = "Reach them when and how they asked to be: their wishes stand beside their name"
    return task_adds(file, "call_back", what, due, moment)


# Files


@dataclass(frozen=True, slots=True)
class Handed:
    """A file as it came: its name, and what is in it."""

    name: str
    content: bytes


def kind_of(content: bytes) -> str:
    """Return jpeg, png or pdf by what a file begins and ends with; "" for anything else."""
    for kind, magic in _MAGIC:
        if content.startswith(magic) and _ENDS[kind] in content[-_TAIL:]:
            return kind
    return ""


def hand_in(
    file: CaseFile, link: Link, files: Sequence[Handed], there: int, moment: Moment
) -> Change:
    """Take in photos and documents as they are; `there`: how many are on this page already.

    Raises IllegalMove with one of: empty, too_many_files, too_large, wrong_kind.
    """
    _refuse_files(files, there)
    change = received(file, CHANNEL, _counted(files), moment.now, moment, _point(file, link))
    contact_id = next(add.values["id"] for add in change.adds if add.table is Contact)
    rows = [row for each in files for row in _rows(file, link, each, contact_id, moment)]
    handed = Change(
        about(link),
        moment,
        adds=rows,
        events=[Happened("files_handed_in", {"files": len(files)})],
    )
    return change.with_parts(handed)


def _refuse_files(files: Sequence[Handed], there: int) -> None:
    if not files:
        raise IllegalMove("files", ["empty"])
    if len(files) + there > MOST_FILES:
        raise IllegalMove("files", ["too_many_files"])
    if any(len(each.content) > LARGEST for each in files):
        raise IllegalMove("files", ["too_large"])
    if not all(kind_of(each.content) for each in files):
        raise IllegalMove("files", ["wrong_kind"])


def _counted(files: Sequence[Handed]) -> str:
    kinds = [kind_of(each.content) for each in files]
    documents = kinds.count("pdf")
    photos = len(kinds) - documents
    said = [
        f"{n} {what}{'s' * (n > 1)}" for n, what in ((photos, "photo"), (documents, "PDF")) if n
    ]
    return f"They handed in {' and '.join(said)}."


def _rows(file: CaseFile, link: Link, handed: Handed, contact_id: str, moment: Moment) -> list[Add]:
    upload: dict[str, Any] = {
        "id": moment.new_id(),
        "case_id": file.case.id,
        "link_id": link.id,
        "contact_id": contact_id,
        "kind": kind_of(handed.content),
        "size": len(handed.content),
        "name": handed.name[:200] or None,
        "at": moment.now,
    }
    content = {"id": upload["id"], "content": b64encode(handed.content).decode()}
    return [Add(Upload, upload), Add(UploadContent, content)]


# Afterwards


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Their two answers, and what they add."""

    resolved: str
    feels: str
    words: str = ""

    @property
    def unhappy(self) -> bool:
        return self.resolved == "no" or self.feels == "bad"

    def in_words(self) -> str:
        """Return both answers, for staff."""
        resolved = {"yes": "Resolved", "partly": "Partly resolved", "no": "Not resolved"}
        feels = {"good": "content with us", "neither": "neither content nor not",
                 "bad": "not content with us"}  # fmt: skip
        said = f"{resolved[self.resolved]}; {feels[self.feels]}."
        return f"{said} They add: {self.words.strip()}" if self.words.strip() else said


def say_afterwards(
    file: CaseFile, link: Link, said: Afterwards, playbook: Playbook, moment: Moment
) -> Change:
    """Note whether it is resolved for them and how they feel.

    Who is unhappy is heard at once: a closed case is taken up again (too old a one, as a new,
    linked one), in an open one the clock `answer` starts. `playbook`: the one in force.
    """
    if said.resolved not in RESOLVED or said.feels not in FEELS:
        raise IllegalMove("afterwards", ["choose"])
    if len(said.words) > LONGEST:
        raise IllegalMove("afterwards", ["too_long"])
    facts = {"resolved": said.resolved, "feels": said.feels}
    noted = Change(about(link), moment, events=[Happened("said_afterwards", facts)],
                   case_id=file.case.id)  # fmt: skip
    if said.unhappy and file.case.closed_at is not None:
        change = reopening.take_up(file, playbook, said.in_words(), moment)
    elif said.unhappy or said.words.strip():
        point = _point(file, link)
        change = received(file, CHANNEL, said.in_words(), moment.now, moment, point)
    else:
        change = record(file, moment, Happened("content", facts, words=said.in_words()))
    return change.with_parts(noted)


def _point(file: CaseFile, link: Link) -> ContactPoint | None:
    return next((point for point in file.points if point.id == link.point_id), None)


def _known(file: CaseFile) -> Correspondent:
    if file.correspondent is None:
        raise IllegalMove("wish", ["unmatched"])
    return file.correspondent
