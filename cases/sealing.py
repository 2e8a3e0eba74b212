"""Patient fields sealed at rest and found without being opened; a history that shows tampering.

Sealed with AES-256-GCM (NIST SP 800-38D): the associated data names table, column, row and key, so
a ciphertext moved to another row does not open. The keys live outside the database, in a file that
only its owner can read or in the environment (45 CFR 164.312(a)(2)(iv), (c)(1)).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = "v1"


class KeyringError(Exception):
    """The keys are missing, unreadable or not ours. The message says the remedy."""


class SealError(Exception):
    """A sealed field does not open: another row's, another key's, or tampered with."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys: `seal` by id, the one now in use, and one each for look-ups and for the chain."""

    current: str
    seal: Mapping[str, bytes]
    index: bytes
    chain: bytes

    def dump(self) -> str:
        """Return the keyring as its file holds it."""
        return json.dumps(
            {
                "current": self.current,
                "seal": {kid: _text(value) for kid, value in self.seal.items()},
                "index": _text(self.index),
                "chain": _text(self.chain),
            },
            indent=2,
        )

    def __repr__(self) -> str:
        return f"Keyring(current={self.current!r})"  # never the keys, not even in a traceback


def new_keyring() -> Keyring:
    """Return a keyring with fresh keys."""
    return Keyring(
        "k1", {"k1": secrets.token_bytes(32)}, secrets.token_bytes(32), secrets.token_bytes(32)
    )


def parse_keyring(text: str, where: str) -> Keyring:
    """Read a keyring; raises KeyringError, naming `where` it came from."""
    try:
        raw = json.loads(text)
        seal = {kid: _key(value) for kid, value in raw["seal"].items()}
        seal[raw["current"]]  # the key in use must be there
        return Keyring(raw["current"], seal, _key(raw["index"]), _key(raw["chain"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise KeyringError(
            f"{where} is not a keyring; restore the file from your key backup"
        ) from None


def read_keyring(path: Path) -> Keyring:
    """Read the keyring's file. Raises KeyringError where it is missing or others can read it."""
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text()
    except FileNotFoundError:
        raise KeyringError(
            f"the keyring {path} is gone, and what it sealed cannot be read without it; "
            "restore it from your key backup (do not make a new one)"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyringError(f"the keyring {path} cannot be read: {type(error).__name__}") from None
    if mode & 0o077:
        raise KeyringError(f"others can read the keyring {path} ({mode:o}); run: chmod 600 {path}")
    return parse_keyring(text, str(path))


def create_keyring(path: Path) -> Keyring:
    """Make a new keyring where none is; only its owner can read it. Never overwrites."""
    ring = new_keyring()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(ring.dump())
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink()  # half a keyring would be taken for a broken one
        raise
    return ring


class Sealer:
    """Seals and opens patient fields, finds equal ones, and signs the chain of events."""

    def __init__(self, ring: Keyring) -> None:
        self._current = ring.current
        self._ciphers = {kid: AESGCM(key) for kid, key in ring.seal.items()}
        self._index, self._chain = ring.index, ring.chain

    def seal(self, table: str, column: str, row: str, plain: str) -> str:
        """Return the sealed form: "v1.key.base64(nonce + ciphertext + tag)"."""
        nonce = os.urandom(12)
        bound = _bound(table, column, row, self._current)
        sealed = self._ciphers[self._current].encrypt(nonce, plain.encode(), bound)
        return f"{_FORMAT}.{self._current}.{_text(nonce + sealed)}"

    def open(self, table: str, column: str, row: str, sealed: str) -> str:
        """Return the plain text. Raises SealError, which names the field and no content."""
        try:
            form, kid, body = sealed.split(".")
            raw = base64.urlsafe_b64decode(body)
            if form != _FORMAT:
                raise ValueError
            bound = _bound(table, column, row, kid)
            return self._ciphers[kid].decrypt(raw[:12], raw[12:], bound).decode()
        except (ValueError, KeyError, InvalidTag):
            raise SealError(f"{table}.{column} of {row} does not open") from None

    def index(self, kind: str, value: str) -> str:
        """Return the blind index of a normalised number or address: equal in, equal out.

        `kind` keeps one kind of value from being compared with another.
        """
        return _mac(self._index, f"{kind}|{value}".encode())[:32]

    def digest(self, row: str, words: str) -> str:
        """Return a keyed digest of words that are sealed elsewhere and may be erased."""
        return _mac(self._chain, f"words|{row}|{words}".encode())

    def sign(self, line: str) -> str:
        """Return the signature of one line of the chain."""
        return _mac(self._chain, line.encode())


def _mac(key: bytes, message: bytes) -> str:
    return hmac.digest(key, message, hashlib.sha256).hex()


def _bound(table: str, column: str, row: str, kid: str) -> bytes:
    return f"{table}|{column}|{row}|{kid}".encode()


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode()


def _key(value: str) -> bytes:
    key = base64.urlsafe_b64decode(value)
    if len(key) != 32:
        raise ValueError
    return key
