"""What some cases have otherwise: the most specific wins, and every mistake is told."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from cases import practice
from cases.models import PlaybookVersion
from cases.playbooks.playbook import PRACTICE, Playbook, PlaybookError, parse_playbook
from cases.playbooks.promises import Span
from cases.ports import SeenReview
from cases.store import Store
from cases.store.rows import table
from tests.builders import PLAYBOOK, T0, a_seen_review, found_practice, moment, take

TEXT = PRACTICE.read_text("utf-8")
ELM = '[[overrides]]\nwhen = {clinic = "elm"}\n'
LINES = len(TEXT.splitlines())


def with_overrides(more: str) -> Playbook:
    return parse_playbook(TEXT + more, "ours.toml")


def an_override(when: str, span: str, clock: str = "acknowledge") -> str:
    return f'[[overrides]]\nwhen = {{{when}}}\n[overrides.clocks.{clock}]\nspan = "{span}"\n'


def hours(playbook: Playbook, *case: str, clock: str = "acknowledge") -> float:
    return playbook.for_case(*case).clocks[clock].span.time / timedelta(hours=1)


def test_a_case_an_override_is_not_for_has_the_playbook_itself():
    mine = with_overrides(an_override('severity = "grave"', "1 hour"))
    assert mine.for_case("routine", "google", "elm-street") is mine
    assert PLAYBOOK.for_case("grave", "google", "elm-street") is PLAYBOOK


def test_only_what_an_override_says_is_otherwise():
    mine = with_overrides(an_override('severity = "grave"', "1 hour"))
    grave = mine.for_case("grave", "google", "elm-street")
    usual, changed = mine.clocks["acknowledge"], grave.clocks["acknowledge"]
    assert (changed.span, changed.calendar) == (Span(timedelta(hours=1)), usual.calendar)
    assert (changed.ladder, changed.promise) == (usual.ladder, usual.promise)
    assert {k: v for k, v in grave.clocks.items() if k != "acknowledge"} == {
        k: v for k, v in mine.clocks.items() if k != "acknowledge"
    }
    assert (grave.version, grave.text, grave.duty) == (mine.version, mine.text, mine.duty)


def test_the_override_that_names_more_of_a_case_wins_wherever_it_stands():
    mine = with_overrides(
        an_override('severity = "grave", platform = "facebook"', "1 hour")
        + an_override('severity = "grave"', "2 hours")
        + an_override('platform = "facebook"', "3 hours")
    )
    assert hours(mine, "grave", "facebook", "elm-street") == 1
    assert hours(mine, "grave", "google", "elm-street") == 2
    assert hours(mine, "routine", "facebook", "elm-street") == 3
    assert hours(mine, "routine", "google", "elm-street") == 4


def test_of_two_that_name_as_much_the_later_in_the_file_wins():
    first = an_override('severity = "grave"', "2 hours")
    last = an_override('clinic = "elm-street"', "3 hours")
    assert hours(with_overrides(first + last), "grave", "google", "elm-street") == 3
    assert hours(with_overrides(last + first), "grave", "google", "elm-street") == 2


def test_two_overrides_may_each_say_a_part_of_it():
    more = an_override('severity = "grave"', "2 hours") + (
        '[[overrides]]\nwhen = {platform = "x"}\nclocks.acknowledge = {calendar = "always"}\n'
    )
    both = with_overrides(more).for_case("grave", "x", "elm-street").clocks["acknowledge"]
    assert (str(both.span), both.calendar) == ("2 hours", "always")


def test_several_values_may_be_named_at_once():
    mine = with_overrides(an_override('platform = ["facebook", "x"]', "1 hour"))
    asked = ("facebook", "x", "google")
    assert [hours(mine, "routine", each, "elm-street") for each in asked] == [1, 1, 4]


def test_a_promise_may_be_taken_back_for_some_cases():
    mine = with_overrides(
        '[[overrides]]\nwhen = {platform = "webmd"}\nclocks.acknowledge = {promise = "none"}\n'
    )
    assert mine.for_case("routine", "webmd", "elm-street").clocks["acknowledge"].promise is None


def test_a_clock_the_policy_lacks_may_run_for_some_cases_only():
    more = (
        '[[overrides]]\nwhen = {clinic = "hospital"}\n'
        '[overrides.clocks.grievance]\nspan = "7 days"\ncalendar = "always"\n'
    )
    mine = with_overrides(more)
    assert "grievance" not in mine.for_case("routine", "google", "elm-street").clocks
    assert mine.for_case("routine", "google", "hospital").clocks["grievance"].span.days == 7


def test_settings_of_who_gets_a_case_may_be_otherwise_at_a_clinic():
    more = ELM + 'open_cases_at_most = 3\nassignment = "least_loaded"\n'
    mine = with_overrides(more)
    there = mine.for_case("routine", "google", "elm")
    assert (there.open_cases_at_most, there.assignment) == (3, "least_loaded")
    assert (mine.open_cases_at_most, mine.assignment) == (None, "clinic_director")


def test_the_same_case_is_answered_from_memory_and_another_severity_from_the_whole():
    mine = with_overrides(an_override('severity = "grave"', "1 hour"))
    grave = mine.for_case("grave", "google", "elm-street")
    assert mine.for_case("grave", "google", "elm-street") is grave
    assert grave.for_case("routine", "google", "elm-street") is mine
    assert grave.for_case("grave", "google", "elm-street") is grave


@pytest.mark.parametrize(
    ("more", "line", "key", "says"),
    [
        (
            '[[overrides]]\nwhen = {severity = "bad"}\nclocks.reach = {span = "1 day"}\n', 2,
            "overrides.0.when.severity",
            "'bad' is no severity; the severities are: routine, elevated, grave",
        ),
        (
            '[[overrides]]\nwhen = {}\nclocks.reach = {span = "1 day"}\n', 2,
            "overrides.0.when", "{}: say for which cases: when = {severity = \"grave\"}",
        ),
        (
            '[[overrides]]\nclocks.reach = {span = "1 day"}\n', 1,
            "overrides.0.when", "None: say for which cases: when = {severity = \"grave\"}",
        ),
        (
            '[[overrides]]\nwhen = {stars = 1}\nclocks.reach = {span = "1 day"}\n', 2,
            "overrides.0.when.stars",
            "'stars' is not known here; known are: clinic, platform, severity",
        ),
        (
            '[[overrides]]\nwhen = {clinic = 3}\nclocks.reach = {span = "1 day"}\n', 2,
            "overrides.0.when.clinic", "3: give a name, or a list of names",
        ),
        (
            ELM, 1, "overrides.0",
            "it changes nothing; add [overrides.clocks.acknowledge], or drop it",
        ),
        (
            ELM + '[overrides.clocks.reach]\nspan = "1 moon"\n', 4,
            "overrides.0.clocks.reach.span",
            "'1 moon' is no span; write '4 hours', '2 days' or '15 minutes'",
        ),
        (
            ELM + '[overrides.clocks.appeal]\nspan = "1 day"\n', 3,
            "overrides.0.clocks.appeal.ladder",
            "its rung 'due - 2 days' comes before the clock starts, which runs 1 day; give this "
            "clock a ladder of its own\nours.toml, line {}, overrides.0.clocks.appeal.ladder: its "
            "rung 'due - 1 day' comes before the clock starts, which runs 1 day; give this clock a "
            "ladder of its own",
        ),
        (
            ELM + '[overrides.clocks.reach]\nladder = "steep"\n', 4,
            "overrides.0.clocks.reach.ladder", "no ladder 'steep'; add [[ladders.steep]]",
        ),
        (
            ELM + '[overrides.clocks.grievance]\ncalendar = "always"\n',
            3, "overrides.0.clocks.grievance.span",
            "None is no span; write '4 hours', '2 days' or '15 minutes'",
        ),
        (
            ELM + 'tries = 3\nclocks.reach = {span = "1 day"}\n', 3,
            "overrides.0.tries",
            "'tries' is not known here; known are: assign_to, assignment, clocks, "
            "open_cases_at_most, when",
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_an_override_names_line_key_value_and_remedy(
    more: str, line: int, key: str, says: str
):
    with pytest.raises(PlaybookError) as caught:
        with_overrides(more)
    says = says.format(LINES + line) if "line {}" in says else says
    assert str(caught.value) == f"ours.toml, line {LINES + line}, {key}: {says}"


def test_the_line_named_is_that_of_the_second_override_where_the_second_is_wrong():
    good = an_override('severity = "grave"', "1 hour")
    with pytest.raises(PlaybookError) as caught:
        with_overrides(good + an_override('severity = "grave"', "1 moon"))
    assert f"line {LINES + 8}, overrides.1.clocks.acknowledge.span" in str(caught.value)


def test_overrides_that_are_no_list_are_told():
    with pytest.raises(PlaybookError, match=r"overrides are a list of tables"):
        parse_playbook("overrides = 3\n" + TEXT)
    with pytest.raises(PlaybookError, match=r"an override is a table: when, clocks"):
        parse_playbook("overrides = [3]\n" + TEXT)


# A case has the playbook as it is for that case, wherever it is read


ELSEWHERE = (
    an_override('severity = "grave"', "1 hour")
    + an_override('platform = "facebook"', "2 hours")
    + an_override('clinic = "elm-street", platform = "yelp"', "3 hours")
)
GRAVE = "The surgeon amputated the wrong leg. My brother died of sepsis in the emergency room."


def adopted(store: Store, text: str) -> None:
    found_practice(store)
    change = practice.adopt(text, "ours.toml", store.practice(), moment())
    assert store.apply([change]).applied == [change]


@pytest.mark.parametrize(
    ("seen", "span"),
    [
        (a_seen_review(platform="google"), 4),
        (a_seen_review(platform="facebook"), 2),
        (a_seen_review(platform="yelp"), 3),
        (a_seen_review(GRAVE, platform="google"), 1),
    ],
    ids=["google", "facebook", "yelp here", "grave"],
)
def test_a_case_opens_sweeps_and_is_read_with_what_it_has_otherwise(
    store: Store, seen: SeenReview, span: int
):
    adopted(store, TEXT + ELSEWHERE)
    file = take(store, seen)
    clock = next(each for each in file.clocks if each.kind == "acknowledge")
    assert clock.span == span * 3600
    assert file.playbook.clocks["acknowledge"].span.time == timedelta(hours=span)
    (due,) = store.due(T0 + timedelta(days=60))
    assert due.playbook is file.playbook


def test_a_text_another_version_stored_stops_no_sweep(
    store: Store, caplog: pytest.LogCaptureFixture
):
    adopted(store, TEXT)
    with store._engine.begin() as connection:
        rows = table(PlaybookVersion)
        odd = "colour = 3\n" + TEXT
        connection.execute(update(rows).where(rows.c.number == 2).values(text=odd))
    store._playbooks.clear()
    take(store, a_seen_review())
    (due,) = store.due(T0 + timedelta(days=60))
    assert due.playbook.clocks.keys() == PLAYBOOK.clocks.keys()
    assert "line 1, colour: 'colour' is not known here" in caplog.text
