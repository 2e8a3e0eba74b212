"""Puts a notice into words for one channel. Pure: it reads its templates once and asks no time.

Staff are told which case, what is owed, until when and who is told next, and never anything about
a patient: the templates for them are handed no row that knows one. A correspondent gets the words
a named person approved, exactly.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, UndefinedError

from cases.ports import Message
from cases.talking import links
from notifications.addressing import AUTOMATIC, Ways
from notifications.styles import StyledLoader

if TYPE_CHECKING:
    from cases.models import Clinic
    from cases.talking.waiting import Waiting

TEMPLATES = Path(__file__).parent / "templates"

# strftime would say these in whatever language the process was started in.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_CODE = re.compile(r"[A-Za-z0-9._:-]{1,60}")
_ONE_TEXT = 160  # septets (3GPP TS 23.038)
_TWICE = frozenset("^{}\\[~]|")  # take two of them
_LONGEST_NAME = 30  # of a clinic, in a text
_LINES = 25  # in one section of a digest; how many more there are is said


class RenderError(ValueError):
    """A notice cannot be put into words. Names its kind and what it lacks, and no patient data."""

    def __init__(self, kind: str, missing: str) -> None:
        super().__init__(f"a notice of kind {kind!r} cannot be put into words: it lacks {missing}")
        self.kind, self.missing = kind, missing


class _Words(NamedTuple):
    """What is said, before it is addressed."""

    text: str
    subject: str = ""
    html: str = ""


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
        "sender_name": _one_line(clinic.sender_name) if clinic and to_them else "",
        "by_a_person": to_them and notice.kind not in AUTOMATIC,
    }


def _address(waiting: Waiting) -> str:
    channel = waiting.notice.channel
    if channel not in ("email", "sms"):
        _lack("a channel that can be written to")
    if waiting.notice.point_id:
        value = waiting.point.value if waiting.point else None
        return _needed(value, "the correspondent's address")
    if waiting.person is None:
        _lack("the person")
    if channel == "sms":
        return _needed(waiting.person.phone, "the person's phone")
    return _needed(waiting.person.email, "the person's e-mail")


# To staff


def staff_kinds() -> tuple[str, ...]:
    """Return the kinds of notice staff are told, but for the digest."""
    return tuple(_read("staff.toml")["kinds"])


def _to_staff(waiting: Waiting, public_url: str) -> _Words:
    if waiting.notice.kind == "digest":
        return _digest(waiting, public_url)
    kind = _read("staff.toml")["kinds"].get(waiting.notice.kind) or _lack("words for this kind")
    knows = {"detail": waiting.notice.detail, "zone": waiting.clinic and waiting.clinic.zone}
    place, link = _place(waiting), _link(waiting, public_url)
    said = {
        name: [_say(line, knows) for line in ([words] if isinstance(words, str) else words)]
        for name, words in kind.items()
    }
    (subject,), (then,), (brief,) = said["subject"], said.get("then", [""]), said.get("brief", [""])
    if waiting.notice.channel == "sms":
        return _Words(_one_text(waiting, f"{subject}.", brief, link))
    return _mail(
        "staff",
        subject=f"{place}: {subject}",
        language="en",
        place=place,
        person=waiting.person.name if waiting.person else "",
        lines=[*said["lines"], *filter(None, [then])],
        link=link,
        button=f"Open case {waiting.case.number}" if waiting.case else "Open Amends",
    )


def _digest(waiting: Waiting, public_url: str) -> _Words:
    """Word a person's daily digest: what is owed in which case, and a link to each."""
    words, detail = _read("digest.toml"), waiting.notice.detail
    sections = [
        (title, detail[name][:_LINES], max(len(detail[name]) - _LINES, 0))
        for name, title in words["sections"].items()
        if detail.get(name)
    ]
    counted = [
        f"{len(detail[name])} {word}" for name, word in words["counted"].items() if detail.get(name)
    ]
    return _mail(
        "digest",
        subject=f"Amends: {', '.join(counted) or words['nothing']}",
        language="en",
        person=waiting.person.name if waiting.person else "",
        sections=sections,
        zone=_needed(detail.get("zone"), "the zone"),
        base=public_url.rstrip("/"),
    )


def _place(waiting: Waiting, longest: int | None = None) -> str:
    """Return which case this is about, and where; the practice's own matters have neither."""
    if not waiting.notice.case_id:
        return "Amends"
    if waiting.case is None or waiting.clinic is None:
        _lack("the case" if waiting.case is None else "the clinic")
    name = _one_line(waiting.clinic.name)
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
        text = " ".join(filter(None, [_ascii(f"{where}: {said}"), _ascii(then), url]))
        if text.isascii() and _septets(text) <= _ONE_TEXT:
            return text
    return _ascii(f"{number}: {said}")[:_ONE_TEXT]


# To a correspondent


def _to_correspondent(waiting: Waiting, ways: Ways | None = None) -> _Words:
    words, language = _language(waiting)
    confirms = waiting.notice.kind == "stop_confirmation"
    if waiting.notice.channel == "sms":
        return _Words(_confirmation(words, waiting.clinic) if confirms else _body(waiting, ways))
    foot = _foot(waiting.clinic, words, stoppable=not confirms)
    body = words["stopped_email"] if confirms else _body(waiting, ways)
    line = _in_place(waiting.notice.subject_line, waiting, ways)
    subject = words["stopped_subject"] if confirms else line
    return _mail(
        "correspondent",
        subject=_needed(subject, "the approved subject"),
        language=language,
        body=body,
        foot=foot,
        opt_out=ways.opt_out(waiting.notice) if ways else "",
        opt_out_words=words["opt_out"],
    )


def _body(waiting: Waiting, ways: Ways | None) -> str:
    return _needed(_in_place(waiting.notice.body, waiting, ways), "the approved words")


def _in_place(text: str | None, waiting: Waiting, ways: Ways | None) -> str | None:
    """Return approved words with the address of a private page, or its code, in their slots."""
    detail = waiting.notice.detail
    if not text or "link" not in detail:
        return text
    if ways is None:
        _lack("the keys of private pages")
    return links.filled(text, detail, ways.sealer.sign, ways.public_url)


def _language(waiting: Waiting) -> tuple[dict[str, str], str]:
    """Return the fixed words in the correspondent's language, English where we have none in it."""
    spoken = waiting.correspondent.language if waiting.correspondent else ""
    code = re.split(r"[-_]", spoken.lower())[0]
    known = _read("correspondent.toml")
    code = code if code in known else "en"
    return known[code], code


def _confirmation(words: Mapping[str, str], clinic: Clinic | None) -> str:
    """Return what answers a STOP by text. A number nobody knows belongs to no clinic of ours."""
    name = _named(clinic)[:_LONGEST_NAME] if clinic else ""
    return _ascii(_say(words["stopped_sms"], {"clinic": name}))


def fixed(name: str, clinic: Clinic | None, language: str = "en") -> str:
    """Return a text worded in advance: "started_sms", "help_sms". It fits into one."""
    known = _read("correspondent.toml")
    words = known.get(re.split(r"[-_]", language.lower())[0], known["en"])
    called = _named(clinic)[:_LONGEST_NAME] if clinic else ""
    number = clinic.phone if clinic else ""
    return _ascii(_say(words[name], {"clinic": called, "phone": number}))[:_ONE_TEXT]


def _named(clinic: Clinic) -> str:
    """Return what a patient's mail calls the clinic: its own name may tell what is treated."""
    return _one_line(clinic.sender_name or clinic.name)


def _foot(clinic: Clinic | None, words: Mapping[str, str], *, stoppable: bool) -> list[str]:
    if clinic is None:
        if stoppable:
            _lack("the clinic")
        return []
    ways = ((words["phone"], clinic.phone), (words["email"], clinic.email))
    lines = [_named(clinic), *(f"{name}: {way}" for name, way in ways if way)]
    return [*lines, words["stop"]] if stoppable else lines


# Words


def _lack(missing: str) -> NoReturn:
    raise UndefinedError(missing)  # as a template would: `render` names the kind


def _needed(value: str | None, name: str) -> str:
    return value or _lack(name)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _ascii(text: str) -> str:
    """Return the text in letters every phone has; one other would cut a text to 70 characters."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-"))
    return plain.encode("ascii", "ignore").decode().replace("`", "'")


def _septets(text: str) -> int:
    return len(text) + sum(letter in _TWICE for letter in text)


def _entry(table: str, what: str) -> Any:
    """Return a filter that looks a code up in a table of staff.toml; `what` names it if absent."""

    def look_up(code: Any) -> Any:
        # str() of a value the notice lacks raises, with its name.
        found = _read("staff.toml")[table].get(str(code))
        return _lack(what) if found is None else found

    return look_up


def _bare(phrase: str) -> str:
    return re.sub(r"^(the|an?) ", "", phrase)


def _roles(codes: Any) -> list[str]:
    if not isinstance(codes, list | tuple) or not codes:
        _lack("next")
    return [_entry("roles", "next")(code) for code in codes]


def _people(codes: Any) -> str:
    *others, last = (f"the {role}" for role in _roles(codes))
    return f"{', '.join(others)} and {last}" if others else last


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or that of a folder
        _lack("the clinic's zone")


def _local(due_at: Any, zone: str | None, named: bool = False) -> str:
    """Word an ISO instant in the clinic's own time: "Tue Nov 24, 12:30", `named` with its zone."""
    clock_here = _zone(_needed(zone, "the clinic's zone"))
    try:
        instant = datetime.fromisoformat(str(due_at))
        at = instant.astimezone(clock_here)
    except (ValueError, OverflowError):
        _lack("due_at")
    if instant.tzinfo is None:
        _lack("the zone of due_at")
    said = f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day}, {at:%H:%M}"
    name = at.tzname() or ""
    return f"{said} {'UTC' * name.startswith(('+', '-'))}{name}" if named else said


def _code(code: Any) -> str:
    """Show only what looks like a code: an exception's words may name somebody."""
    return code if _CODE.fullmatch(str(code)) else "not to be shown here"


def _paragraphs(body: str) -> list[list[str]]:
    return [part.splitlines() for part in re.split(r"\n\s*\n", body.strip())]


# Templates


class _Lack(StrictUndefined):
    """A value a template wants and does not get; its error is the bare name of it."""

    @property
    def _undefined_message(self) -> str:
        return self._undefined_name or "a value"


def _environment(escaping: bool) -> Environment:
    environment = Environment(
        loader=StyledLoader(TEMPLATES),
        autoescape=escaping,  # noqa: S701  plain text is not HTML: "&amp;" would be read out
        undefined=_Lack,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "owed": lambda clock: _entry("clocks", "clock")(clock)["owed"],
        "todo": lambda clock: _entry("clocks", "clock")(clock)["todo"],
        "way": _entry("ways", "channel"),
        "graded": _entry("grades", "severity"),
        "roles": lambda codes: ", ".join(_roles(codes)),
        "people": _people, "local": _local, "code": _code, "bare": _bare,
        "upfirst": lambda text: text[:1].upper() + text[1:],
        "paragraphs": _paragraphs,
    }  # fmt: skip
    return environment


_PLAIN, _HTML = _environment(False), _environment(True)


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / name).read_text(encoding="utf-8"))


@cache
def _compiled(template: str) -> Any:
    return _PLAIN.from_string(template)


def _say(template: str, knows: Mapping[str, Any]) -> str:
    return str(_compiled(template).render(knows))


def _mail(name: str, *, subject: str, **knows: Any) -> _Words:
    """Word an e-mail twice: the text and the HTML come from the same values."""
    text = _PLAIN.get_template(f"{name}.txt").render(knows)
    html = _HTML.get_template(f"{name}.html").render(knows, subject=subject)
    return _Words(text, subject, html)
