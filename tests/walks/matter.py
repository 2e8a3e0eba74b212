"""A case as the model keeps it: which promises run, and what each move does to them.

Written from the table of the blueprint ("What a case must show"), not from `cases.stages`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cases.playbooks.playbook import Playbook
from tests.walks.minutes import Clinic
from tests.walks.timer import Timer, Waiting

DATED = ("task", "promise", "appeal", "grievance", "breach")
ANSWERS = ("answer", "message")
_ROUND = ("first_try", "contact_ended", "heard", "resolved", "monitor_ended", "followed_up",
          "closed", "safe")  # fmt: skip
_SPOKE = ("reached", "sent")


@dataclass
class Said:
    """A message or an attempt: of which round, when, whose, and what came of it."""

    id: str
    round: int
    at: int
    theirs: bool
    outcome: str


@dataclass
class Ask:
    """More time asked for, and not answered."""

    timer: Timer
    to: int


@dataclass
class Matter:
    """One case. Each instant is a second of the era, None where it has not come."""

    id: str
    owner: str
    severity: str
    judged: str  # as grave as the review was found
    policy: Playbook
    clinic: Clinic
    began: int
    round: int = 1
    acknowledged: int | None = None
    first_try: int | None = None
    contact_ended: int | None = None
    contact_how: str = ""
    heard: int | None = None
    heard_how: str = ""
    resolved: int | None = None
    monitor_ended: int | None = None
    monitor_how: str = ""
    followed_up: int | None = None
    closed: int | None = None
    safe: int | None = None
    known: bool = False  # somebody is recorded who may be contacted
    identified: bool = False
    timers: list[Timer] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)

    @property
    def playbook(self) -> Playbook:
        return self.policy.for_case(self.severity, "google", "elm-street")

    def running(self, *kinds: str) -> list[Timer]:
        return [t for t in self.timers if t.runs and (not kinds or t.kind in kinds)]

    @property
    def may_contact(self) -> bool:
        return self.known and self.contact_how != "declined"

    # What runs

    def start(self, kind: str, since: int, key: str = "", until: int | None = None) -> None:
        promise = self.playbook.clocks[kind]
        timer = Timer(kind, key, self.round, since, 0, 0, "always", promise.ladder)
        if until is None:
            timer.under(promise)
        else:
            timer.span = until - since
        timer.time(self.clinic)
        self.timers.append(timer)

    def _wanted(self) -> Iterable[tuple[str, int | None, int | None]]:
        """Yield each promise of the table: since when it runs, and when it was kept."""
        grave = self.began if self.severity == "grave" else None
        reached = self.contact_ended if self.contact_how == "reached" else None
        stands = self.monitor_ended if self.monitor_how == "stands" else None
        yield "safety", grave, self.safe
        yield "acknowledge", self.began, self.acknowledged
        yield "first_try", self.began, self.first_try
        yield "reach", self.first_try, self.contact_ended
        yield "listen", reached, self.heard
        yield "resolve", self.heard, self.resolved
        yield "monitor", self.resolved, self.monitor_ended
        yield "follow_up", stands, self.followed_up

    def settle(self, now: int, before: dict[str, int | None] | None = None) -> None:
        """Let run what is owed now, and end what was kept or has become pointless.

        `before`: what was wanted before this move; what was wanted then already and does not run
        begins now.
        """
        for kind, since, kept in self._wanted():
            mine = [t for t in self.timers if t.kind == kind and t.round == self.round]
            running = [t for t in mine if t.runs]
            if kept is not None or since is None or self.closed is not None:
                for timer in running:
                    timer.stop("met" if kept is not None else "cancelled", now)
            elif not running:
                old = not mine and before is not None and before.get(kind) == since
                begun = now if kind == "safety" or old else since
                self.start(kind, begun, str(len(mine) + 1) if mine else "")

    def wanted(self) -> dict[str, int | None]:
        return {kind: since for kind, since, _ in self._wanted()}

    def void(self, now: int, closing: bool) -> None:
        """End what an older round or the closing has made pointless."""
        for timer in self.running():
            if timer.kind in (*DATED, "in_touch"):
                continue
            answer = timer.kind in ANSWERS
            if closing if answer else timer.round != self.round:
                timer.stop("cancelled", now)

    def touch(self, now: int, new: str = "") -> None:
        """Keep in touch: whoever we spoke with last hears from us again while we look into it.

        `new`: what was said just now; what was said before is counted from now on.
        """
        mine = [each for each in self.said if each.round == self.round]
        mine = [each for each in mine if each.theirs or each.outcome in _SPOKE]
        last = max(reversed(mine), key=lambda each: each.at, default=None)
        waits = self.contact_how == "reached" and self.resolved is None and self.closed is None
        key = last.id if last and not last.theirs and waits and self.may_contact else ""
        for timer in self.running("in_touch"):
            if timer.key != key:
                kept = bool(key) or self.resolved is not None
                timer.stop("met" if kept else "cancelled", now)
        known = any(t.key == key for t in self.timers if t.kind == "in_touch")
        if last is not None and key and not known and "in_touch" in self.playbook.clocks:
            self.start("in_touch", last.at if last.id == new else now, key)

    # What a sweep does

    def sweep(self, now: int) -> list[tuple[Timer, int, int]]:
        """Let each promise take its step; return the rungs that spoke: rung and occurrence."""
        spoke = []
        for timer in [t for t in self.running() if t.looked <= now]:
            timer.miss(now)
            if timer.rests_until is not None and now < timer.rests_until:
                continue
            timer.rests_until = None
            ripe = timer.ripe(self.clinic, now)
            for _, place in ripe[:-1]:
                timer.told[place] = 0
            for _, place in ripe[-1:]:
                timer.told[place] = -1  # whoever tells them says how many
                spoke.append((timer, *place))
        return spoke

    # A policy, or hours, that changed

    def retime(self, clinic: Clinic, since: int, now: int) -> None:
        """Follow hours that changed at `since`: what was missed by the old ones stays so."""
        self.clinic = clinic
        for timer in self.running():
            timer.missed = timer.missed if timer.missed is not None else timer.unseen
            timer.unseen = None
            timer.time(clinic)
            self._missed_now(timer, since)
            timer.left(clinic, now)

    def move_to(self, old: Playbook, new: Playbook, now: int, leave: list[Timer]) -> None:
        """Follow another policy: spans, calendars and ladders are its own."""
        for timer in [t for t in self.running() if t not in leave]:
            promise = new.clocks.get(timer.kind)
            if promise is None:
                timer.stop("cancelled", now)
                continue
            had = old.clocks[timer.kind].ladder
            due, pending = timer.due, self._pending(timer, now)
            timer.miss(now)
            if timer.kind not in DATED:
                timer.under(promise)
            timer.ladder = promise.ladder
            timer.turn += had != promise.ladder
            timer.time(self.clinic)
            if had != promise.ladder and timer.due >= due and not pending:
                for _, place in timer.ripe(self.clinic, now):
                    timer.told[place] = 0
            self._missed_now(timer, now)
            timer.left(self.clinic, now)

    def _pending(self, timer: Timer, now: int) -> bool:
        """Tell whether something of the old policy waited for a sweep just now."""
        if timer.missed is None and timer.due <= now:
            return True
        if timer.rests_until is not None:
            return timer.rests_until <= now
        return bool(timer.ripe(self.clinic, now))

    def _missed_now(self, timer: Timer, now: int) -> None:
        if timer.missed is None and timer.due <= now:
            timer.missed = now  # nobody could have known before

    # Moves that are about promises alone

    def pause(self, kinds: Iterable[str], until: int, now: int) -> None:
        for timer in self.running(*kinds):
            timer.pauses.append(Waiting(now, until))
            timer.time(self.clinic)
            timer.left(self.clinic, now)

    def resume(self, now: int) -> None:
        for timer in self.running():
            mine = [p for p in timer.pauses if p.ended is None and p.until > now]
            for pause in mine:
                pause.ended = now
            if mine:
                timer.time(self.clinic)
                timer.left(self.clinic, now)

    def have_it(self, now: int, resting: Iterable[Timer]) -> None:
        office = self.clinic.named("office")
        for timer in resting:
            span = self.playbook.held_for(timer.kind)
            if timer.kind != "safety":
                seconds = int(span.time.total_seconds())
                rests = office.days(now, span.days) if span.days else office.over(now, seconds)
                timer.rests_until = rests
                timer.left(self.clinic, now)

    def hand_over(self, to: str, now: int) -> None:
        self.owner = to
        for timer in self.running():
            if timer.rests_until is not None:
                timer.rests_until = None
                timer.left(self.clinic, now)

    def grant(self, now: int) -> None:
        ask = self.asks.pop(0)
        timer = ask.timer
        timer.miss(now)
        timer.extra += self.clinic.named(timer.calendar).between(timer.due, ask.to)
        timer.turn += 1
        timer.time(self.clinic)
        for _, place in timer.ripe(self.clinic, now):
            timer.told[place] = 0

    def begin_again(self, now: int) -> None:
        """Begin the next round: all but the public acknowledgement is shown anew."""
        for name in _ROUND:
            setattr(self, name, None)
        self.contact_how = self.heard_how = self.monitor_how = ""
        self.round, self.began, self.severity = self.round + 1, now, self.judged
