"""The moves of a walk along the stages: each is made by the real rules, and told to the model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from cases import following, reopening
from cases.answering import replies
from cases.changes import Change
from cases.models import Contact, Task
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Point, Who
from tests.walks.matter import ANSWERS, DATED, Matter, Said
from tests.walks.minutes import instant, seconds
from tests.walks.world import World

HOUR = 3_600
_WHO = Who("Somebody", "patient", "self", "the practice's records")
_ROUTES = (Point("phone", "+12125550147", "phone"), Point("email", "a@b.example", "email"))
REASON = "there is a reason"


class Stages:
    """What people do with one case. Each raises what the rules raise where it is not allowed."""

    def __init__(self, world: World, matter: Matter, chance: Random) -> None:
        self.world, self.matter, self.chance = world, matter, chance
        self.now = world.now

    def do(self, rule: Callable[..., Change], *args: Any, by: str = "", **named: Any) -> Change:
        """Ask the real rule about the case as it stands, and write its answer."""
        file = self.world.file(self.matter)
        change = rule(file, *args, moment=self.world.moment(by or self.matter.owner), **named)
        self.world.write(change)
        return change

    def record(self, tell: Callable[[], None], *, closing: bool = False, new: str = "") -> None:
        """Tell the model the facts of a move, and let it see to what runs."""
        matter, now = self.matter, self.now
        wanted, policy, severity = matter.wanted(), matter.playbook, matter.severity
        tell()
        before = list(matter.timers)
        matter.settle(now, wanted)
        matter.void(now, closing)
        matter.touch(now, new)
        if matter.severity != severity:
            fresh = [t for t in matter.timers if t not in before]
            matter.move_to(policy, matter.playbook, now, fresh)

    def sets(self, **facts: Any) -> Callable[[], None]:
        def tell() -> None:
            for name, value in facts.items():
                setattr(self.matter, name, value)

        return tell

    # The stages

    def acknowledge(self) -> None:
        self.do(replies.decide_on_none, "no_reply_needed")
        self.record(self.sets(acknowledged=self.now))

    def match(self) -> None:
        self.do(correspondents.match, _WHO, _ROUTES)
        self.record(self.sets(known=True))

    def identify(self) -> None:
        self.do(correspondents.identify, ["name", "date_of_birth"], "")
        self.record(self.sets(identified=True))

    def look_for(self) -> None:
        self.do(conversation.looked_for, False, "")
        self.record(self._tried)

    def _tried(self, at: int | None = None) -> None:
        if self.matter.first_try is None:
            self.matter.first_try = self.now if at is None else at

    def contact(self) -> None:
        channel, outcome = self.chance.choice(
            [("phone", "reached"), ("phone", "reached"), ("phone", "voicemail"),
             ("phone", "no_answer"), ("email", "sent"), ("phone", "declined")]
        )  # fmt: skip
        at = self.now - self.chance.choice([0, 0, 0, 10 * 60])
        self.log(channel, outcome, at)

    def reach(self) -> None:
        self.log("phone", "reached", self.now)

    def log(self, channel: str, outcome: str, at: int) -> None:
        change = self.do(conversation.contact, channel, outcome, "", instant(at))
        (new,) = [add.values["id"] for add in change.adds if add.table is Contact]
        matter = self.matter
        if outcome in ("reached", "declined") or (outcome == "sent" and channel != "phone"):
            self._answered(at)

        def tell() -> None:
            matter.said.append(Said(new, matter.round, at, False, outcome))
            if matter.closed is None:
                self._tried(at)
                if outcome in ("reached", "declined"):
                    self._ended(outcome, at)

        self.record(tell, new=new)

    def _answered(self, at: int) -> None:
        wrote = {each.id: each.at for each in self.matter.said if each.theirs}
        for timer in self.matter.running(*ANSWERS):
            if wrote[timer.key] <= at:
                timer.stop("met", self.now)

    def _ended(self, how: str, at: int) -> None:
        """End contact; without them listening is skipped, until they are heard after all."""
        matter = self.matter
        if matter.contact_how == "reached" and how != "declined":
            return
        matter.contact_ended, matter.contact_how = at, how
        if how == "reached":
            if matter.heard_how not in ("", "heard") and matter.resolved is None:
                matter.heard, matter.heard_how = None, ""
        elif matter.heard is None:
            matter.heard, matter.heard_how = at, "skipped"

    def message(self) -> None:
        matter = self.matter
        change = self.do(conversation.received, "email", "I wrote.", instant(self.now))
        (new,) = [add.values["id"] for add in change.adds if add.table is Contact]

        def tell() -> None:
            matter.said.append(Said(new, matter.round, self.now, True, "reached"))
            if matter.closed is None and matter.contact_how != "reached":
                self._ended("reached", self.now)
                self._tried()

        self.record(tell, new=new)
        matter.start("answer", self.now, new)

    def no_answer(self) -> None:
        self.do(conversation.no_answer, REASON)
        for timer in self.matter.running(*ANSWERS):
            timer.stop("cancelled", self.now)
        self.record(lambda: None)

    def give_up(self) -> None:
        how = self.chance.choice(["unreachable", "unidentified", "declined"])
        self.do(conversation.give_up, how)
        if how == "declined":
            for timer in self.matter.running(*ANSWERS):
                timer.stop("cancelled", self.now)

        def tell() -> None:
            self._tried()
            self._ended(how, self.now)

        self.record(tell)

    def hear(self) -> None:
        promises = [("a call", instant(self.now + self.chance.randint(1, 200) * HOUR))]
        change = self.do(
            conversation.hear, "It went so.", "", promises[: self.chance.randint(0, 1)]
        )
        self.record(self.sets(heard=self.now, heard_how="heard"))
        self._owe(change)

    def resolve(self) -> None:
        matter = self.matter
        told = matter.contact_how == "reached" and matter.known
        if told and not matter.identified:
            self.identify()
        self.do(following.resolve, "other", "It was mended.", told)
        self.record(self.sets(resolved=self.now))

    def look(self) -> None:
        standing = self.chance.choice(["stands", "stands", "stands", "removed", "lowered"])
        matter = self.matter
        window = self._window_ends()
        self.do(following.look, standing)
        if standing == "lowered":
            return self.record(lambda: matter.begin_again(self.now))
        facts: dict[str, Any] = {}
        if matter.monitor_ended is None and (standing != "stands" or window is None
                                             or self.now >= window):  # fmt: skip
            facts = {"monitor_ended": self.now, "monitor_how": standing}
            if standing != "stands" or not matter.may_contact:
                facts["followed_up"] = self.now
        self.record(self.sets(**facts))

    def _window_ends(self) -> int | None:
        matter = self.matter
        due = [timer.due for timer in matter.running("monitor")]
        window, span = matter.playbook.monitor_window, matter.playbook.clocks["monitor"].span.real
        grace = span - window if window is not None else timedelta()
        return max(due) - int(grace.total_seconds()) if due else None

    def follow_up(self) -> None:
        outcome = self.chance.choice(["reached", "voicemail"])
        matter = self.matter
        change = self.do(following.follow_up_by_phone, outcome, "")
        (new,) = [add.values["id"] for add in change.adds if add.table is Contact]
        if outcome == "reached":
            self._answered(self.now)
        matter.said.append(Said(new, matter.round, self.now, False, outcome))
        self.record(self.sets(followed_up=self.now), new=new)

    def close(self) -> None:
        self.do(following.close, "unknown")
        self.record(self.sets(closed=self.now), closing=True)

    def dismiss(self) -> None:
        self.do(following.dismiss, "not_a_complaint", REASON)
        facts = {"closed": self.now}
        if self.matter.acknowledged is None:
            facts["acknowledged"] = self.now
        self.record(self.sets(**facts), closing=True)

    def reopen(self) -> None:
        self.do(reopening.reopen, "they called again")
        self.record(lambda: self.matter.begin_again(self.now))

    def _owe(self, change: Change) -> None:
        for task in (add.values for add in change.adds if add.table is Task):
            playbook = self.matter.playbook
            known = task["kind"] in DATED and task["kind"] in playbook.clocks
            until = seconds(task["due_at"])
            self.matter.start(task["kind"] if known else "task", self.now, task["id"], until)
