"""Reads of private pages and of calls made from the console."""

from __future__ import annotations

from base64 import b64decode

from sqlalchemy import func, select

from cases.models import Call, Link, Upload, UploadContent
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import first, opened, table, those


class LinkReads(PeopleReads):
    """What a private page, its case and a telephone company's questions ask."""

    def link(self, digest: str) -> Link | None:
        """Return the page behind a token's digest, also one that works no more, or None."""
        with reading(self._engine) as connection:
            found = first(connection, Link, table(Link).c.digest == digest)
        return opened(found, self._sealer) if found else None

    def links(self, case_id: str) -> list[Link]:
        """Return all pages ever made for a case, the oldest first; their drafts stay sealed."""
        with reading(self._engine) as connection:
            return those(connection, Link, "case_id", [case_id])

    def uploads(self, case_id: str) -> list[Upload]:
        """Return the files handed in for a case, without what is in them."""
        with reading(self._engine) as connection:
            return [
                opened(each, self._sealer)
                for each in those(connection, Upload, "case_id", [case_id])
            ]

    def count_uploads(self, link_id: str) -> int:
        """Return how many files were handed in on one page."""
        query = select(func.count()).where(table(Upload).c.link_id == link_id)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())

    def upload_content(self, upload_id: str) -> bytes:
        """Return what is in a file. Raises LookupError."""
        with reading(self._engine) as connection:
            found = first(connection, UploadContent, table(UploadContent).c.id == upload_id)
        if found is None:
            raise LookupError("there is no such file")
        return b64decode(opened(found, self._sealer).content or "")

    def call(self, call_id: str) -> Call | None:
        """Return a call made from the console, or None."""
        with reading(self._engine) as connection:
            return first(connection, Call, table(Call).c.id == call_id)

    def calls(self, case_id: str) -> list[Call]:
        """Return the calls made for a case, the oldest first."""
        with reading(self._engine) as connection:
            return those(connection, Call, "case_id", [case_id])
