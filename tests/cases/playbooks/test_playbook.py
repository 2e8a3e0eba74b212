"""The written policy as it is read: its figures, and mistakes told all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path

import pytest

from cases.playbooks.playbook import (
    PRACTICE,
    Playbook,
    PlaybookError,
    parse_playbook,
    read_playbook,
    ready_made,
)
from cases.playbooks.promises import CLOCKS, OPTIONAL, REQUIRED, Rung, Span
from tests.builders import PLAYBOOK

TEXT = PRACTICE.read_text(encoding="utf-8")
HOUR = Span(timedelta(hours=1))


def wrong(old: str, new: str) -> list[str]:
    """Return the mistakes of the practice's playbook with one piece of it replaced."""
    assert TEXT.count(old) >= 1, f"the playbook has no {old!r} any more"
    with pytest.raises(PlaybookError) as caught:
        parse_playbook(TEXT.replace(old, new, 1), "ours.toml")
    return str(caught.value).splitlines()


def line_of(piece: str, text: str = TEXT) -> int:
    return text[: text.index(piece)].count("\n") + 1


# What the practice's own playbook says


@pytest.mark.parametrize(
    ("kind", "span", "calendar", "ladder"),
    [
        ("acknowledge", "4 hours", "duty", "standard"),
        ("first_try", "1 day", "office", "standard"),
        ("reach", "3 days", "office", "standard"),
        ("listen", "2 days", "office", "standard"),
        ("resolve", "7 days", "always", "standard"),
        ("monitor", "16 days", "always", "watch"),
        ("follow_up", "2 days", "office", "standard"),
        ("answer", "1 hour", "office", "standard"),
        ("safety", "1 hour", "always", "safety"),
    ],
)
def test_each_clock_runs_as_the_policy_says(
    kind: str, span: str, calendar: str, ladder: str
) -> None:
    promise = PLAYBOOK.clocks[kind]
    assert (promise.kind, str(promise.span), promise.calendar) == (kind, span, calendar)
    assert len(promise.ladder) == {"standard": 5, "watch": 3, "safety": 3}[ladder]


def test_every_clock_is_there_but_the_grievances_of_hospitals() -> None:
    assert set(PLAYBOOK.clocks) == set(CLOCKS) - {"grievance"}
    assert set(read_playbook(ready_made()["hospital"]).clocks) == set(CLOCKS)


def test_the_standard_ladder_climbs_as_the_policy_says() -> None:
    assert [str(rung) for rung in PLAYBOOK.clocks["reach"].ladder] == [
        "50% of the time: remind owner",
        "80% of the time: remind owner",
        "100% of the time: escalate manager",
        "due + 4 hours: escalate chief",
        "due + 1 day: escalate chief and administrator, every 1 day, 3 times at most",
    ]


def test_the_safety_ladder_tells_two_people_at_once() -> None:
    first = PLAYBOOK.clocks["safety"].ladder[0]
    assert first == Rung(0.0, Span(), ("owner", "chief"), "escalate", at_once=True)
    assert all(rung.at_once for rung in PLAYBOOK.clocks["safety"].ladder)
    assert not any(rung.at_once for rung in PLAYBOOK.clocks["acknowledge"].ladder)


def test_a_day_at_most_is_promised_in_public_and_for_mail() -> None:
    promised = {kind for kind, each in PLAYBOOK.clocks.items() if each.promise == Span(days=1)}
    assert promised == {"acknowledge", "answer"}


def test_the_figures_besides_the_clocks_are_the_policys() -> None:
    assert PLAYBOOK.negative_at == 2
    assert PLAYBOOK.reopen_within == timedelta(days=30)
    assert PLAYBOOK.contact_tries == 3
    assert PLAYBOOK.contact_channels == ("phone", "email")
    assert PLAYBOOK.duty == {"sat": ("10:00-12:00",), "sun": ("10:00-12:00",)}


def test_the_text_is_kept_as_it_was_read_so_that_a_version_can_be_adopted() -> None:
    again = parse_playbook(PLAYBOOK.text, version=PLAYBOOK.version)
    assert again == PLAYBOOK
    assert PLAYBOOK.text == TEXT


def test_a_playbook_saved_with_a_byte_order_mark_is_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(TEXT, encoding="utf-8-sig")
    assert read_playbook(path, version=1) == PLAYBOOK


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(days=1), "1 day"),
        (Span(days=14), "14 days"),
        (HOUR, "1 hour"),
        (Span(timedelta(minutes=90)), "90 minutes"),
    ],
)
def test_a_span_is_told_as_it_was_written(span: Span, words: str) -> None:
    assert str(span) == words


# Mistakes: file, line, key, value, remedy


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        pytest.param(
            "negative_at = 2 ", "negative_at = 7 ", "negative_at",
            "7: give a number from 0 to 5", id="a number out of range",
        ),
        pytest.param(
            "negative_at = 2 ", "negative_at = true ", "negative_at",
            "True: give a number from 0 to 5", id="a truth for a number",
        ),
        pytest.param(
            "contact_tries = 3 ", "contact_tries = 2.5 ", "contact_tries",
            "2.5: give a whole number from 1 to 20", id="half a try",
        ),
        pytest.param(
            'contact_channels = ["phone", "email"]', 'contact_channels = "phone"',
            "contact_channels", "'phone': give a list of channels: [\"phone\"]",
            id="a text where a list belongs",
        ),
        pytest.param(
            'contact_channels = ["phone", "email"]', 'contact_channels = ["pigeon"]',
            "contact_channels", "'pigeon' is no channel; the channels are: phone, email",
            id="an unknown channel",
        ),
        pytest.param(
            'reopen_within = "30 days"', 'reopen_within = "often"', "reopen_within",
            "'often' is no span; write '4 hours', '2 days' or '15 minutes'", id="no span",
        ),
        pytest.param(
            'span = "4 hours"', 'span = "-4 hours"', "clocks.acknowledge.span",
            "'-4 hours' is no span; write '4 hours', '2 days' or '15 minutes'",
            id="a negative span",
        ),
        pytest.param(
            'span = "4 hours"', "span = 4", "clocks.acknowledge.span",
            "4 is no span; write '4 hours', '2 days' or '15 minutes'", id="a span without a unit",
        ),
        pytest.param(
            'span = "3 days"', 'span = "30000 hours"', "clocks.reach.span",
            "'30000 hours' is too long: a span ends within 1098 days", id="a span of years",
        ),
        pytest.param(
            'calendar = "duty"', 'calendar = "night"', "clocks.acknowledge.calendar",
            "'night' is no calendar; use one of: office, duty, always", id="an unknown calendar",
        ),
        pytest.param(
            'ladder = "watch"', 'ladder = "steep"', "clocks.monitor.ladder",
            "no ladder 'steep'; add [[ladders.steep]]", id="an unknown ladder",
        ),
        pytest.param(
            'ladder = "watch"', 'ladder = ["watch"]', "clocks.monitor.ladder",
            "no ladder ['watch']; add [[ladders.['watch']]]", id="a list of ladders",
        ),
        pytest.param(
            'tell = ["manager"]', 'tell = ["owner", "boss"]', "ladders.standard.2.tell",
            "'boss' is no role; the roles are: owner, responder, director, manager, chief, "
            "privacy_officer, administrator", id="an unknown role",
        ),
        pytest.param(
            'tell = ["manager"]', 'tell = ["auditor"]', "ladders.standard.2.tell",
            "'auditor' is no role; the roles are: owner, responder, director, manager, chief, "
            "privacy_officer, administrator", id="auditors only read",
        ),
        pytest.param(
            'tell = ["manager"]', 'tell = "manager"', "ladders.standard.2.tell",
            "'manager': give a list of roles: [\"owner\"]", id="a rung that would tell nobody",
        ),
        pytest.param(
            'tell = ["manager"]', "tell = []", "ladders.standard.2.tell",
            "[]: give a list of roles: [\"owner\"]", id="a rung that tells nobody",
        ),
        pytest.param(
            'at = "80%"', 'at = "101%"', "ladders.standard.1.at",
            "'101%': write '50%' (of the span), 'due - 1 hour' or 'due + 4 hours'",
            id="more than the whole",
        ),
        pytest.param(
            'at = "due + 4 hours"', 'at = "later"', "ladders.standard.3.at",
            "'later': write '50%' (of the span), 'due - 1 hour' or 'due + 4 hours'",
            id="no time for a rung",
        ),
        pytest.param(
            'at = "due + 4 hours"', 'at = "due + a bit"', "ladders.standard.3.at",
            "' a bit' is no span; write '4 hours', '2 days' or '15 minutes'", id="no such span",
        ),
        pytest.param(
            'means = "escalate"', 'means = "shout"', "ladders.standard.2.means",
            "'shout': a rung means 'remind' or 'escalate'", id="an unknown meaning",
        ),
        pytest.param(
            "times = 3", "times = 99", "ladders.standard.4.times",
            "99: give a number from 1 to 30", id="too often",
        ),
        pytest.param(
            'means = "escalate"', 'means = "escalate"\ntimes = 2', "ladders.standard.2.times",
            "only a rung at 'due + 1 day' or the like comes again", id="a part that comes twice",
        ),
        pytest.param(
            "at_once = true", 'at_once = "no"', "ladders.safety.0.at_once",
            "'no': write true or false, without quotes", id="a no that would wake people",
        ),
        pytest.param(
            'at = "due + 4 hours"', 'at = "due - a bit"', "ladders.standard.3.at",
            "' a bit' is no span; write '4 hours', '2 days' or '15 minutes'", id="no span before",
        ),
        pytest.param(
            "low = true", 'low = "yes"', "ladders.standard.0.low",
            "'yes': write true or false, without quotes", id="a yes that is none",
        ),
        pytest.param(
            "at_once = true", "low = true  # loud", "ladders.safety.0.low",
            "only a reminder may wait for the digest; leave 'low' out", id="a late escalation",
        ),
        pytest.param(
            'at = "50%"', 'at = "due - 1 day"', "clocks.acknowledge.ladder",
            "its rung 'due - 1 day' comes before the clock starts, which runs 4 hours; give this "
            "clock a ladder of its own", id="a reminder before its clock",
        ),
        pytest.param(
            'longest_pause = "30 days"', 'longest_pause = "long"', "longest_pause",
            "'long' is no span; write '4 hours', '2 days' or '15 minutes'", id="no longest pause",
        ),
        pytest.param(
            '["manager", "chief"]', '["owner"]', "extension_approvers",
            "'owner' is no role; the roles are: responder, director, manager, chief, "
            "privacy_officer, administrator", id="an owner approves no extension",
        ),
        pytest.param(
            'digest_at = "7:30"', 'digest_at = "25:00"', "digest_at",
            "'25:00' is no time of day; write '7:30'", id="no such hour",
        ),
        pytest.param(
            'assignment = "clinic_director"', 'assignment = "dice"', "assignment",
            "'dice' is not known here; use one of: clinic_director, round_robin, least_loaded",
            id="an unknown way to choose",
        ),
        pytest.param(
            "# open_cases_at_most = 25", "open_cases_at_most = 0", "open_cases_at_most",
            "0: give a number from 1 to 10000", id="nobody may own a case",
        ),
        pytest.param(
            'sat = ["10:00-12:00"]', 'sat = ["10-12"]', "calendars.duty.sat",
            "'10-12' is no opening time: write \"09:00-17:00\"", id="duty hours nobody can read",
        ),
        pytest.param(
            'sat = ["10:00-12:00"]', 'sat = "10:00-12:00"', "calendars.duty",
            'duty hours are a table of lists: sat = ["10:00-12:00"]', id="duty without a list",
        ),
        pytest.param(
            "negative_at = 2 ", "negativ_at = 2 ", "negativ_at",
            "'negativ_at' is not known here; known are: assign_to, assignment, calendars, "
            "clocks, contact_channels, contact_days, contact_tries, digest_at, "
            "extension_approvers, ladders, longest_pause, monitor_window, name, negative_at, "
            "open_cases_at_most, overrides, reopen_within, taken_for",
            id="a misspelt key",
        ),
        pytest.param(
            'promise = "1 day"', 'promis = "1 day"', "clocks.acknowledge.promis",
            "'promis' is not known here; known are: calendar, ladder, promise, span, taken_for",
            id="a misspelt key of a clock",
        ),
    ],
)  # fmt: skip
def test_a_mistake_names_its_file_line_key_value_and_remedy(
    old: str, new: str, key: str, says: str
) -> None:
    line = line_of(new, TEXT.replace(old, new, 1))
    # Where a new line was put in, the mistake is in the last line of it.
    line += new.count("\n")
    if key == "calendars.duty":
        line = line_of("[calendars.duty]")
    found = wrong(old, new)
    if key == "clocks.acknowledge.ladder":  # each clock of that ladder is told
        line, found = line_of('ladder = "standard"'), found[:1]
    assert found == [f"ours.toml, line {line}, {key}: {says}"]


# What a stored text may have that this program does not know


def stored(old: str, new: str) -> Playbook:
    assert TEXT.count(old) >= 1
    return parse_playbook(TEXT.replace(old, new, 1), "ours.toml", 3, stored=True)


def test_a_text_adopted_before_there_were_so_many_keys_still_holds() -> None:
    keys = ("longest_pause", "extension_approvers", "taken_for", "digest_at", "assignment")
    lines = [line for line in TEXT.splitlines() if not line.startswith((*keys, "low"))]
    old = "\n".join(lines)
    for kind in OPTIONAL:
        head, found, rest = old.partition(f"[clocks.{kind}]")
        old = head + rest[rest.index("\n[") + 1 :] if found else old
    found = parse_playbook(old)
    assert set(found.clocks) == set(REQUIRED)
    assert found.longest_pause == timedelta(days=30)
    assert (str(found.taken_for), found.digest_at.hour) == ("2 hours", 7)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("negative_at = 2 ", "colour = 3\nnegative_at = 2 ", "colour"),
        ("[clocks.listen]", '[clocks.sing]\nspan = "1 day"\n[clocks.listen]', "clocks.sing"),
        ('calendar = "duty"', 'calendar = "duty"\nloud = true', "clocks.acknowledge.loud"),
        ("low = true", "low = true\nloud = true", "ladders.standard.0.loud"),
    ],
)
def test_what_a_stored_text_says_that_is_not_known_here_warns_and_stops_no_case(
    old: str, new: str, key: str
) -> None:
    found = stored(old, new)
    assert found == replace(PLAYBOOK, version=3, text=found.text)
    (warning,) = found.warnings
    assert f", {key}: " in warning
    assert len(wrong(old, new)) == 1  # a person who adopts it is told


def test_a_stored_override_for_cases_nobody_knows_here_is_for_none() -> None:
    more = '\n[[overrides]]\nwhen = {moon = "full"}\nclocks.reach = {span = "1 day"}\n'
    found = parse_playbook(TEXT + more, stored=True)
    assert found.overrides == ()
    assert "'moon' is not known here" in found.warnings[0]


def test_a_stored_text_whose_figures_are_wrong_is_refused_all_the_same() -> None:
    with pytest.raises(PlaybookError, match="'7 moons' is no span"):
        stored('span = "7 days"', 'span = "7 moons"')


# The keys of the whole


def test_the_practices_own_settings_are_read() -> None:
    assert PLAYBOOK.longest_pause == timedelta(days=30)
    assert PLAYBOOK.extension_approvers == ("manager", "chief")
    assert PLAYBOOK.digest_at == time(7, 30)
    assert (PLAYBOOK.assignment, PLAYBOOK.open_cases_at_most) == ("clinic_director", None)


def test_how_long_a_ladder_is_held_may_differ_by_clock() -> None:
    text = TEXT.replace('ladder = "safety"', 'ladder = "safety"\ntaken_for = "30 minutes"', 1)
    found = parse_playbook(text)
    assert (str(found.held_for("safety")), str(found.held_for("reach"))) == (
        "30 minutes",
        "2 hours",
    )


def test_only_reminders_are_low_and_none_of_the_safety_ladder() -> None:
    for name in ready_made():
        for promise in read_playbook(ready_made()[name]).clocks.values():
            assert all(rung.means == "remind" for rung in promise.ladder if rung.low)
            assert not any(rung.low and rung.at_once for rung in promise.ladder)


def test_a_rung_before_the_due_time_says_so_and_is_in_time() -> None:
    first, *_, last = PLAYBOOK.clocks["promise"].ladder
    assert (str(first), first.in_time, first.before) == (
        "due - 1 day: remind owner",
        True,
        Span(days=1),
    )
    assert not last.in_time


def test_a_misspelt_stage_is_named_with_the_stages_there_are() -> None:
    missing, unknown = wrong("[clocks.listen]", "[clocks.lissten]")
    assert (
        missing == "ours.toml, line 1, clocks: the clock 'listen' is missing; add [clocks.listen]"
    )
    assert unknown == (
        f"ours.toml, line {line_of('[clocks.listen]')}, clocks.lissten: there is no stage or clock "
        f"'lissten'; the clocks are: {', '.join(CLOCKS)}"
    )
    assert unknown.split("are: ")[1].startswith("acknowledge, first_try, reach, listen, resolve, ")


def test_a_clock_without_a_span_is_found_at_its_head() -> None:
    assert wrong('span = "7 days"\n', "") == [
        f"ours.toml, line {line_of('[clocks.resolve]')}, clocks.resolve.span: None is no span; "
        "write '4 hours', '2 days' or '15 minutes'"
    ]


def test_an_empty_playbook_misses_every_clock() -> None:
    with pytest.raises(PlaybookError) as caught:
        parse_playbook("", "ours.toml")
    assert [kind for kind in CLOCKS if f"[clocks.{kind}]" in str(caught.value)] == list(REQUIRED)


def test_all_mistakes_are_told_at_once_in_any_order() -> None:
    text = TEXT.replace('span = "7 days"', 'span = "7 moons"', 1)
    text = text.replace('["manager"]', '["boss"]')
    with pytest.raises(PlaybookError) as caught:
        parse_playbook(text.replace("negative_at = 2 ", "negative_at = 9 "), "ours.toml")
    told = str(caught.value).splitlines()
    ladders = sum('tell = ["manager"]' in line for line in TEXT.splitlines())
    assert len(told) == len(set(told)) == ladders + 2
    assert sum("'boss' is no role" in each for each in told) == ladders > 3
    assert sum("'7 moons' is no span" in each for each in told) == 1
    assert sum("negative_at: 9" in each for each in told) == 1


@pytest.mark.parametrize(
    "text",
    [
        "clocks = 3",
        "ladders = 3",
        "calendars = 3",
        "calendars = {duty = 3}",
        "calendars = {duty = {sat = [3]}}",
        "calendars = {duty = {caturday = ['09:00-10:00']}}",
        "calendars = {night = {}}",
        "ladders = {standard = 3}",
        "ladders = {standard = [3]}",
        "ladders = {standard = [{at = [1], tell = [[]], means = {}, times = nan, at_once = 1}]}",
        "clocks = {reach = 3}",
        "clocks = {reach = {span = [], calendar = {}, ladder = {}, promise = 1}}",
        "clocks = {reach = {span = '99999999999999999999 days'}}",
        "contact_channels = []",
        "contact_channels = [[1]]",
        "contact_tries = inf",
        "reopen_within = '999999 hours'",
        "reopen_within = 2020-01-01",
        "digest_at = 07:30:00",
        "assignment = [[1]]",
        "taken_for = {}",
        "open_cases_at_most = inf",
        "extension_approvers = {}",
        "overrides = {}",
        "overrides = [[]]",
        "overrides = [{when = 3}]",
        "overrides = [{when = {severity = [[1]]}, clocks = 3}]",
        "overrides = [{when = {clinic = []}, clocks = {reach = 3}}]",
        "overrides = [{when = {clinic = 'x'}, clocks = {moon = {}}, assignment = {}}]",
        "ladders = {standard = [{at = 'due - 0 hours', tell = ['owner'], low = 1, times = 2}]}",
    ],
)
def test_whatever_the_shape_a_mistake_is_told_and_never_crashes(text: str) -> None:
    empty = len(_mistakes(""))
    # A clock that is there, though wrong, is not missing.
    present = 1 if text.startswith("clocks = {") else 0
    assert len(_mistakes(text)) > empty - present


def _mistakes(text: str) -> list[str]:
    with pytest.raises(PlaybookError) as caught:
        parse_playbook(text, "ours.toml")
    return str(caught.value).splitlines()


def test_a_duty_day_may_be_given_as_closed() -> None:
    closed = parse_playbook(TEXT.replace('sun = ["10:00-12:00"]', "sun = []"))
    assert closed.duty["sun"] == ()


def test_a_duty_day_given_twice_is_found() -> None:
    twice = wrong('sun = ["10:00-12:00"]', 'sat-sun = ["10:00-12:00"]')
    assert twice == [
        f"ours.toml, line {line_of('[calendars.duty]')}, calendars.duty: "
        "'sat' is given twice (again in 'sat-sun')"
    ]


def test_broken_toml_names_the_line() -> None:
    with pytest.raises(PlaybookError, match=r"^ours\.toml: not readable as TOML: .*line 2"):
        parse_playbook('name = "practice"\nnegative_at = = 2\n', "ours.toml")


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=r"gone\.toml: cannot be read: No such file"):
        read_playbook(tmp_path / "gone.toml")


def test_a_folder_is_no_playbook(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=r"cannot be read: Is a directory"):
        read_playbook(tmp_path)


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_bytes('name = "Käthe"'.encode("latin-1"))
    with pytest.raises(PlaybookError, match=r"ours\.toml: cannot be read: it is not UTF-8 text"):
        read_playbook(path)
