"""Where reviews come from and replies go to: one file per platform, all alike.

A platform's file offers `CAN` (what it can do), `GUIDE` (how a person does the rest) and, where a
program can do anything there, a class named like the file ("google" -> Google). `ALSO` names other
platforms the same file speaks for. Adding one is one file here; see docs/platforms.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, cast

from cases.arriving.sources import probed
from cases.models import Review, Source
from cases.ports import Capabilities, Pushes, ReviewPlatform
from reviews.access import Access
from reviews.guide import Guide

_NO_GUIDE = Guide(
    home="",
    steps=("Open the review where it stands.", "Post the text exactly as approved."),
    report_url="",
    report_steps=("Open the review where it stands and use the report link beside it.",),
)


@cache
def modules() -> Mapping[str, ModuleType]:
    """Return each platform's file by the platform's name."""
    found: dict[str, ModuleType] = {}
    for each in iter_modules(__path__, f"{__name__}."):
        module = import_module(each.name)
        if hasattr(module, "CAN"):
            name = each.name.rpartition(".")[2]
            found |= dict.fromkeys((name, *getattr(module, "ALSO", ())), module)
    return found


def kind_of(platform: str) -> type[Any] | None:
    """Return the class that speaks with a platform; None where only a person can."""
    module = modules().get(platform)
    if module is None:
        return None
    name = module.__name__.rpartition(".")[2]
    return next((v for k, v in vars(module).items() if k.lower() == name and _is_class(v)), None)


def _is_class(value: object) -> bool:
    return isinstance(value, type) and hasattr(value, "pages")


def sources_can_have() -> list[str]:
    """Return the platforms a source can be connected to."""
    return sorted(name for name in modules() if kind_of(name) is not None)


def connect(source: Source, access: Access | None = None) -> ReviewPlatform:
    """Return the platform behind a source. Raises ValueError for one nobody wrote a file for."""
    kind = kind_of(source.platform)
    if kind is None:
        known = ", ".join(sources_can_have())
        raise ValueError(f"source {source.name}: {source.platform!r} is none of: {known}")
    return cast(ReviewPlatform, kind(source, access or Access(source.name)))


def pushes(source: Source, access: Access) -> Pushes | None:
    """Return what verifies and reads a source's webhooks; None where it has none.

    That is the class named like the platform and "Pushes" (GooglePushes), else the platform's own.
    """
    module = modules().get(source.platform)
    if module is None:
        return None
    wanted = f"{module.__name__.rpartition('.')[2]}pushes"
    kind = next((v for k, v in vars(module).items() if k.lower() == wanted), None)
    if kind is None:
        kind = kind_of(source.platform)
    if kind is None or not hasattr(kind, "verify"):
        return None
    return cast(Pushes, kind(source, access))


def guide(platform: str) -> Guide:
    """Return how a person answers and reports a review on this platform."""
    return cast(Guide, getattr(modules().get(platform), "GUIDE", _NO_GUIDE))


def ability(source: Source) -> Capabilities:
    """Return what a source can do: as probed when it was last read, else as its file says."""
    usual = cast(Capabilities, getattr(modules().get(source.platform), "CAN", Capabilities()))
    return probed(source.can, usual)


def way_out(review: Review, sources: Iterable[Source]) -> Source | None:
    """Return the source through which a review is looked at and answered, or None: by hand.

    The one it came by, if that can do either; else the clinic's own one on that platform.
    """
    known = list(sources)
    came = next((s for s in known if s.id == review.source_id), None)
    if came is not None and (came.platform == review.platform or ability(came).relays):
        return came
    mine = [
        s
        for s in known
        if s.platform == review.platform and s.clinic_id in (None, review.clinic_id)
    ]
    return min(mine, key=lambda s: (s.clinic_id is None, s.id), default=None)


def capabilities(review: Review | str, sources: Iterable[Source]) -> Capabilities:
    """Return what can be done about a review, or about any on a platform of that name."""
    platform = review if isinstance(review, str) else review.platform
    if isinstance(review, str):
        source = next((s for s in sources if s.platform == review), None)
    else:
        source = way_out(review, sources)
    if source is not None:
        return ability(source)
    usual = getattr(modules().get(platform), "CAN", Capabilities())
    return by_hand(cast(Capabilities, usual))


def by_hand(usual: Capabilities) -> Capabilities:
    """Return what is left of a platform's abilities where no source is connected to it."""
    return Capabilities(reply_limit=usual.reply_limit, reply_unit=usual.reply_unit, note=usual.note)
