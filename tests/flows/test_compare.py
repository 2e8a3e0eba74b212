"""New reviews are compared with the others: duplicates suggested once, alerts raised once."""

from __future__ import annotations

from cases import custody
from tests.builders import DAY
from tests.story import Story

LONG = "We waited for two hours in the cold hallway and then they had lost the appointment."


def test_the_same_handle_on_two_platforms_is_suggested_and_never_merged(story: Story) -> None:
    story.review("r1", "Waited two hours and nobody said sorry.", stars=1)
    story.it_is(2, "09:00")
    story.review("r2", "The bill was wrong, twice, and they shrugged.", stars=1)
    story.run("intake", "compare")
    second, first = story.case(2), story.case(1)
    assert second.case.twins == [first.case.id]
    assert story.events(2).count("maybe_duplicate") == 1
    assert (first.case.closed_at, second.case.closed_at) == (None, None)
    assert story.run("compare") == {"compared": 0, "duplicates": 0, "alerts": 0, "failed": 0}


def test_three_complaints_about_waiting_make_one_alert_and_one_mail_each(story: Story) -> None:
    for number in range(3):
        story.review(f"r{number}", f"Waited {number + 2} hours in the hallway.", stars=1)
    story.it_is(2, "09:00")
    done = story.run("intake", "compare", "deliver")
    assert done is not None
    (alert,) = story.store.alerts(story.now - DAY)
    assert (alert.kind, alert.what, len(alert.reviews)) == ("theme", "wait_time", 3)
    told = "complaints about one thing"
    assert sum(told in subject for subject in story.mail_to("morgan")) == 1
    story.run("compare", "deliver")
    assert len(story.store.alerts(story.now - DAY)) == 1


def test_whoever_is_named_does_not_own_the_case_until_a_person_has_looked(story: Story) -> None:
    story.review("r1", "Dana Field kept us waiting and laughed at us.", stars=1)
    story.it_is(2, "09:00")
    file = story.case()
    assert file.case.about == ["dana"]
    assert (file.case.about_by, file.case.owner_id) == ("", "morgan")
    file = story.act(custody.set_about, [], by="morgan")
    assert (file.case.about, file.case.about_by) == ([], "morgan")
