"""What the sources show becomes reviews and cases, once; a source that fails stops no other."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cases.arriving import seeing
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.judging.triage import triage as real_triage
from cases.models import Clinic, Source
from cases.ports import Capabilities, Page, SeenReview
from cases.practice import add_source
from cases.viewers import ENGINE
from flows import intake, platforms
from flows.house import House
from reviews import connect as real_connect
from tests.builders import DAY, HOUR, T0, a_clinic, a_seen_review
from tests.story import Story

WORDS = "Waited two hours and nobody said sorry."


def house_of(story: Story) -> House:
    return House(story.settings, story.store, "intake", story.now, story.ids)


def take(story: Story, *seen: SeenReview, since: datetime | None = None) -> dict[str, int]:
    return intake.take(house_of(story), seen, since=since)


def connect(story: Story, name: str, place: Path, **facts: object) -> None:
    change = add_source(name, "folder", str(place), Moment(T0, "setup", story.ids))
    (added,) = change.adds
    moment = Moment(T0, "setup", story.ids)
    values = {**added.values, **facts}
    events = [Happened("added")]
    named = Change(
        About(Source, values["id"], 0), moment, adds=[Add(Source, values)], events=events
    )
    assert story.store.apply([named]).applied


def source(story: Story, name: str = "board") -> Source:
    return next(each for each in story.store.sources() if each.name == name)


def drop(folder: Path, **row: object) -> None:
    (folder / "in").mkdir(parents=True, exist_ok=True)
    usual = {"rating": 2, "text": WORDS, "clinic": "elm-street", "posted_at": T0.isoformat()}
    (folder / "in" / f"{row['id']}.json").write_text(json.dumps([{**usual, **row}]))


def test_a_review_fetched_again_is_one_review(story: Story) -> None:
    story.review("r1", WORDS, stars=2)
    assert story.run("intake")["cases"] == 1
    story.now += HOUR
    done = story.run("intake")
    assert (done["seen"], done["new"], done["edited"], done["cases"]) == (1, 0, 0, 0)
    assert story.events().count("opened") == 1


def test_a_source_that_fails_is_noted_and_the_others_are_read(story: Story, tmp_path: Path) -> None:
    connect(story, "a lost one", tmp_path / "nowhere")
    story.review("r1", WORDS, stars=2)
    done = story.run("intake")
    assert (done["failed_sources"], done["cases"]) == (1, 1)
    lost = source(story, "a lost one")
    assert (lost.failed_code, lost.failed_at, lost.read_until) == (
        "folder-missing", story.now, None,
    )  # fmt: skip
    assert source(story).read_until == story.now


def test_a_source_that_works_again_is_not_failed_any_more(story: Story, tmp_path: Path) -> None:
    place = tmp_path / "late"
    connect(story, "late", place)
    story.run("intake")
    drop(place, id="x1")
    story.now += HOUR
    assert story.run("intake")["cases"] == 1
    found = source(story, "late")
    assert (found.failed_at, found.failed_code, found.read_until) == (None, "", story.now)


def test_a_platform_nobody_wrote_is_noted_and_the_others_are_read(story: Story) -> None:
    moment = Moment(T0, "setup", story.ids)
    story.store.apply([add_source("odd", "carrier-pigeon", "roof", moment)])
    story.review("r1", WORDS, stars=2)
    assert story.run("intake")["cases"] == 1
    assert source(story, "odd").failed_at == story.now


def test_an_adapter_with_a_defect_stops_no_other_source(
    story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    def broken(found: Source, access: object) -> object:
        if found.name == "odd":
            raise KeyError("canary")
        return real_connect(found)

    connect(story, "odd", Path("anywhere"))
    monkeypatch.setattr(platforms, "connect", broken)
    story.review("r1", WORDS, stars=2)
    assert story.run("intake")["cases"] == 1
    assert source(story, "odd").failed_code == "KeyError"
    assert "canary" not in caplog.text


def test_one_review_that_cannot_be_answered_stops_no_other(
    story: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    def touchy(text: str, *given: object) -> object:
        if "canary" in text:
            raise ArithmeticError(text)
        return real_triage(text, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(seeing, "triage", touchy)
    bad = a_seen_review("canary", external_id="r1")
    done = take(story, bad, a_seen_review(external_id="r2"))
    assert (done["refused"], done["new"], done["cases"]) == (1, 1, 1)
    assert "ArithmeticError" in caplog.text
    assert "canary" not in caplog.text


def test_an_edit_keeps_the_old_words_and_opens_nothing_new(story: Story) -> None:
    take(story, a_seen_review())
    done = take(story, a_seen_review("Three hours, now that I think of it."))
    assert (done["edited"], done["cases"], done["new"]) == (1, 0, 0)
    (old,) = story.case().versions
    assert old.text == "Two hours late and nobody said sorry."
    assert "review_edited" in story.events()


def test_of_two_in_one_batch_the_later_one_is_how_it_stands(story: Story) -> None:
    done = take(story, a_seen_review("First words, a long wait."), a_seen_review("Last words."))
    assert (done["seen"], done["new"], done["cases"]) == (2, 1, 1)
    assert story.case().review.text == "Last words."
    assert story.case().versions == []


def test_two_of_the_same_in_two_batches_are_a_review_and_its_edit(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_BATCH", 1)
    done = take(story, a_seen_review("First words, a long wait."), a_seen_review("Last words."))
    assert (done["new"], done["edited"], done["cases"]) == (1, 1, 1)


def test_intakes_at_once_open_one_case_a_review(story: Story) -> None:
    seen = [a_seen_review(external_id=f"r{number}") for number in range(8)]
    start, done = threading.Barrier(3), list[dict[str, int]]()

    def work() -> None:
        start.wait()
        house = House(story.settings, story.store, "intake", story.now)
        done.append(intake.take(house, seen, since=None))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(each["cases"] for each in done) == 8
    assert sum(each["refused"] for each in done) == 0
    assert len(story.store.cases(ENGINE)) == 8


def test_a_review_of_a_clinic_we_do_not_know_is_left_out_and_counted(
    story: Story, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drop(story.folder, id="r1", clinic="somewhere-else")
    with caplog.at_level(logging.WARNING):
        done = story.run("intake")
    assert (done["no_clinic"], done["new"]) == (1, 0)
    assert "1 reviews name no clinic we know" in caplog.text
    second = a_clinic(id="else", slug="somewhere-else", name="Somewhere Else")
    values = second.model_dump(exclude={"version", "head_seq", "head_mac"})
    moment, added = Moment(story.now, "setup", story.ids), [Happened("added")]
    adds = [Add(Clinic, values)]
    story.store.apply([Change(About(Clinic, "else", 0), moment, adds=adds, events=added)])
    assert story.run("intake")["new"] == 1  # once the clinic is known


def test_a_source_of_one_clinic_needs_no_clinic_in_its_rows(story: Story, tmp_path: Path) -> None:
    drop(tmp_path / "elm", id="x1", clinic="")
    connect(story, "elm only", tmp_path / "elm", clinic_id="elm")
    assert story.run("intake")["cases"] == 1


def test_a_review_that_reaches_us_a_day_late_still_opens_a_case(story: Story) -> None:
    """A daily export, or a platform that looks at reviews first: posted before we last read."""
    story.run("intake")
    story.now += DAY
    story.run("intake")
    drop(story.folder, id="r1", posted_at=(story.now - 20 * HOUR).isoformat())
    assert story.run("intake")["cases"] == 1


def test_after_a_long_outage_what_was_posted_meanwhile_opens_cases(story: Story) -> None:
    story.run("intake")
    story.now += 60 * DAY
    drop(story.folder, id="r1", posted_at=(story.now - 50 * DAY).isoformat())
    assert story.run("intake")["cases"] == 1


def test_what_is_older_than_we_look_back_is_history_and_opens_no_case(story: Story) -> None:
    drop(story.folder, id="old", posted_at=(story.now - 400 * DAY).isoformat())
    drop(story.folder, id="new", posted_at=(story.now - DAY).isoformat())
    done = story.run("intake")
    assert (done["new"], done["cases"]) == (2, 1)


def test_since_is_the_first_instant_that_is_news(story: Story) -> None:
    before = a_seen_review(external_id="r1", posted_at=T0 - timedelta(seconds=1))
    after = a_seen_review(external_id="r2", posted_at=T0)
    undated = a_seen_review(external_id="r3", posted_at=None)
    assert take(story, before, after, undated, since=T0)["cases"] == 2


def test_a_good_review_is_kept_and_opens_nothing(story: Story) -> None:
    kind = a_seen_review("Wonderful, kind and on time. Thank you!", rating=Decimal(5))
    assert take(story, kind)["cases"] == 0
    assert take(story, a_seen_review("Rude. Never again.", rating=Decimal(1)))["cases"] == 1


def test_a_source_read_meanwhile_by_another_keeps_what_was_written(story: Story) -> None:
    """Two fetch at once: the later one's note about the source is stale, and nothing is lost."""
    story.review("r1", WORDS, stars=2)
    board, moment = source(story), Moment(story.now, "other", story.ids)

    class Meanwhile:
        can = Capabilities(pull=True)

        def pages(self, since: datetime, cursor: str, full: bool) -> Iterator[Page]:
            sets = [Set(Source, board.id, {"read_until": story.now})]
            events = [Happened("source_read")]
            story.store.apply([Change(about(board), moment, sets=sets, events=events)])
            yield Page((a_seen_review(),))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(platforms, "connect", lambda *_: Meanwhile())
        assert story.run("intake")["cases"] == 1
    assert source(story).read_until == story.now
