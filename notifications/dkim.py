"""A mail signed by its domain (DKIM, RFC 6376), so that nobody can change or add what counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

import dkim  # type: ignore[import-untyped]

# All that decides how a mail is shown, answered or unsubscribed from (RFC 8058, section 4: both
# List-Unsubscribe fields). Each is signed once more than it occurs: one added later breaks it.
SIGNED = (
    "From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References",
    "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "MIME-Version", "Content-Type",
    "Content-Transfer-Encoding",
)  # fmt: skip
_RELAXED = (b"relaxed", b"relaxed")  # relays wrap lines and change spaces
_HEADERS = BytesHeaderParser(policy=policy.compat32)
_SHORTEST = 1024  # bits; RFC 8301, section 3.2


class DkimError(ValueError):
    """The key cannot sign. The message says the remedy and holds nothing of the key."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What signs for a domain: the key's record stands at SELECTOR._domainkey.DOMAIN.

    `key` is an RSA private key in PEM. Raises DkimError where it is none, or too short.
    """

    domain: str
    selector: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        try:
            bits = dkim.crypto.parse_pem_private_key(self.key)["modulus"].bit_length()
        except Exception:
            bits = 0
        if bits < _SHORTEST:
            raise DkimError(
                "the DKIM key must be an RSA private key in PEM, 2048 bits; "
                "make one with: openssl genrsa -out dkim.pem 2048"
            )

    def sign(self, mime: bytes) -> bytes:
        """Return the message with its signature before it."""
        signature: bytes = dkim.sign(
            mime,
            self.selector.encode(),
            self.domain.encode("idna"),
            self.key,
            canonicalize=_RELAXED,
            include_headers=_once_more(mime),
        )
        return signature + mime


def _once_more(mime: bytes) -> list[bytes]:
    there = Counter(name.lower() for name in _HEADERS.parsebytes(mime))
    return [name.encode() for name in SIGNED for _ in range(there[name.lower()] + 1)]


def read_signature(domain: str, selector: str, path: Path) -> Signature:
    """Return what signs with the key in a file. Raises DkimError."""
    try:
        return Signature(domain, selector, path.read_bytes())
    except OSError as error:
        reason = type(error).__name__
        raise DkimError(f"the DKIM key {path} cannot be read: {reason}") from None
