"""Who may push: a signature over the very bytes, Basic, or a bearer token; compared in one time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cases.ports import PlatformError
from reviews.access import Access

KINDS = ("hmac", "basic", "bearer")
HASHES = ("sha1", "sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Signing:
    """How a source shows that a push is its own. Header names are in lower case.

    hmac: `secret` signs `signed`, in which {body} and {timestamp} stand for what came; the
    digest is written as hex or base64 behind `prefix`. Where a time is signed, one further from now
    than `tolerance` is refused. basic: `user` and `password`. bearer: `token`.
    """

    kind: Literal["hmac", "basic", "bearer"] = "bearer"
    header: str = "authorization"
    prefix: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    digest: str = "sha256"
    signed: str = "{body}"
    timestamp_header: str = ""
    tolerance: timedelta = timedelta(minutes=5)


def verify(
    told: Signing, access: Access, body: bytes, headers: Mapping[str, str], now: datetime
) -> None:
    """Raise "webhook-forged" unless the push is the source's own, and lately.

    "webhook-no-secret" where nothing was agreed on: then nothing is let in.
    """
    wanted = _wanted(told, access, body, headers.get(told.timestamp_header, ""))
    given = headers.get(told.header, "").encode("utf-8", "replace")
    if told.kind == "hmac":
        wanted, given = _as_bytes(told, wanted, given)
    if not hmac.compare_digest(wanted, given):
        raise _forged("the signature does not hold")
    if told.timestamp_header:
        _lately(told, headers.get(told.timestamp_header, ""), now)


def _forged(why: str) -> PlatformError:
    return PlatformError("webhook-forged", why, permanent=True)


def _secret(access: Access, name: str) -> bytes:
    found = access.secret(name).get_secret_value()
    if not found:
        raise PlatformError("webhook-no-secret", f"{name} is missing under [sources.NAME]")
    return found.encode()


def _wanted(told: Signing, access: Access, body: bytes, timestamp: str) -> bytes:
    """Return what the header must say; of a signature, the digest itself."""
    if told.kind == "bearer":
        return b"Bearer " + _secret(access, "token")
    if told.kind == "basic":
        pair = _secret(access, "user") + b":" + _secret(access, "password")
        return b"Basic " + base64.b64encode(pair)
    told_bytes = signed_bytes(told.signed, body, timestamp)
    return hmac.new(_secret(access, "secret"), told_bytes, told.digest).digest()


def signed_bytes(template: str, body: bytes, timestamp: str) -> bytes:
    """Return the bytes that were signed: the template with the raw body and the time in it."""
    before, found, after = template.partition("{body}")
    rest = [each.replace("{timestamp}", timestamp).encode("utf-8", "replace")
            for each in (before, after)]  # fmt: skip
    return rest[0] + (body if found else b"") + rest[1]


def _as_bytes(told: Signing, wanted: bytes, given: bytes) -> tuple[bytes, bytes]:
    """Return both digests as bytes; one that is not written as agreed on equals nothing."""
    if not given.startswith(told.prefix.encode()):
        return wanted, b""
    written = given[len(told.prefix.encode()) :].strip()
    try:
        if told.encoding == "hex":
            return wanted, binascii.unhexlify(written)
        return wanted, base64.b64decode(written, validate=True)
    except (ValueError, binascii.Error):
        return wanted, b""


def _lately(told: Signing, written: str, now: datetime) -> None:
    """Refuse a replay: a time that was signed long ago, or lies ahead."""
    at = _time(written.strip())
    if at is None or abs(now - at) > told.tolerance:
        raise _forged("it was signed too long ago, or its time cannot be read")


def _time(written: str) -> datetime | None:
    try:
        if written.isascii() and written.isdigit() and len(written) <= 13:
            seconds = int(written) / (1000 if len(written) > 11 else 1)
            return datetime.fromtimestamp(seconds, UTC)
        found = datetime.fromisoformat(written[:40])
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def faults(told: Signing) -> list[tuple[str, str]]:
    """Return what is wrong with it, as (key, why and what to do)."""
    found = []
    if told.kind not in KINDS:
        found.append(("kind", f"must be one of {', '.join(KINDS)}"))
    if told.encoding not in ("hex", "base64"):
        found.append(("encoding", "must be hex or base64"))
    if told.digest not in HASHES or told.digest not in hashlib.algorithms_available:
        found.append(("digest", f"must be one of {', '.join(HASHES)}"))
    if told.kind == "hmac" and "{body}" not in told.signed:
        found.append(("signed", "must hold {body}, or anybody could replay a signature"))
    if told.timestamp_header and "{timestamp}" not in told.signed:
        found.append(("signed", "must hold {timestamp}, or the time proves nothing"))
    if "{timestamp}" in told.signed and not told.timestamp_header:
        found.append(("timestamp_header", "is missing: {timestamp} is read from there"))
    return found
