"""A provider that is down is left alone for a while: nothing spins, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Circuit, Person
from cases.notices import to_person
from cases.ports import ChannelError

# So many in a row did not go through, none of them for its own sake: then it is the provider.
TRIPS_AFTER = 5
_RESTS = tuple(timedelta(minutes=m) for m in (2, 5, 10, 15))
_TO_MEND = timedelta(hours=1)
_OURS = ("lease", "resting", "render")  # it was never asked


def is_outage(error: ChannelError) -> bool:
    """Tell whether a failure speaks of the provider and not of this one message."""
    return not error.permanent and error.code not in _OURS


def rests(circuit: Circuit | None, now: datetime) -> bool:
    """Tell whether a channel is left alone by now."""
    return circuit is not None and circuit.until is not None and now < circuit.until


def tripped(
    channel: str,
    circuit: Circuit | None,
    error: ChannelError,
    moment: Moment,
    told: Sequence[Person] = (),
) -> Change:
    """Leave a channel alone, longer each time nothing came through between.

    Where it is ours to mend, the administrators are told, once a day.
    """
    failures = (circuit.failures if circuit else 0) + 1
    span = _TO_MEND if error.ours else _RESTS[min(failures, len(_RESTS)) - 1]
    values = {"failures": failures, "until": moment.now + span, "code": error.code}
    event = Happened(
        "channel_rests", {"channel": channel, "code": error.code, "until": values["until"]}
    )
    notices = _to_mend(channel, error, moment, told) if error.ours else []
    return _written(channel, circuit, values, event, moment, notices)


def recovered(circuit: Circuit, moment: Moment) -> Change:
    """Note that a message came through again."""
    values = {"failures": 0, "until": None, "code": ""}
    event = Happened("channel_works", {"channel": circuit.id})
    return _written(circuit.id, circuit, values, event, moment)


def _written(
    channel: str,
    circuit: Circuit | None,
    values: dict[str, Any],
    event: Happened,
    moment: Moment,
    notices: Sequence[dict[str, Any]] = (),
) -> Change:
    if circuit is not None:
        sets = [Set(Circuit, circuit.id, values)]
        return Change(about(circuit), moment, sets=sets, events=[event], notices=notices)
    adds = [Add(Circuit, {"id": channel, **values})]
    return Change(About(Circuit, channel, 0), moment, adds=adds, events=[event], notices=notices)


def _to_mend(
    channel: str, error: ChannelError, moment: Moment, told: Sequence[Person]
) -> list[dict[str, Any]]:
    # By the other way, where there is one: this one is the trouble.
    other = "sms" if channel == "email" else "email"
    key = f"channel:{channel}:{error.code}:{moment.now:%Y-%m-%d}"
    detail = {"channel": channel, "code": error.code}
    return [
        to_person("channel_trouble", f"{key}:{person.id}", person.id, detail, channel=other)
        for person in told
        if other == "email" or person.phone
    ]
