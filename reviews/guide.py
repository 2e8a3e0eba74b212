"""What a person needs who answers or reports a review by hand, platform by platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from cases.models import Review


@dataclass(frozen=True, slots=True)
class Guide:
    """How a reply is posted and a review reported by hand.

    `home` is where the owner signs in. Links are those of the review where it has one on `hosts`.
    `report_kinds`: what the platform lets one report, as code -> words. `contest_days`: how long a
    review can be contested at all, None where there is no such window.
    """

    home: str
    steps: tuple[str, ...]
    report_url: str
    report_steps: tuple[str, ...]
    report_kinds: tuple[tuple[str, str], ...] = ()
    hosts: tuple[str, ...] = ()
    contest_days: int | None = None
    link: Callable[[Review], str] | None = None  # where the address can be built from ids

    def report_route(self) -> str:
        """Return how the platform wants a review reported, in one line."""
        return " ".join(filter(None, (*self.report_steps, self.report_url)))

    def deep_link(self, review: Review) -> str:
        """Return the address nearest to where this review is answered."""
        built = self.link(review) if self.link is not None else ""
        return built or (review.url if _belongs(review.url, self.hosts) else "") or self.home


def _belongs(url: str, hosts: tuple[str, ...]) -> bool:
    """Tell whether an address is one of the platform's own: a mail may name any."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return parts.scheme == "https" and any(
        host == each or host.endswith(f".{each}") for each in hosts
    )


# For what only carries reviews of other places: it cannot say how those are answered.
WHERE_IT_STANDS = Guide(
    home="",
    steps=("Open the place where this review stands.", "Post the text exactly as approved."),
    report_url="",
    report_steps=("Open the review where it stands and report it there.",),
)
