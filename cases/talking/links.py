"""A private page for the correspondent: made with a message, opened by a code, closed in the end.

Its address holds 128 bits that follow from the keyring and the page's identifier; the record keeps
their digest alone, and an approved message keeps a slot where the address goes. Opening it is not
enough: a code goes to a number or address of theirs that we have, and few tries are free. Who has
both may tell us things. Nothing is shown there but what they wrote on it themselves.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cases.access import digest_of
from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.lexicons import table
from cases.models import ContactPoint, Link
from cases.needs import IllegalMove
from cases.notices import to_owner
from cases.stages import record
from cases.talking.approving import approval
from cases.tasks import task_adds

SLOT, CODE_SLOT = "{link}", "{code}"
BY = "correspondent"  # who did it, in history
CODE_HOLDS = timedelta(minutes=15)
OPEN_FOR = timedelta(hours=2)
TRIES = 5
_CODES = 8  # so many may be asked for, in all
_BETWEEN = timedelta(seconds=45)
_TOKEN = 26  # letters: 128 bits in base32
_HERE = ("localhost", "127.0.0.1", "::1")
_WORDS = table("links.toml")
Sign = Callable[[str], str]  # a keyed digest in hexadecimal: Sealer.sign


def token_of(sign: Sign, link_id: str) -> str:
    """Return what opens a page: 128 bits nobody can guess without the keyring."""
    return b32encode(_derived(sign, "page", link_id)[:16]).decode().rstrip("=").lower()


def code_of(sign: Sign, link_id: str, number: int) -> str:
    """Return the page's code of that number: six figures."""
    return f"{int.from_bytes(_derived(sign, 'code', f'{link_id}|{number}')[:8], 'big') % 10**6:06}"


def _derived(sign: Sign, use: str, what: str) -> bytes:
    # A key of its own, grown from the keyring's: what opens pages signs nothing else.
    key = bytes.fromhex(sign(f"key|link|{use}"))
    return hmac.digest(key, what.encode(), hashlib.sha256)


def address(public_url: str, token: str) -> str:
    """Return where a page is."""
    return f"{public_url.rstrip('/')}/p/{token}"


def filled(text: str, detail: dict[str, Any], sign: Sign, public_url: str) -> str:
    """Return an approved text with its slots filled, as it leaves; without a page, as it is."""
    link_id = detail.get("link")
    if not link_id:
        return text
    text = text.replace(SLOT, address(public_url, token_of(sign, link_id)))
    return text.replace(CODE_SLOT, code_of(sign, link_id, int(detail.get("code", 0))))


def words(language: str, name: str, **known: str) -> str:
    """Return fixed words in a language, English where there are none in it."""
    spoken = _WORDS.get(language.lower()[:2], _WORDS["en"])
    text: str = spoken[name].strip()
    for each, value in known.items():
        text = text.replace(f"{{{each}}}", value)
    return text


def invitation(file: CaseFile, channel: str) -> tuple[str, str]:
    """Return the subject and the text a person may start from; the slot for the page is in it."""
    language = file.correspondent.language if file.correspondent else "en"
    clinic = file.clinic
    known = {"clinic": clinic.sender_name or clinic.name, "phone": clinic.phone}
    if channel == "sms":
        known["clinic"] = known["clinic"][:30]
        return "", words(language, "invite_sms", **known)
    return words(language, "invite_subject"), words(language, "invite_email", **known)


# Making one


@dataclass(frozen=True, slots=True)
class Pages:
    """What pages of one installation hang on: its keys, its address, how many days one works."""

    sign: Sign
    public_url: str
    days: int = 14

    def sample(self) -> str:
        """Return an address as long as a real one."""
        return address(self.public_url, "a" * _TOKEN)


def carrying(
    file: CaseFile,
    point: ContactPoint | None,
    text: str,
    pages: Pages,
    moment: Moment,
    ask: Callable[[str], Change],
) -> Change:
    """Let the message that is asked for carry a private page, where its text has the slot for one.

    `ask` is given the text with an address in place and makes the move. What is kept as approved
    has the slot: nobody finds the address in the record. Raises IllegalMove.
    """
    if SLOT not in text:
        return ask(text)
    _refuse_page(text, pages)
    change = ask(text.replace(SLOT, pages.sample()))
    if point is None or file.correspondent is None or not change.notices:
        raise IllegalMove("link", ["a private page goes to somebody who is recorded"])
    link = _made(file, point, pages, moment)
    detail = {"link": link["id"]}
    notices = [_slotted(each, point, text, detail) for each in change.notices]
    made = Change(
        About(Link, link["id"], 0),
        moment,
        adds=[Add(Link, link)],
        events=[Happened("page_made", {"channel": point.channel})],
        case_id=file.case.id,
    )
    return replace(change, notices=notices).with_parts(made)


def _refuse_page(text: str, pages: Pages) -> None:
    where = urlsplit(pages.public_url)
    missing = []
    if text.count(SLOT) > 1:
        missing.append(f"one message carries one page: leave {SLOT} in once")
    if where.scheme != "https" and where.hostname not in _HERE:
        missing.append("patients open pages over https only: set AMENDS_PUBLIC_URL")
    if missing:
        raise IllegalMove("link", missing)


def _made(file: CaseFile, point: ContactPoint, pages: Pages, moment: Moment) -> dict[str, Any]:
    link_id = moment.new_id()
    return {
        "id": link_id,
        "case_id": file.case.id,
        "correspondent_id": point.correspondent_id,
        "point_id": point.id,
        "digest": digest_of(token_of(pages.sign, link_id)),
        "made_by": moment.by,
        "made_at": moment.now,
        "expires_at": moment.now + timedelta(days=pages.days),
    }


def _slotted(notice: Any, point: ContactPoint, text: str, detail: dict[str, Any]) -> dict[str, Any]:
    if notice.get("point_id") != point.id:
        return dict(notice)
    known = {**(notice.get("detail") or {}), **detail}
    digest = approval(point.channel, point.index, notice.get("subject_line") or "", text)
    return {**notice, "body": text, "digest": digest, "detail": known}


# Opening one


def works(link: Link, file: CaseFile, now: datetime) -> str:
    """Return "" while a page can be opened, else why not: expired, locked, or nobody's any more."""
    who = file.correspondent
    if who is None or who.undone_at is not None or who.id != link.correspondent_id:
        return "unmatched"
    if link.locked_at is not None:
        return "locked"
    return "expired" if now >= link.expires_at else ""


def is_open(link: Link, cookie: str, now: datetime) -> bool:
    """Tell whether this browser showed the code and may go on."""
    if not link.opened or link.opened_until is None or now >= link.opened_until:
        return False
    return hmac.compare_digest(link.opened, digest_of(cookie))


def code_point(link: Link, file: CaseFile) -> ContactPoint | None:
    """Return where a code goes: another way than the page's address went, if there is one."""
    ways = [p for p in file.points if p.channel in ("email", "sms") and file.usable(p)]
    other = [p for p in ways if p.id != link.point_id]
    return next(iter([*other, *ways]), None)


def ask_code(link: Link, file: CaseFile, moment: Moment) -> Change:
    """Send a code to them. Raises IllegalMove with a code of why not: wait, no_way, too_many.

    Its words are fixed: who approved the page approved them with it.
    """
    point = code_point(link, file)
    if point is None or file.case.held_at is not None:
        raise IllegalMove("code", ["no_way"])
    if link.codes >= _CODES:
        raise IllegalMove("code", ["too_many"])
    if link.code_at is not None and moment.now - link.code_at < _BETWEEN:
        raise IllegalMove("code", ["wait"])
    asked = {"codes": link.codes + 1, "code_at": moment.now, "code_to": point.channel}
    return Change(
        about(link),
        moment,
        sets=[Set(Link, link.id, asked)],
        events=[Happened("code_asked", {"channel": point.channel})],
        notices=[_code_notice(link, file, point, moment)],
        case_id=file.case.id,
    )


def _code_notice(link: Link, file: CaseFile, point: ContactPoint, moment: Moment) -> dict[str, Any]:
    language = file.correspondent.language if file.correspondent else "en"
    name = (file.clinic.sender_name or file.clinic.name)[:30]
    body = words(language, f"code_{point.channel}", clinic=name)
    subject = words(language, "code_subject") if point.channel == "email" else ""
    number = link.codes + 1
    return {
        "id": moment.new_id(),
        "key": f"code:{link.id}:{number}",
        "case_id": file.case.id,
        "kind": "code",
        "channel": point.channel,
        "point_id": point.id,
        "detail": {"link": link.id, "code": number},
        "subject_line": subject or None,
        "body": body,
        "digest": approval(point.channel, point.index, subject, body),
        "approved_by": link.made_by,
        "not_before": moment.now,
    }


def try_code(
    link: Link, file: CaseFile, given: str, cookie: str, sign: Sign, moment: Moment
) -> Change:
    """Open the page for this browser, or count a wrong code; after the fifth it is locked.

    The version is the fence: of a hundred tries at the same time one is looked at.
    """
    if link.code_at is None or moment.now - link.code_at >= CODE_HOLDS:
        raise IllegalMove("code", ["over"])
    figures = "".join(each for each in given if each.isdigit())
    if hmac.compare_digest(figures, code_of(sign, link.id, link.codes)):
        return _opened(link, cookie, moment)
    return _missed(link, file, moment)


def _opened(link: Link, cookie: str, moment: Moment) -> Change:
    until = min(moment.now + OPEN_FOR, link.expires_at)
    values = {"opened": digest_of(cookie), "opened_until": until, "code_at": None, "tries": 0}
    return Change(
        about(link),
        moment,
        sets=[Set(Link, link.id, values)],
        events=[Happened("page_opened")],
        case_id=link.case_id,
    )


def _missed(link: Link, file: CaseFile, moment: Moment) -> Change:
    tries = link.tries + 1
    values: dict[str, Any] = {"tries": tries}
    if tries < TRIES:
        return Change(
            about(link),
            moment,
            sets=[Set(Link, link.id, values)],
            events=[Happened("code_wrong", {"tries": tries})],
            case_id=link.case_id,
        )
    values |= {"locked_at": moment.now, "opened": "", "code_at": None}
    due = file.calendars.office.add(moment.now, timedelta(hours=2))
    locked = Happened("page_locked", {"tries": tries})
    told = record(
        file,
        moment,
        locked,
        adds=task_adds(file, "locked_page", _LOCKED, due, moment),
        notices=to_owner(file, "page_locked", f"page_locked:{link.id}"),
    )
    change = Change(about(link), moment, sets=[Set(Link, link.id, values)], events=[locked])
    return change.with_parts(told)


_LOCKED = (
    "The private page was locked: the code was wrong five times. Call them and ask whether it was "
    "they; a new page comes with a new message"
)


def left(link: Link, moment: Moment) -> Change:
    """Close the page in this browser: they are done."""
    gone = {"opened": "", "opened_until": None}
    return Change(about(link), moment, sets=[Set(Link, link.id, gone)])


def live(links: Sequence[Link], now: datetime) -> list[Link]:
    """Return the pages that still work, the newest last."""
    return [each for each in links if each.locked_at is None and now < each.expires_at]
