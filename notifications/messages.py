"""Puts a notice into words for one channel. Pure: it reads its templates once and asks no time.

Staff are told which case, what is owed, until when and who is told next, and never anything about
a patient: the templates for them are handed no row that knows one. A correspondent gets the words
a named person approved, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jinja2 import UndefinedError

from cases.ports import Message
from cases.talking import links
from notifications.addressing import AUTOMATIC, Ways
from notifications.wording import (
    Words,
    lack,
    mailed,
    needed,
    one_line,
    plain_ascii,
    read_words,
    say,
    septets,
)

if TYPE_CHECKING:
    from cases.models import Clinic
    from cases.talking.waiting import Waiting

_ONE_TEXT = 160  # septets
_LONGEST_NAME = 30  # of a clinic, in a text
_LINES = 25  # in one section of a digest; how many more there are is said


class RenderError(ValueError):
    """A notice cannot be put into words. Names its kind and what it lacks, and no patient data."""

    def __init__(self, kind: str, missing: str) -> None:
        super().__init__(f"a notice of kind {kind!r} cannot be put into words: it lacks {missing}")
        self.kind, self.missing = kind, missing


def render(waiting: Waiting, public_url: str, token: str = "", ways: Ways | None = None) -> Message:
    """Return the message that carries a notice to its one recipient, on the notice's channel.

    `public_url` is where staff open Amends; `token` names this attempt; `ways` signs the ways
    back, which a mail to a correspondent has none of without. Raises RenderError where
    the notice lacks what its words need: the same notice will never do better, so park it.
    """
    notice = waiting.notice
    try:
        to = _address(waiting)
        words = (
            _to_correspondent(waiting, ways) if notice.point_id else _to_staff(waiting, public_url)
        )
    except UndefinedError as lack:
        missing = str(lack)
    else:
        return Message(
            channel="sms" if notice.channel == "sms" else "email",
            to=to,
            text=words.text,
            subject=words.subject,
            html=words.html,
            message_id=notice.message_id,
            token=token,
            **_envelope(waiting, ways),
        )
    raise RenderError(notice.kind, missing)  # out here: no context that could hold a value


def _envelope(waiting: Waiting, ways: Ways | None) -> dict[str, Any]:
    """Return what a mail carries besides its words."""
    notice, clinic = waiting.notice, waiting.clinic
    if notice.channel != "email":
        return {}
    to_them = notice.point_id is not None
    return {
        "headers": ways.headers(waiting) if ways and to_them else {},
        "bounce_token": ways.bounce(notice) if ways else "",
        "sender_name": one_line(clinic.sender_name) if clinic and to_them else "",
        "by_a_person": to_them and notice.kind not in AUTOMATIC,
    }


def _address(waiting: Waiting) -> str:
    channel = waiting.notice.channel
    if channel not in ("email", "sms"):
        lack("a channel that can be written to")
    if waiting.notice.point_id:
        value = waiting.point.value if waiting.point else None
        return needed(value, "the correspondent's address")
    if waiting.person is None:
        lack("the person")
    if channel == "sms":
        return needed(waiting.person.phone, "the person's phone")
    return needed(waiting.person.email, "the person's e-mail")


# To staff


def staff_kinds() -> tuple[str, ...]:
    """Return the kinds of notice staff are told, but for the digest."""
    return tuple(read_words("staff.toml")["kinds"])


def _to_staff(waiting: Waiting, public_url: str) -> Words:
    if waiting.notice.kind == "digest":
        return _digest(waiting, public_url)
    kind = read_words("staff.toml")["kinds"].get(waiting.notice.kind) or lack("words for this kind")
    knows = {"detail": waiting.notice.detail, "zone": waiting.clinic and waiting.clinic.zone}
    place, link = _place(waiting), _link(waiting, public_url)
    said = {
        name: [say(line, knows) for line in ([words] if isinstance(words, str) else words)]
        for name, words in kind.items()
    }
    (subject,), (then,), (brief,) = said["subject"], said.get("then", [""]), said.get("brief", [""])
    if waiting.notice.channel == "sms":
        return Words(_one_text(waiting, f"{subject}.", brief, link))
    return mailed(
        "staff",
        subject=f"{place}: {subject}",
        language="en",
        place=place,
        person=waiting.person.name if waiting.person else "",
        lines=[*said["lines"], *filter(None, [then])],
        link=link,
        button=f"Open case {waiting.case.number}" if waiting.case else "Open Amends",
    )


def _digest(waiting: Waiting, public_url: str) -> Words:
    """Word a person's daily digest: what is owed in which case, and a link to each."""
    words, detail = read_words("digest.toml"), waiting.notice.detail
    sections = [
        (title, detail[name][:_LINES], max(len(detail[name]) - _LINES, 0))
        for name, title in words["sections"].items()
        if detail.get(name)
    ]
    counted = [
        f"{len(detail[name])} {word}" for name, word in words["counted"].items() if detail.get(name)
    ]
    return mailed(
        "digest",
        subject=f"Amends: {', '.join(counted) or words['nothing']}",
        language="en",
        person=waiting.person.name if waiting.person else "",
        sections=sections,
        zone=needed(detail.get("zone"), "the zone"),
        base=public_url.rstrip("/"),
    )


def _place(waiting: Waiting, longest: int | None = None) -> str:
    """Return which case this is about, and where; the practice's own matters have neither."""
    if not waiting.notice.case_id:
        return "Amends"
    if waiting.case is None or waiting.clinic is None:
        lack("the case" if waiting.case is None else "the clinic")
    name = one_line(waiting.clinic.name)
    if longest and len(name) > longest:
        name = name[: longest - 3].rstrip() + "..."
    return f"Case {waiting.case.number}, {name}"


def _link(waiting: Waiting, public_url: str) -> str:
    base = public_url.rstrip("/")
    return f"{base}/cases/{waiting.case.number}" if waiting.case else base


def _one_text(waiting: Waiting, said: str, brief: str, link: str) -> str:
    """Return as much as goes into one text; what somebody must do is the last thing to be lost."""
    place = _place(waiting, _LONGEST_NAME)
    number = place.split(",")[0]
    tries = ((place, brief, link), (place, "", link), (number, "", link), (place, "", ""))
    for where, then, url in tries:
        text = " ".join(filter(None, [plain_ascii(f"{where}: {said}"), plain_ascii(then), url]))
        if text.isascii() and septets(text) <= _ONE_TEXT:
            return text
    return plain_ascii(f"{number}: {said}")[:_ONE_TEXT]


# To a correspondent


def _to_correspondent(waiting: Waiting, ways: Ways | None = None) -> Words:
    words, language = _language(waiting)
    confirms = waiting.notice.kind == "stop_confirmation"
    if waiting.notice.channel == "sms":
        return Words(_confirmation(words, waiting.clinic) if confirms else _body(waiting, ways))
    foot = _foot(waiting.clinic, words, stoppable=not confirms)
    body = words["stopped_email"] if confirms else _body(waiting, ways)
    line = _in_place(waiting.notice.subject_line, waiting, ways)
    subject = words["stopped_subject"] if confirms else line
    return mailed(
        "correspondent",
        subject=needed(subject, "the approved subject"),
        language=language,
        body=body,
        foot=foot,
        opt_out=ways.opt_out(waiting.notice) if ways else "",
        opt_out_words=words["opt_out"],
    )


def _body(waiting: Waiting, ways: Ways | None) -> str:
    return needed(_in_place(waiting.notice.body, waiting, ways), "the approved words")


def _in_place(text: str | None, waiting: Waiting, ways: Ways | None) -> str | None:
    """Return approved words with the address of a private page, or its code, in their slots."""
    detail = waiting.notice.detail
    if not text or "link" not in detail:
        return text
    if ways is None:
        lack("the keys of private pages")
    return links.filled(text, detail, ways.sealer.sign, ways.public_url)


def _language(waiting: Waiting) -> tuple[dict[str, str], str]:
    """Return the fixed words in the correspondent's language, English where we have none in it."""
    spoken = waiting.correspondent.language if waiting.correspondent else ""
    code = re.split(r"[-_]", spoken.lower())[0]
    known = read_words("correspondent.toml")
    code = code if code in known else "en"
    return known[code], code


def _confirmation(words: Mapping[str, str], clinic: Clinic | None) -> str:
    """Return what answers a STOP by text. A number nobody knows belongs to no clinic of ours."""
    name = _named(clinic)[:_LONGEST_NAME] if clinic else ""
    return plain_ascii(say(words["stopped_sms"], {"clinic": name}))


def fixed(name: str, clinic: Clinic | None, language: str = "en") -> str:
    """Return a text worded in advance: "started_sms", "help_sms". It fits into one."""
    known = read_words("correspondent.toml")
    words = known.get(re.split(r"[-_]", language.lower())[0], known["en"])
    called = _named(clinic)[:_LONGEST_NAME] if clinic else ""
    number = clinic.phone if clinic else ""
    return plain_ascii(say(words[name], {"clinic": called, "phone": number}))[:_ONE_TEXT]


def _named(clinic: Clinic) -> str:
    """Return what a patient's mail calls the clinic: its own name may tell what is treated."""
    return one_line(clinic.sender_name or clinic.name)


def _foot(clinic: Clinic | None, words: Mapping[str, str], *, stoppable: bool) -> list[str]:
    if clinic is None:
        if stoppable:
            lack("the clinic")
        return []
    ways = ((words["phone"], clinic.phone), (words["email"], clinic.email))
    lines = [_named(clinic), *(f"{name}: {way}" for name, way in ways if way)]
    return [*lines, words["stop"]] if stoppable else lines
