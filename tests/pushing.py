"""A platform that pushes: signed JSON, a handshake, a hint that there is something to fetch."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from cases.ports import Page, PlatformError, SeenReview
from tests.builders import T0

SECRET = b"a-secret-for-tests"


def signed(body: bytes) -> dict[str, str]:
    return {"x-signature": hmac.new(SECRET, body, hashlib.sha256).hexdigest()}


def a_push(number: int = 1, text: str = "Two hours late, and rude.") -> bytes:
    return json.dumps({"id": f"p{number}", "text": text}).encode()


class Pusher:
    """Reads {"id", "text"}; {} is a hint, {"gone": id} a removal, anything else unreadable."""

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        if headers.get("x-signature") != signed(body)["x-signature"]:
            raise PlatformError("pusher-forged")

    def read(self, body: bytes, headers: Mapping[str, str]) -> Page | None:
        try:
            told = json.loads(body)
        except ValueError:
            raise PlatformError("pusher-unreadable", permanent=True) from None
        if not told:
            return None
        if "gone" in told:
            return Page((), gone=(told["gone"],))
        seen = SeenReview("google", told["id"], told["text"], "somebody", Decimal(1), posted_at=T0)
        return Page((seen,))

    def answer(self, query: Mapping[str, str]) -> str | None:
        return query.get("challenge") if query.get("token") == "ours" else None
