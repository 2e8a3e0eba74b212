"""Passwords at the edge: hashed and compared here, so that nothing further in ever sees one."""

from __future__ import annotations

import secrets
from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash

# Argon2id takes 64 MB for each password it looks at: two at a time, however many knock.
_AT_ONCE = BoundedSemaphore(2)


class Passwords:
    """Argon2id as OWASP's password storage sheet recommends it (pwdlib's defaults)."""

    def __init__(self) -> None:
        self._hashing = PasswordHash.recommended()
        self._nobodys = _nobodys()

    def hash(self, plain: str) -> str:
        """Return what is kept of a password."""
        with _AT_ONCE:
            return self._hashing.hash(plain)

    def fits(self, plain: str, hashed: str | None) -> tuple[bool, str | None]:
        """Tell whether the password is the one, and its new hash where the old one is weaker.

        Without a hash it takes as long as with one, and never fits: who waits learns nothing.
        """
        with _AT_ONCE:
            good, newer = self._hashing.verify_and_update(plain, hashed or self._nobodys)
        return good and hashed is not None, newer if hashed is not None else None


@cache
def _nobodys() -> str:
    """Return the hash of a password nobody has."""
    return PasswordHash.recommended().hash(secrets.token_urlsafe())
