"""Google's notifications: pushed by Pub/Sub and signed, or pulled and acknowledged; names only."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import jwt
from jwt.types import Options

from cases.models import Source
from cases.ports import Page, PlatformError
from reviews import web
from reviews.access import Access
from reviews.wire import Raw, part, parts, text, whole

ISSUER = "https://accounts.google.com"
_KEYS_AT = "https://www.googleapis.com/oauth2/v3/certs"
_LONGEST_TOKEN = 8192  # characters; Google's have about a thousand
_LIFE, _LEEWAY = timedelta(hours=1), timedelta(minutes=5)
_NAMES = ("reviewName", "review_name", "review")
_PLACES = ("locationName", "location_name", "location")
_REVIEW = re.compile(r'accounts/[^/"\s]{1,99}/locations/[^/"\s]{1,99}/reviews/[^/"\s]{1,512}')
# The caller knows what time it is: times are checked by hand.
_CHECKS: Options = {
    "verify_exp": False, "verify_iat": False, "verify_nbf": False,
    "require": ["exp", "iat", "aud", "iss"],
}  # fmt: skip


class GooglePushes:
    """What Pub/Sub pushes to our address, let in by the signed token in its header.

    Settings: `push_audience` and `push_email` as given to the subscription; without both nothing
    is let in. Google's keys are fetched with the reviews and kept, see `renew_keys`.
    """

    def __init__(self, source: Source, access: Access) -> None:
        self.source, self.access = source, access

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:  # noqa: ARG002
        """Raise PlatformError("google-forged"), or "google-keys" while its key is not known.

        The token signs the sender, not the body; the same body twice is one arrival anyway.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        audience, email = self.access.text("push_audience"), self.access.text("push_email")
        if scheme.casefold() != "bearer" or len(token) > _LONGEST_TOKEN or not (audience and email):
            raise _forged()
        claims = self._claims(token, audience)
        mine = claims.get("email") == email and claims.get("email_verified") is True
        if not mine or not _is_timely(claims, now):
            raise _forged()

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        issuer = self.access.text("push_issuer", ISSUER)
        try:
            key = self._key(jwt.get_unverified_header(token).get("kid"))
            found: dict[str, Any] = jwt.decode(
                token, key, ["RS256"], _CHECKS, audience=audience,
                issuer=[issuer, issuer.removeprefix("https://")],
            )  # fmt: skip
        except PlatformError:
            raise
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _forged() from None
        return found

    def _key(self, kid: object) -> jwt.PyJWK:
        kept = self.access.secret("jwks").get_secret_value()
        for each in parts(json.loads(kept), "keys") if kept else ():
            if each.get("kid") == kid and each.get("kty") == "RSA":
                return jwt.PyJWK(dict(each), algorithm="RS256")
        raise PlatformError("google-keys", "signed with a key we do not have (yet)")

    def read(self, body: bytes, headers: Mapping[str, str]) -> Page | None:  # noqa: ARG002
        """Return None: it names a review of ours, and it is to be fetched. Another's is nothing.

        Raises PlatformError("google-unreadable").
        """
        envelope = whole(body)
        if envelope is None or not isinstance(envelope.get("message"), Mapping):
            raise PlatformError("google-unreadable", "no message of Pub/Sub's", permanent=True)
        return None if concerns(self.source.place, payload(part(envelope, "message"))) else Page(())

    def answer(self, query: Mapping[str, str]) -> str | None:  # noqa: ARG002
        """Return None: Pub/Sub shakes no hands."""
        return None


def _is_timely(claims: Raw, now: datetime) -> bool:
    try:
        issued, expires = float(claims["iat"]), float(claims["exp"])
    except (TypeError, ValueError, OverflowError):
        return False
    at, leeway = now.timestamp(), _LEEWAY.total_seconds()
    fresh = issued - leeway <= at <= issued + _LIFE.total_seconds() + leeway
    return fresh and at <= expires + leeway


def _forged() -> PlatformError:
    return PlatformError("google-forged", "not signed by Google for us", permanent=True)


def payload(message: Raw) -> bytes:
    """Return what a message of Pub/Sub's carries. Raises PlatformError("google-unreadable")."""
    try:
        return base64.b64decode(text(message, "data"), validate=True)
    except (binascii.Error, ValueError):
        raise PlatformError("google-unreadable", "not base64", permanent=True) from None


def named(data: bytes) -> str:
    """Return the name of the review a notification is about, "" where it names none.

    Google documents no shape: known fields first, then whatever looks like a review's name.
    """
    told = whole(data) or {}
    field = next((text(told, each) for each in _NAMES if text(told, each)), "")
    if _REVIEW.fullmatch(field):
        return field
    found = _REVIEW.search(data.decode("utf-8", "replace"))
    return found.group() if found else ""


def concerns(place: str, data: bytes) -> bool:
    """Tell whether a notification is about a location; one that names none may be.

    Accounts are groups, and one location may be named under several.
    """
    told = whole(data) or {}
    where = named(data) or next((text(told, each) for each in _PLACES if text(told, each)), "")
    location = re.search(r"locations/[^/]+", where)
    return location is None or location.group() == f"locations/{place.rpartition('/')[2]}"


def renew_keys(http: httpx.Client, access: Access) -> None:
    """Fetch the keys Google signs pushes with, and keep them when they have changed.

    Whoever verifies a push asks no network. Raises PlatformError.
    """
    if not access.text("push_audience"):
        return
    request = http.build_request("GET", access.base_url(_KEYS_AT, "jwks_url"))
    keys = parts(web.content(web.ask(http, request, "google-keys"), "google-keys"), "keys")
    fresh = json.dumps({"keys": sorted(keys, key=lambda each: text(each, "kid"))}, sort_keys=True)
    if keys and fresh != access.secret("jwks").get_secret_value():
        access.keep("jwks", fresh)
