"""What a message to a patient may begin as: the practice's own templates, their slots filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request

from cases.casefile import CaseFile
from cases.talking import templates
from cases.talking.templates import CHANNELS, LANGUAGES, PURPOSES, Filled
from console.web.visits import Visit

_NOTHING = Filled("")


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The templates that fit the ways there are, and the one somebody chose."""

    offered: Mapping[str, tuple[str, ...]]  # by purpose, the channels
    purpose: str = ""
    channel: str = ""
    chosen: Filled = _NOTHING
    follow_up: Filled = _NOTHING  # what the follow-up's own form begins with


def beginnings(request: Request, visit: Visit, file: CaseFile) -> Beginnings:
    """Return what the forms to write with begin with; a template is filled only when asked for."""
    ways = {point.channel for point in file.points if file.usable(point)}
    fitting = tuple(channel for channel in CHANNELS if channel in ways)
    offered = dict.fromkeys(PURPOSES, fitting) if fitting else {}
    purpose, channel = (request.query_params.get(name, "") for name in ("use", "as"))
    if not fitting:
        return Beginnings({})
    usual = _filled(visit, file, "follow_up", fitting[0])
    if purpose not in PURPOSES or channel not in fitting:
        return Beginnings(offered, follow_up=usual)
    chosen = _filled(visit, file, purpose, channel)
    return Beginnings(offered, purpose, channel, chosen, usual)


def _filled(visit: Visit, file: CaseFile, purpose: str, channel: str) -> Filled:
    spoken = file.correspondent.language if file.correspondent else ""
    language = spoken if spoken in LANGUAGES else LANGUAGES[0]
    template = templates.in_force(visit.store.templates(), purpose, channel, language)
    return templates.begun(template, file, visit.person)
