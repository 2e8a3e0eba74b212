"""The moves of a walk that are about promises: tasks, who has it, pauses, more time."""

from __future__ import annotations

from cases import custody
from cases.clockwork import extensions, pauses
from cases.clockwork.clocks import ClockError
from cases.needs import IllegalMove
from tests.walks.matter import ANSWERS, DATED, Ask, Matter
from tests.walks.minutes import instant
from tests.walks.stages import HOUR, REASON, Stages

REFUSED = (IllegalMove, ClockError)
FREE = [
    "contact", "contact", "message", "message", "no_answer", "pause", "pause", "resume", "resume",
    "resume", "ask", "ask", "grant", "grant", "grant", "refuse", "hand_over", "have_it",
    "severity", "task", "task_done", "take", "match", "dismiss", "give_up", "look", "close",
]  # fmt: skip


class Moves(Stages):
    """All that people do with one case. Each raises one of REFUSED where it is not allowed."""

    # Tasks

    def task(self) -> None:
        kind = self.chance.choice(["promise", "appeal", "look"])
        until = instant(self.now + self.chance.randint(1, 400) * HOUR)
        change = self.do(custody.add_task, kind, "what is owed", until)
        self.record(lambda: None)
        self._owe(change)

    def task_done(self) -> None:
        open_ = [t for t in self.world.file(self.matter).tasks if t.done_at is None]
        if not open_:
            raise IllegalMove("task-done", ["none"])
        task = self.chance.choice(open_)
        self.do(custody.task_done, task, "a letter")
        for timer in self.matter.running(*DATED):
            if timer.key == task.id:
                timer.stop("met", self.now)
        self.record(lambda: None)

    # Who has it, and how long

    def take(self) -> None:
        self.do(custody.take)
        self.record(self.sets(safe=self.now))

    def have_it(self) -> None:
        self.do(custody.have_it)
        resting = self.matter.running()
        self.record(lambda: None)
        self.matter.have_it(self.now, resting)

    def hand_over(self) -> None:
        to = self.chance.choice(["dana", "pat"])
        self.do(custody.hand_over, self.world.person(to), REASON)
        self.record(lambda: None)
        self.matter.hand_over(to, self.now)

    def severity(self) -> None:
        severity = self.chance.choice(["routine", "elevated", "grave"])
        self.do(custody.set_severity, severity, REASON)
        self.record(self.sets(severity=severity))

    def pause(self) -> None:
        kinds = sorted({timer.kind for timer in self.matter.running()} - {"safety"})
        chosen = self.chance.sample(kinds, min(len(kinds), self.chance.randint(1, 3)))
        until = self.now + self.chance.choice([1, 5, 30, 100, 400]) * HOUR
        self.do(pauses.pause, chosen, instant(until), "they are away")
        self.matter.pause(chosen, until, self.now)

    def resume(self) -> None:
        self.do(pauses.resume)
        self.matter.resume(self.now)

    def ask(self) -> None:
        running = self.matter.running()
        if not running:
            raise IllegalMove("extend", ["nothing runs"])
        kind = self.chance.choice(running).kind
        to = self.now + self.chance.randint(1, 300) * HOUR
        change = self.do(extensions.ask, kind, instant(to), REASON)
        clock = change.adds[0].values["clock_id"]
        self.matter.asks.append(Ask(self.world.timer(self.matter, clock), to))

    def grant(self) -> None:
        self._drop_asks()
        self.do(extensions.grant, by="morgan")
        self.matter.grant(self.now)

    def refuse(self) -> None:
        self._drop_asks()
        self.do(extensions.refuse, REASON, by="chris")
        self.matter.asks.pop(0)

    def _drop_asks(self) -> None:
        """Forget what was asked for promises that have ended."""
        self.matter.asks = [ask for ask in self.matter.asks if ask.timer.runs]


def next_move(matter: Matter) -> str:
    """Return what brings the case on."""
    wants = (
        ("reopen", matter.closed is not None),
        ("take", matter.severity == "grave" and matter.safe is None),
        ("match", not matter.known),
        ("acknowledge", matter.acknowledged is None),
        ("reach", matter.contact_ended is None or bool(matter.running(*ANSWERS))),
        ("hear", matter.heard is None),
        ("resolve", matter.resolved is None),
        ("look", matter.monitor_ended is None),
        ("follow_up", matter.followed_up is None and matter.may_contact),
    )
    return next((name for name, holds in wants if holds), "close")
