"""Anybody's webhook: what an aggregator pushes, verified as its map says and read by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NoReturn

import httpx

from cases.models import Source
from cases.ports import Capabilities, Page, PlatformError, unsupported
from reviews import signing
from reviews.access import Access
from reviews.guide import WHERE_IT_STANDS
from reviews.map_file import AuthFault, MapError, named
from reviews.map_file import signing as auth_of
from reviews.mapping import Map, page, with_options

CAN = Capabilities(
    push=True,
    note="Reads what is pushed to /hooks/NAME by its map; replies go out where the review stands.",
)
GUIDE = WHERE_IT_STANDS


class Webhook:
    """One source's pushes; its place is the name of a shipped map, or a file.

    Settings under [sources.NAME]: `secret`, or `token`, or `user` and `password`; `zone` of times
    that name none; tables `clinics` (their names for ours) and `auth` (over the map's own).
    """

    name, can = "webhook", CAN

    def __init__(
        self,
        source: Source,
        access: Access | None = None,
        http: httpx.Client | None = None,  # noqa: ARG002
    ) -> None:
        self._place, self._access = source.place, access or Access(source.name)

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Raise "webhook-forged" unless the source's secret vouches for this, and lately."""
        try:
            told = auth_of(self._access.table("auth"), self._map().signing)
        except AuthFault as fault:
            raise PlatformError("webhook-auth-table", f"auth.{fault}") from None
        signing.verify(told, self._access, body, headers, now)

    def read(self, body: bytes, headers: Mapping[str, str]) -> Page | None:  # noqa: ARG002
        """Return the reviews of a push. Raises PlatformError("webhook-unreadable")."""
        return page(self._map(), body)

    def answer(self, query: Mapping[str, str]) -> str | None:  # noqa: ARG002
        return None

    def _map(self) -> Map:
        """Return the map as it stands now: whoever mends it need not start anything again."""
        try:
            zone, clinics = self._access.text("zone"), self._access.table("clinics")
            return with_options(named(self._place), zone, clinics)
        except MapError as error:
            raise PlatformError("webhook-map", str(error)) from None
        except (KeyError, ValueError, OSError):
            raise PlatformError("webhook-map", "zone must be like America/New_York") from None

    def pages(self, *_: object, **__: object) -> Iterator[Page]:
        yield from ()

    def _cannot(self, *_: object) -> NoReturn:
        raise unsupported(self.name)

    look = publish = state = hide = block = delete_reply = _cannot
