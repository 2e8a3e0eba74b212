"""What pages say: stages, clocks and times in plain words, the codes of what was done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.models import Clock

STAGES: Mapping[str, str] = {
    "acknowledge": "Acknowledge in public",
    "contact": "Make contact",
    "listen": "Listen",
    "resolve": "Resolve",
    "monitor": "Monitor",
    "follow_up": "Follow up",
    "closed": "Closed",
}
SEVERITIES: Mapping[str, str] = {"routine": "routine", "elevated": "elevated", "grave": "grave"}
ROLES: Mapping[str, str] = {
    "responder": "responder",
    "director": "clinical director",
    "manager": "manager",
    "chief": "chief",
    "privacy_officer": "privacy officer",
    "administrator": "administrator",
    "auditor": "auditor",
}
# A platform as people write it; one that is not here is shown with a capital.
PLATFORMS: Mapping[str, str] = {
    "ratemds": "RateMDs",
    "webmd": "WebMD",
    "email": "e-mail",
    "google": "Google",
    "yelp": "Yelp",
    "x": "X",
}
# What a clock asks for: as a promise, and on the button that leads to it.
CLOCKS: Mapping[str, tuple[str, str]] = {
    "safety": ("Somebody takes the safety of it", "Take it now"),
    "answer": ("They wrote: a person answers", "Answer them"),
    "acknowledge": ("A public reply", "Answer the review"),
    "first_try": ("The first try to reach them", "Try to reach them"),
    "reach": ("They are reached", "Try again"),
    "listen": ("Their account is written down", "Write down their account"),
    "resolve": ("Cause and remedy are recorded", "Resolve it"),
    "monitor": ("The review is watched", "Look at the review"),
    "follow_up": ("One more contact", "Follow up"),
    "task": ("A task", "See the task"),
    "promise": ("What was promised to them", "See the promise"),
    "appeal": ("The appeal to the platform", "See the appeal"),
    "message": ("An answer to their page message", "Answer them"),
    "in_touch": ("They hear from us how far we are", "Tell them"),
    "grievance": ("The written answer to a grievance", "Write it"),
    "breach": ("Something about a reply that revealed too much", "See what is owed"),
}
# How a case stands while a clock runs.
OWED: Mapping[str, str] = {
    "safety": "A safety matter nobody has taken",
    "answer": "They wrote, and nobody answered",
    "acknowledge": "A public reply is owed",
    "first_try": "Nobody tried to reach them yet",
    "reach": "They are not reached yet",
    "listen": "Their account is not written down",
    "resolve": "Cause and remedy are owed",
    "monitor": "The review is watched",
    "follow_up": "One more contact is owed",
    "task": "A task is owed",
    "promise": "A promise to them is owed",
    "appeal": "An appeal to the platform is owed",
    "message": "They wrote to our page, and nobody answered",
    "in_touch": "They have not heard from us",
    "grievance": "A written answer to a grievance is owed",
    "breach": "A reply revealed too much, and something about it is owed",
}
# After a redirect the page says what was done: by a code, since addresses are kept everywhere.
SAID: Mapping[str, tuple[str, str]] = {
    "saved": ("success", "It is noted."),
    "signed-out": ("info", "You are signed out."),
    "ended": ("info", "You were signed out: sign in again to go on."),
    "approved": ("success", "The reply is approved."),
    "drafted": ("success", "The draft is kept."),
    "ringing": ("info", "Your telephone rings: press 1 to be connected."),
    "yours": ("success", "You have it: nobody else is told for a while."),
    "handed": ("success", "The cases were handed over."),
    "taken": ("success", "You have it."),
    "opened": ("success", "A case is open."),
    "recorded": ("info", "The review is recorded; it needs no case."),
    "known": ("info", "This review is known already, and as it was."),
}


def span(length: timedelta) -> str:
    """Return a length as people say it: "12 min", "3 h 20 min", "4 days"."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 6 and rest:
        return f"{hours} h {rest} min"
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def time_left(due_at: datetime | None, now: datetime) -> str:
    """Return how a deadline stands: "2 h 10 min left", "overdue by 3 h", or "no deadline"."""
    if due_at is None:
        return "no deadline"
    if due_at <= now:
        return f"overdue by {span(now - due_at)}"
    return f"{span(due_at - now)} left"


def promise(clock: Clock | None) -> str:
    """Return how a case stands with its next clock."""
    return OWED[clock.kind] if clock else "Nothing runs"


def local(at: datetime | None, zone: str = "UTC") -> str:
    """Return an instant by a clinic's own clock: "Fri Nov 27, 16:30"."""
    return f"{at.astimezone(ZoneInfo(zone)):%a %b %-d, %H:%M}" if at else ""


def platform(name: str) -> str:
    """Return a platform's name as people write it."""
    return PLATFORMS.get(name) or name[:1].upper() + name[1:]


def web_address(url: str) -> str:
    """Return an address that is safe to link to, or "": nobody may hand us a script as one."""
    return url if url.lower().startswith(("https://", "http://")) else ""
