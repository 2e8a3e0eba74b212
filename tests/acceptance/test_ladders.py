"""What a ladder must stand: people gone, machines stopped, clocks turned back, two at once.

Every step once, marked late, and never somebody who cannot act told alone.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cases import custody, following
from cases.answering.replies import decide_on_none
from cases.changes import Change, Moment
from cases.models import Notice, NoticeState, Person, RungFired
from cases.practice import deactivate, set_away
from cases.store import Store
from cases.store.database import reading
from cases.store.rows import read, table
from cases.talking.conversation import looked_for
from cases.viewers import ENGINE
from flows import deliver, sweep
from flows.house import House
from tests.builders import ADMIN, CHIEF, DAY, DIRECTOR, HOUR, MANAGER, MINUTE, PRIVACY
from tests.story import Story, a_story

WORDS = "Waited two hours past my time and nobody said sorry."


@pytest.fixture
def story(store: Store, tmp_path: Path) -> Iterator[Story]:
    with a_story(store, tmp_path / "board") as found:
        found.review("r1", WORDS, stars=2)
        found.it_is(2, "09:00")
        # One ladder is watched: the first try is made, its clock is kept.
        found.act(_first_try)
        yield found
        assert found.store.broken_chains() == []


def _first_try(file: Any, moment: Moment) -> Change:
    return looked_for(file, False, "not in the records", moment)


def asked(story: Story, *changes: Change) -> None:
    assert len(story.store.apply(changes).applied) == len(changes)


def moment(story: Story, by: str = DIRECTOR) -> Moment:
    return Moment(story.now, by, story.ids)


def person(story: Story, name: str) -> Person:
    return story.store.people()[name]


def away(story: Story, name: str, substitute: str = "") -> None:
    instead = person(story, substitute) if substitute else None
    asked(story, set_away(person(story, name), story.now, None, instead, moment(story)))


def rungs(story: Story) -> list[RungFired]:
    clock = story.clock("acknowledge").id
    with reading(story.store._engine) as connection:
        t = table(RungFired)
        return read(connection, RungFired, select(t).where(t.c.clock_id == clock))


def notices(story: Story, *kinds: str) -> list[Notice]:
    with reading(story.store._engine) as connection:
        t = table(Notice)
        return read(connection, Notice, select(t).where(t.c.kind.in_(kinds)).order_by(t.c.id))


def escalated(story: Story) -> list[str]:
    return [str(each.person_id) for each in notices(story, "escalate")]


def heard(story: Story) -> dict[str, int]:
    """Return how many mails each has had about the public reply."""
    found = Counter(
        letter.to.split("@")[0]
        for letter in story.mail.accepted
        if "ublic reply" in str(letter.message["Subject"])
    )
    return dict(found)


# Acknowledged between two steps


def test_i_have_it_between_two_steps_holds_the_ladder_and_then_it_climbs_again(
    story: Story,
) -> None:
    story.it_is(2, "11:00")
    assert heard(story) == {DIRECTOR: 1}
    story.it_is(2, "12:00")
    story.act(custody.have_it)
    for time in ("12:12", "12:30", "13:00", "13:59"):
        story.it_is(2, time)
        assert heard(story) == {DIRECTOR: 1}, time
    assert "missed" in story.events()
    story.it_is(2, "14:00")
    assert heard(story) == {DIRECTOR: 1, MANAGER: 1}
    story.it_is(2, "14:01")
    assert heard(story) == {DIRECTOR: 1, MANAGER: 1}
    assert story.events().count("let_go") >= 1


def test_what_waited_to_be_sent_rests_too_while_somebody_has_it(story: Story) -> None:
    story.it_is(2, "10:59")
    story.now += MINUTE
    story.run("sweep")  # the reminder is written, and not sent yet
    story.act(custody.have_it)
    assert heard(story) == {}
    story.it_is(2, "13:00")
    assert DIRECTOR in heard(story)


def test_a_case_that_ended_pages_nobody_two_months_later(story: Story) -> None:
    story.it_is(2, "12:00")
    story.act(custody.have_it)
    before = heard(story)
    story.act(following.dismiss, "not_ours", "")
    story.it_is(30, "12:00")
    story.it_is(31, "12:00", month=12)
    assert heard(story) == before
    assert escalated(story) == []


def test_what_is_done_before_the_morning_is_not_asked_for_in_it(story: Story) -> None:
    story.now += 14 * HOUR  # at night: the engine was down all afternoon
    story.run("sweep")
    assert notices(story, "escalate", "gone_up")
    story.act(decide_on_none, "no_reply_needed")
    story.it_is(3, "09:00")
    assert heard(story) == {}
    assert {each.code for each in notices(story, "escalate", "gone_up")} == {"ended"}


# People gone


def test_the_cases_of_an_owner_who_left_fall_to_the_next_and_so_do_the_reminders(
    story: Story,
) -> None:
    asked(story, deactivate(person(story, DIRECTOR), moment(story)))
    story.it_is(2, "11:00")
    assert story.case().case.owner_id == MANAGER
    assert heard(story) == {MANAGER: 1}


def test_an_owner_who_left_while_a_mail_waited_is_replaced_on_its_way(story: Story) -> None:
    story.it_is(2, "10:59")
    story.now += MINUTE
    story.run("sweep")
    asked(story, deactivate(person(story, DIRECTOR), moment(story)))
    story.run("deliver")
    assert heard(story) == {ADMIN: 1}
    assert "not_told" in story.events()


def test_a_substitute_who_is_away_too_is_stood_in_for(story: Story) -> None:
    away(story, MANAGER, PRIVACY)
    away(story, PRIVACY, CHIEF)
    story.it_is(2, "13:00")
    assert escalated(story) == [CHIEF]


def test_substitutes_in_a_circle_end_at_the_administrator(story: Story) -> None:
    away(story, MANAGER, PRIVACY)
    away(story, PRIVACY, MANAGER)
    story.it_is(2, "13:00")
    assert escalated(story) == [ADMIN]


def test_a_mail_that_bounces_off_a_colleague_goes_to_the_next_and_ends_there(story: Story) -> None:
    story.it_is(2, "12:12")
    story.mail.refuse(550)
    story.it_is(2, "13:00")
    states = {str(n.person_id): n.state for n in notices(story, "escalate")}
    assert states == {MANAGER: NoticeState.REFUSED, ADMIN: NoticeState.ACCEPTED}
    assert "not_told" in story.events()
    assert "an e-mail could not be delivered" in story.mail_to(DIRECTOR)[-1]


def test_mails_that_bounce_off_everybody_do_not_go_round_in_a_circle(story: Story) -> None:
    story.it_is(2, "12:12")
    story.mail.refuse(550, times=50)
    story.it_is(2, "13:00")
    for _ in range(5):
        story.run("deliver")
    assert Counter(escalated(story)) == {MANAGER: 1, ADMIN: 1}


# Machines stopped, clocks turned back, two at once


def test_three_days_down_the_highest_step_is_taken_once_and_marked_late(story: Story) -> None:
    story.now += 3 * DAY
    story.run("sweep", "deliver", "sweep", "deliver")
    fired = rungs(story)
    assert max(Counter((f.rung, f.occurrence) for f in fired).values()) == 1
    assert len([f for f in fired if f.told]) == 1
    events = [line.event for line in story.store.timeline(story.case(), ENGINE)]
    spoke = [e for e in events if e.kind == "escalated" and e.detail["clock"] == "acknowledge"]
    assert [e.detail["late"] for e in spoke] == [True]
    assert heard(story)[DIRECTOR] == 1  # the owner, who knew nothing, is told with them


def test_the_owners_mail_leaves_before_the_bosss(story: Story) -> None:
    story.now += 4 * HOUR
    story.run("sweep", "deliver")
    about_it = [
        letter.to.split("@")[0]
        for letter in story.mail.accepted
        if "ublic reply" in str(letter.message["Subject"])
    ]
    assert about_it == [DIRECTOR, MANAGER]


def test_a_clock_that_jumps_back_repeats_no_step(story: Story) -> None:
    story.it_is(2, "13:00")
    before, said = rungs(story), heard(story)
    story.now -= 3 * HOUR
    story.run("sweep", "deliver")
    assert (rungs(story), heard(story)) == (before, said)
    for _ in range(4):
        story.now += HOUR
        story.run("sweep", "deliver")
    assert heard(story) == said
    assert len(rungs(story)) == len(before)


def test_a_restart_between_two_steps_loses_and_doubles_none(story: Story) -> None:
    for time in ("11:00", "12:12", "13:00"):
        story.it_is(2, time)
        story.store._engine.dispose()  # all that a process remembers is gone
        story.run("sweep", "deliver")
    assert heard(story) == {DIRECTOR: 2, MANAGER: 1}


def test_two_sweeps_take_each_step_once(story: Story) -> None:
    story.now += 4 * HOUR
    start = threading.Barrier(2)

    def work() -> None:
        house = House(story.settings, story.store, "sweep", story.now)
        start.wait()
        sweep.run(house)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    story.run("deliver")
    assert max(Counter((f.rung, f.occurrence) for f in rungs(story)).values()) == 1
    assert heard(story) == {DIRECTOR: 1, MANAGER: 1}


def test_killed_between_claim_and_send_staff_are_told_all_the_same(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    story.now += 4 * HOUR
    story.run("sweep")

    async def killed(*given: Any) -> Change:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deliver, "_send", killed)
        with pytest.raises(KeyboardInterrupt):
            story.run("deliver")
    assert {n.state for n in notices(story, "escalate", "gone_up")} == {NoticeState.SENDING}
    assert heard(story) == {}
    story.now += HOUR  # the lease is over
    story.run("deliver", "deliver")
    assert heard(story) == {DIRECTOR: 1, MANAGER: 1}
