"""A review that breaks a platform's rules is reported once, and its result is asked for."""

import pytest

from cases.answering import reporting
from cases.models import Task
from cases.needs import IllegalMove
from tests.builders import DAY, HOUR, T0, Desk, moment

ROUTE, EVIDENCE = "https://reviews.example/report", "It advertises another business."


def tasks(desk: Desk) -> dict[str, Task]:
    return {task.kind: task for task in desk.file.tasks}


def test_a_report_is_asked_about_in_a_week(desk: Desk) -> None:
    desk.do(reporting.report, "spam", ROUTE, EVIDENCE)
    assert tasks(desk)["report"].due_at == desk.now + 7 * DAY
    assert "appeal" not in tasks(desk)


def test_a_window_to_contest_is_a_promise_of_its_own(desk: Desk) -> None:
    until = T0 + 5 * DAY
    desk.write(reporting.report(desk.file, "contest", ROUTE, EVIDENCE, moment(desk.now), until))
    assert tasks(desk)["appeal"].due_at == until


def test_what_was_refused_may_be_appealed_once(desk: Desk) -> None:
    desk.do(reporting.report, "fake", ROUTE, EVIDENCE)
    desk.do(reporting.answered, "refused", "They see no breach.")
    assert (tasks(desk)["report"].evidence, tasks(desk)["appeal"].done_at) == ("refused", None)
    desk.do(reporting.report, "fake", ROUTE, EVIDENCE)
    desk.do(reporting.answered, "refused", "Again.")
    assert [task.kind for task in desk.file.tasks].count("appeal") == 1


def test_what_was_accepted_needs_nothing_more(desk: Desk) -> None:
    desk.do(reporting.report, "fake", ROUTE, EVIDENCE)
    desk.do(reporting.answered, "accepted", "")
    assert all(task.done_at for task in desk.file.tasks if task.kind == "report")
    assert "appeal" not in tasks(desk)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        (("dislike", ROUTE, EVIDENCE), "is no reason"),
        (("spam", "http://reviews.example", EVIDENCE), "--url"),
        (("spam", ROUTE, " "), "--evidence"),
    ],
)
def test_a_report_says_why_where_and_on_what_evidence(
    desk: Desk, given: tuple[str, str, str], missing: str
) -> None:
    with pytest.raises(IllegalMove, match=missing):
        desk.do(reporting.report, *given)


def test_nothing_is_reported_twice_at_once(desk: Desk) -> None:
    desk.do(reporting.report, "spam", ROUTE, EVIDENCE)
    desk.now += HOUR
    with pytest.raises(IllegalMove, match="report-answered"):
        desk.do(reporting.report, "spam", ROUTE, EVIDENCE)
