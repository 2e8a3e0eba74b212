"""Which case a mail is about: by the signed token it was sent to, then by the mail it answers.

Never by its subject or its sender alone: both are anybody's to write. What neither tells, a person
says, from the queue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from cases.models import Notice
from cases.talking.mails import Mail
from cases.talking.tokens import LENGTH

_MOST = 20  # recipients and answered mails that are looked at
_TOKEN = re.compile(rf"\+([a-z2-7]{{{LENGTH}}})@")


@dataclass(frozen=True, slots=True)
class Thread:
    """Which case a mail is about, and how that is known: "token", "answer", or "" for not at all.

    `notice`: the mail of ours it answers, where that is known.
    """

    case_id: str = ""
    how: str = ""
    notice: Notice | None = None


def tokens(mail: Mail) -> list[str]:
    """Return what may be tokens in the addresses a mail was sent to."""
    found = (_TOKEN.search(each.lower()) for each in mail.recipients[:_MOST])
    return [each[1] for each in found if each is not None]


def answered(ids: Iterable[str]) -> list[str]:
    """Return the notices these Message-IDs may be of: ours begin with the notice's id.

    Whether it is ours, the notice itself tells: see `is_ours`.
    """
    local = (each[1:].partition("@")[0].lower() for each in ids)
    return [each for each in list(local)[:_MOST] if _is_id(each)]


def is_ours(notice: Notice, ids: Iterable[str]) -> bool:
    """Tell whether one of these Message-IDs is that of the mail a notice became."""
    known = notice.message_id.lower()
    return bool(known) and any(each.lower() == known for each in ids)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def place(mail: Mail, case_of: Callable[[str], str | None], told: Mapping[str, Notice]) -> Thread:
    """Return which case a mail is about.

    `case_of` checks a token; `told`: notices by id, of those `answered` names. Mails to staff are
    about a case too, but what colleagues answer is no word of the correspondent's.
    """
    named = [told[each] for each in answered(mail.about_ids) if each in told]
    ours = [each for each in named if is_ours(each, mail.about_ids)]
    to_them = next((each for each in ours if each.point_id and each.case_id), None)
    for token in tokens(mail):
        if case_id := case_of(token):
            return Thread(case_id, "token", to_them)
    if to_them is not None and to_them.case_id:
        return Thread(to_them.case_id, "answer", to_them)
    return Thread()
