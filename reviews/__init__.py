"""Where reviews come from and replies go to: one file per platform, all alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from cases.models import Source
from cases.ports import Capabilities, ReviewPlatform
from reviews.folder import Folder

# What a platform allows of a reply that a person posts by hand; facts, not settings.
BY_HAND: Mapping[str, Capabilities] = {
    "google": Capabilities(reply_limit=4096, reply_unit="bytes"),
    "facebook": Capabilities(reply_limit=8000),
    "x": Capabilities(reply_limit=280, reply_unit="weighted"),
    "yelp": Capabilities(reply_limit=5000),
}


def connect(source: Source) -> ReviewPlatform:
    """Return the platform behind a source. Raises ValueError for one nobody wrote a file for."""
    if source.platform == "folder":
        return Folder(Path(source.place))
    raise ValueError(f"source {source.name}: no such platform: {source.platform!r}; known: folder")


def platform_of(review_platform: str, sources: Iterable[Source]) -> ReviewPlatform | None:
    """Return the platform a review can be answered on by itself, or None: then by hand."""
    for source in sources:
        if source.platform == review_platform:
            return connect(source)
    return None


def capabilities(review_platform: str, sources: Iterable[Source]) -> Capabilities:
    """Return what can be done about a review on this platform."""
    platform = platform_of(review_platform, sources)
    if platform is not None:
        return platform.can
    return BY_HAND.get(review_platform, Capabilities())
