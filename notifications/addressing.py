"""What a mail says about ways back: where an answer goes, how to want no more, where bounces go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cases.talking import tokens
from notifications.mime import one_address

if TYPE_CHECKING:
    from cases.models import Notice
    from cases.sealing import Sealer
    from cases.settings import Settings
    from cases.talking.waiting import Waiting

OPT_OUT = "opt-out"  # what a token in a link to want no more is for
# What nobody asked for and nobody needs: one click ends it (RFC 8058). Answers are not optional.
OPTIONAL = ("follow_up", "invitation")
ONE_CLICK = "List-Unsubscribe=One-Click"
_LONGEST_PART = 64  # octets before the @ (RFC 5321, section 4.5.3.1.1)
# Sent by nobody: fixed words approved in advance, in answer to a message (RFC 3834, section 5).
AUTOMATIC = ("auto_ack", "stop_confirmation", "code")


@dataclass(frozen=True, slots=True)
class Ways:
    """How one installation signs its ways back. Any of them may be missing: then it is left out."""

    sealer: Sealer
    public_url: str = ""
    reply_to: str = ""  # an address whose plus-addresses reach Amends

    def headers(self, waiting: Waiting) -> dict[str, str]:
        """Return the headers of a mail to a correspondent."""
        notice, found = waiting.notice, {}
        if notice.kind in AUTOMATIC:
            found["Auto-Submitted"] = "auto-replied"
        if self.reply_to and notice.case_id:
            token = tokens.for_case(self.sealer, notice.case_id)
            found["Reply-To"] = plus(self.reply_to, token)
        link = self.opt_out(notice)
        if link:
            found |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": ONE_CLICK}
        return found

    def opt_out(self, notice: Notice) -> str:
        """Return the address that ends optional mail, "" where it is none or nobody serves it.

        The token means the notice, which knows to whom and why it went: nothing of that is shown.
        """
        if notice.kind not in OPTIONAL or not self.public_url.startswith("https://"):
            return ""  # RFC 8058, section 3.1: HTTPS only
        token = tokens.make(self.sealer, OPT_OUT, notice.id)
        return f"{self.public_url.rstrip('/')}/no-more/{token}"

    def bounce(self, notice: Notice) -> str:
        """Return what tells from the envelope which notice bounced."""
        return tokens.for_notice(self.sealer, notice.id)


def ways(settings: Settings, sealer: Sealer) -> Ways:
    """Return the ways back that an installation's settings allow."""
    return Ways(sealer, settings.public_url, settings.mail_reply_to)


def plus(address: str, token: str) -> str:
    """Return "care+token@elm.example". Raises ValueError where that would be too long."""
    local, _, domain = one_address(address).rpartition("@")
    if len(local) + 1 + len(token) > _LONGEST_PART:
        raise ValueError(f"{address}: what stands before the @ is too long for a token beside it")
    return f"{local}+{token}@{domain}"


def bounces(token: str, domain: str) -> str:
    """Return the envelope's sender for one notice: what bounces comes back to it (VERP)."""
    return f"bounces+{token}@{domain}"
