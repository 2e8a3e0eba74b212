"""Short signed names of a case or a notice, for addresses: who answers one shows that they got it.

A token is the version, 16 bytes of the id and 80 bits of HMAC-SHA256, in the letters and digits
that survive any mail server (RFC 4648's base32, in lower case): 43 characters, so that with a word
and a plus before it a local part stays under the 64 characters of RFC 5321, 4.5.3.1.1.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from uuid import UUID

from cases.sealing import Sealer

_VERSION = "a"
_ID, _MAC = 26, 16  # characters
LENGTH = len(_VERSION) + _ID + _MAC
_SHAPE = re.compile(rf"{_VERSION}[a-z2-7]{{{_ID + _MAC}}}")
CASE, NOTICE = "case", "notice"


def for_case(sealer: Sealer, case_id: str) -> str:
    """Return the token of a case, for Reply-To: "care+TOKEN@...". Raises ValueError: no such id."""
    return make(sealer, CASE, case_id)


def case_of(sealer: Sealer, token: str) -> str | None:
    """Return the case a token names, None where it is not one of ours."""
    return named(sealer, CASE, token)


def for_notice(sealer: Sealer, notice_id: str) -> str:
    """Return the token of a notice, for its envelope: "bounces+TOKEN@...". Raises ValueError."""
    return make(sealer, NOTICE, notice_id)


def notice_of(sealer: Sealer, token: str) -> str | None:
    """Return the notice a token names, None where it is not one of ours."""
    return named(sealer, NOTICE, token)


def make(sealer: Sealer, purpose: str, row_id: str) -> str:
    """Return the token of a row; one made for a purpose is worth nothing for another."""
    body = _text(UUID(row_id).bytes)
    return _VERSION + body + _mac(sealer, purpose, body)


def named(sealer: Sealer, purpose: str, token: str) -> str | None:
    """Return the row a token names. Case does not count: some servers fold it."""
    token = token.strip().lower()
    if not _SHAPE.fullmatch(token):
        return None
    body, given = token[1 : 1 + _ID], token[1 + _ID :]
    if not hmac.compare_digest(_mac(sealer, purpose, body), given):
        return None
    return str(UUID(bytes=base64.b32decode(body.upper() + "======")))


def _mac(sealer: Sealer, purpose: str, body: str) -> str:
    # A key of its own, grown from the keyring's: what signs addresses signs nothing else.
    key = bytes.fromhex(sealer.sign(f"key|token|{_VERSION}"))
    return _text(hmac.digest(key, f"{purpose}|{body}".encode(), hashlib.sha256)[:10])


def _text(value: bytes) -> str:
    return base64.b32encode(value).decode().rstrip("=").lower()
