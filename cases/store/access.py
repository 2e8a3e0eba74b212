"""Reads at the door: who signs in, who is signed in, which program comes in whose name."""

from __future__ import annotations

from collections.abc import Iterable

from cases.models import ApiToken, Knock, Login, Session
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import first, opened, table, those


class AccessReads(PeopleReads):
    """What the log-in and every page ask before anything else. No viewer: nobody is known yet."""

    def login_of(self, person_id: str) -> Login | None:
        """Return a person's log-in with its hash in plain text, or None."""
        with reading(self._engine) as connection:
            found = first(connection, Login, table(Login).c.person_id == person_id)
        return opened(found, self._sealer) if found else None

    def session(self, digest: str) -> Session | None:
        """Return the session behind a token's digest, also one that ended, or None."""
        with reading(self._engine) as connection:
            return first(connection, Session, table(Session).c.digest == digest)

    def open_sessions(self, person_id: str) -> list[Session]:
        """Return a person's sessions that nobody ended yet."""
        still = table(Session).c.ended_at.is_(None)
        with reading(self._engine) as connection:
            return those(connection, Session, "person_id", [person_id], still)

    def api_token(self, digest: str) -> ApiToken | None:
        """Return the token with this digest, also a revoked one, or None."""
        with reading(self._engine) as connection:
            return first(connection, ApiToken, table(ApiToken).c.digest == digest)

    def api_tokens(self, person_ids: Iterable[str]) -> list[ApiToken]:
        """Return these people's tokens, also revoked ones, the oldest first."""
        with reading(self._engine) as connection:
            return those(connection, ApiToken, "person_id", person_ids)

    def knocks(self, ids: Iterable[str]) -> dict[str, Knock]:
        """Return the tries known under these ids."""
        with reading(self._engine) as connection:
            return {each.id: each for each in those(connection, Knock, "id", ids)}
