"""A source is read page by page and goes on after a kill; trouble is told once, to one person."""

import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases.arriving.sources import set_active
from cases.changes import About, Add, Change, Happened, Moment
from cases.models import Review, Source
from cases.ports import Capabilities, Page, PlatformError, SeenReview, reply_mark
from cases.store import Store
from cases.viewers import ENGINE
from flows import platforms
from reviews import connect as real_connect
from tests.builders import ADMIN, DAY, DIRECTOR, HOUR, MINUTE, T0, a_seen_review
from tests.story import Story

WORDS = "Waited two hours and nobody said sorry."
CAN = Capabilities(pull=True, look=True, lists_all=True)


@dataclass
class Board:
    """A platform with as many reviews as a test likes, the newest first, in pages of fifty."""

    reviews: list[SeenReview] = field(default_factory=list)
    can: Capabilities = CAN
    error: Exception | None = None
    dies_after: int = 10_000  # pages
    size: int = 50
    asked: list[tuple[str, bool]] = field(default_factory=list)  # (cursor, full) of each reading
    pages_read: int = 0
    name = "board"

    def pages(self, since: datetime, cursor: str = "", full: bool = False) -> Iterator[Page]:
        self.asked.append((cursor, full))
        if self.error is not None:
            raise self.error
        start = int(cursor or 0)
        while True:
            if self.pages_read >= self.dies_after:
                raise KeyboardInterrupt
            some = self.reviews[start : start + self.size]
            start += self.size
            last = start >= len(self.reviews)
            self.pages_read += 1
            yield Page(tuple(some), str(start), whole=full and last)
            old = some and some[-1].posted_at is not None and some[-1].posted_at < since
            if last or (old and not full):
                return

    def look(self, external_id: str) -> SeenReview | None:
        return next((each for each in self.reviews if each.external_id == external_id), None)


def seen(number: int, **changes: Any) -> SeenReview:
    posted = T0 - timedelta(hours=number)
    usual = {"posted_at": posted, "rating": Decimal(4), "author": f"author_{number}"}
    return a_seen_review(f"Number {number}.", external_id=f"n{number}", **{**usual, **changes})


@pytest.fixture
def board(story: Story, monkeypatch: pytest.MonkeyPatch) -> Board:
    """The practice's only source is the board."""
    found = Board()
    moment = Moment(T0, "setup", story.ids)
    (folder,) = story.store.sources()
    story.store.apply([set_active(folder, False, moment)])
    add_source(story, "board-two", "google")
    monkeypatch.setattr(platforms, "connect", lambda *_: found)
    return found


def add_source(story: Story, name: str, platform: str, **facts: object) -> None:
    values = {"id": name, "name": name, "platform": platform, "place": "there", **facts}
    change = Change(
        About(Source, name, 0), Moment(T0, "setup", story.ids), adds=[Add(Source, values)],
        events=[Happened("added")],
    )  # fmt: skip
    assert story.store.apply([change]).applied


def source(story: Story) -> Source:
    (found,) = story.store.sources()
    return found


def review(story: Story, number: int) -> Review:
    key = ("google", f"n{number}")
    return story.store.known_reviews([key])[key]


def test_a_first_reading_that_is_killed_goes_on_where_it_was(story: Story, board: Board) -> None:
    board.reviews, board.dies_after = [seen(n) for n in range(500)], 4
    with pytest.raises(KeyboardInterrupt):
        story.run("intake")
    assert source(story).cursor == "200"
    board.dies_after = 10_000
    done = story.run("intake")
    assert board.asked == [("", True), ("200", True)]
    assert done["new"] == 300
    assert (source(story).cursor, source(story).began_at) == ("", None)
    everything = story.store.known_reviews(("google", f"n{n}") for n in range(500))
    assert len(everything) == 500


def test_a_reading_that_goes_on_later_misses_nothing_that_came_meanwhile(
    story: Story, board: Board
) -> None:
    board.reviews, board.dies_after = [seen(n) for n in range(100)], 1
    with pytest.raises(KeyboardInterrupt):
        story.run("intake")
    began = story.now
    story.now += HOUR
    board.dies_after = 10_000
    story.run("intake")
    assert source(story).read_until == began  # not when it ended


def test_after_the_first_reading_only_what_is_new_is_read(story: Story, board: Board) -> None:
    board.reviews = [seen(n) for n in range(2_000)]
    story.run("intake")
    board.pages_read = 0
    story.now += HOUR
    board.reviews.insert(0, seen(-1))
    assert story.run("intake")["new"] == 1
    assert board.pages_read <= 3
    assert board.asked[-1] == ("", False)


def test_memory_stays_flat_however_many_reviews_there_are(story: Story, board: Board) -> None:
    board.reviews = [seen(n) for n in range(3_000)]
    tracemalloc.start()
    try:
        story.run("intake")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 20 * 1024 * 1024


def test_what_two_full_lists_a_week_apart_do_not_show_is_gone(story: Story, board: Board) -> None:
    board.reviews = [seen(n) for n in range(60)]
    story.run("intake")
    lost = board.reviews.pop(30)
    story.now += 7 * DAY
    story.run("intake")
    assert review(story, 30).missing_at == story.now
    assert review(story, 30).gone_at is None
    story.now += 7 * DAY
    story.run("intake")
    assert review(story, 30).gone_at == story.now
    board.reviews.insert(30, lost)
    story.now += 7 * DAY
    story.run("intake")
    assert review(story, 30).gone_at is None


def test_what_a_list_leaves_out_but_can_be_looked_at_is_not_gone(
    story: Story, board: Board
) -> None:
    board.reviews = [seen(n) for n in range(60)]
    story.run("intake")
    hidden = board.reviews.pop(30)
    board.look = lambda external_id: hidden  # type: ignore[method-assign]
    for _ in range(2):
        story.now += 7 * DAY
        story.run("intake")
    assert review(story, 30).gone_at is None


def test_a_list_that_lacks_half_of_all_is_not_believed(story: Story, board: Board) -> None:
    board.reviews = [seen(n) for n in range(100)]
    story.run("intake")
    board.reviews = board.reviews[:10]
    story.now += 7 * DAY
    assert story.run("intake")["failed_sources"] == 1
    assert source(story).failed_code == "list-short"
    assert review(story, 50).missing_at is None


def test_a_source_that_fails_is_left_alone_ever_longer(story: Story, board: Board) -> None:
    board.error = PlatformError("google-500", "no")
    for _ in range(24 * 4):
        story.run("intake")
        story.now += 15 * MINUTE
    assert 5 <= len(board.asked) <= 12
    board.error = None
    story.now += 6 * HOUR
    story.run("intake")
    assert (source(story).failed_since, source(story).failed_count) == (None, 0)


def test_a_source_that_names_a_time_is_not_asked_before(story: Story, board: Board) -> None:
    board.error = PlatformError("google-429-limit", "no", retry_after=2 * HOUR)
    story.run("intake")
    story.now += 2 * HOUR - MINUTE
    story.run("intake")
    assert len(board.asked) == 1
    story.now += MINUTE
    story.run("intake")
    assert len(board.asked) == 2


def told(story: Story, name: str, words: str) -> int:
    story.run("deliver")
    return len([each for each in story.mail_to(name) if words in each])


def test_a_source_that_fails_for_long_is_told_once_to_the_administrator(
    story: Story, board: Board
) -> None:
    board.error = PlatformError("google-500", "no")
    story.run("intake")
    assert told(story, ADMIN, "no longer come in") == 0
    for _ in range(12):
        story.now += 2 * HOUR
        story.run("intake")
    assert told(story, ADMIN, "no longer come in") == 1


def test_an_expired_sign_in_is_told_at_once_and_to_who_looks_after_it(
    story: Story, board: Board
) -> None:
    (old,) = story.store.sources()
    story.store.apply([set_active(old, False, Moment(T0, "setup", story.ids))])
    add_source(story, "mine", "google", owner_id=DIRECTOR)
    board.error = PlatformError("google-401-auth", "no", permanent=True)
    story.run("intake")
    assert told(story, DIRECTOR, "no longer come in") == 1
    assert told(story, ADMIN, "no longer come in") == 0


def test_a_cursor_the_platform_takes_no_more_is_given_up(story: Story, board: Board) -> None:
    board.reviews, board.dies_after = [seen(n) for n in range(100)], 1
    with pytest.raises(KeyboardInterrupt):
        story.run("intake")
    board.dies_after, board.error = 10_000, PlatformError("google-400", "no", permanent=True)
    story.run("intake")
    board.error = None
    story.now += HOUR
    assert story.run("intake")["new"] == 50
    assert board.asked[-1] == ("", True)


def test_a_source_that_falls_silent_is_asked_about_once(story: Story, board: Board) -> None:
    board.reviews = [seen(1)]
    story.run("intake")
    for _ in range(33):
        story.now += DAY
        story.run("intake")
    assert told(story, ADMIN, "for a long time") == 1
    board.reviews.insert(0, seen(0, posted_at=story.now))
    story.run("intake")
    assert source(story).last_seen_at == story.now


def test_what_may_be_kept_a_day_is_let_go_of_after_a_day(story: Story, board: Board) -> None:
    board.can = replace(CAN, keep_text=DAY, may_analyse=False)
    board.reviews = [a_seen_review("They lied. I will sue.", external_id="n1", rating=Decimal(1))]
    story.run("intake")
    kept = review(story, 1)
    assert kept.text
    assert kept.because == [each for each in kept.because if "threat" not in each]
    story.now += DAY
    assert story.run("intake")["purged"] == 1
    after = review(story, 1)
    assert (after.text, after.purged_at) == ("", story.now)
    assert (after.rating, after.digest, after.case_id) == (kept.rating, kept.digest, kept.case_id)
    assert story.run("intake")["edited"] == 0  # seen again, it is no edit


def mailed(**changes: Any) -> SeenReview:
    """The beginning of a review, as an alert mail shows it."""
    usual = {"external_id": "mail-1", "author": "Quiet River", "cut": True, "rating": Decimal(2)}
    return a_seen_review("Waited two hours past my time", **{**usual, **changes})


def whole(**changes: Any) -> SeenReview:
    usual = {"external_id": "native-1", "author": "quiet river", "rating": Decimal(2)}
    words = "Waited two hours past my time, and nobody said sorry. The desk shrugged."
    return a_seen_review(words, **{**usual, **changes})


def by(story: Story, name: str, can: Capabilities, *seen: SeenReview) -> dict[str, int]:
    """Let a source show these reviews."""
    with pytest.MonkeyPatch.context() as patch:
        boards = {name: Board(list(seen), can)}
        silent = Board([], Capabilities())
        patch.setattr(platforms, "connect", lambda source, _: boards.get(source.name, silent))
        story.now += HOUR
        return story.run("intake")


@pytest.fixture
def routes(story: Story) -> Story:
    add_source(story, "alerts", "mail")
    add_source(story, "profile", "google")
    return story


def test_the_same_review_by_mail_and_by_api_is_one_case(routes: Story) -> None:
    assert by(routes, "alerts", Capabilities(pull=True), mailed())["cases"] == 1
    done = by(routes, "profile", CAN, whole())
    assert (done["new"], done["cases"], done["linked"]) == (0, 0, 1)
    review = routes.case().review
    assert review.text.endswith("The desk shrugged.")
    assert (review.external_id, review.source_id, review.cut) == ("native-1", "profile", False)
    assert len(routes.store.cases(ENGINE)) == 1


def test_neither_route_takes_the_other_ones_words_for_an_edit(routes: Story) -> None:
    by(routes, "alerts", Capabilities(pull=True), mailed())
    by(routes, "profile", CAN, whole())
    assert by(routes, "alerts", Capabilities(pull=True), mailed())["edited"] == 0
    assert by(routes, "profile", CAN, whole())["edited"] == 0
    edited = by(routes, "profile", CAN, replace(whole(), text="It got worse: three hours."))
    assert edited["edited"] == 1


def test_the_same_review_by_an_aggregator_keeps_its_own_id(routes: Story) -> None:
    by(routes, "profile", CAN, whole())
    done = by(routes, "alerts", Capabilities(pull=True), whole(external_id="agg-77"))
    assert (done["new"], done["linked"]) == (0, 1)
    assert routes.case().review.external_id == "native-1"
    (other,) = routes.store.routes(routes.case().review.id)
    assert (other.external_id, other.source_id) == ("agg-77", "alerts")


@pytest.mark.parametrize(
    "other",
    [
        {"author": "loud_river"},
        {"rating": Decimal(1)},
        {"platform": "yelp"},
        {"author": ""},
    ],
)
def test_what_might_be_somebody_elses_stays_a_review_of_its_own(
    routes: Story, other: dict[str, Any]
) -> None:
    by(routes, "profile", CAN, whole())
    assert by(routes, "alerts", Capabilities(pull=True), mailed(**other))["new"] == 1


def test_two_alike_from_one_source_are_two(routes: Story) -> None:
    done = by(routes, "profile", CAN, whole(), whole(external_id="native-2"))
    assert (done["new"], done["linked"]) == (2, 0)


def test_an_older_push_does_not_undo_a_newer_edit(routes: Story) -> None:
    newer = whole(updated_at=T0 + HOUR)
    by(routes, "profile", CAN, newer)
    older = replace(newer, text="Only one hour, I think.", updated_at=T0)
    assert by(routes, "profile", CAN, older)["edited"] == 0


def test_a_reply_somebody_wrote_at_the_platform_is_noticed(routes: Story) -> None:
    by(routes, "profile", CAN, whole(reply=""))
    by(routes, "profile", CAN, whole(reply="Call us!"))
    assert routes.case().review.reply_mark == reply_mark("Call us!")
    assert routes.events().count("reply_foreign") == 1
    routes.run("deliver")
    assert any("another reply stands" in each for each in routes.mail_to(DIRECTOR))
    by(routes, "profile", CAN, whole(reply="Call us!"))
    assert routes.events().count("reply_foreign") == 1


def test_a_token_that_rotates_is_kept_sealed_and_read_again(story: Story, store: Store) -> None:
    (source,) = story.store.sources()
    house = platforms.House(story.settings, story.store, "intake", story.now, story.ids)
    access = platforms.access(house, source)
    access.keep("refresh_token", "second")
    assert access.secret("refresh_token").get_secret_value() == "second"
    again = platforms.access(house, source)
    assert again.need("refresh_token") == "second"
    row = story.store.source(source.id)
    assert row is not None
    assert "second" not in json.dumps(row.tokens)


def test_a_real_folder_is_connected_by_its_name(story: Story) -> None:
    (source,) = story.store.sources()
    assert real_connect(source).name == "folder"


def test_a_private_message_to_our_page_is_owed_an_answer_and_no_public_reply(
    routes: Story,
) -> None:
    ask = whole(kind="message", rating=None)
    asked = replace(ask, text="When do you open on Friday?")
    assert by(routes, "profile", CAN, asked)["cases"] == 1
    case = routes.case().case
    assert (case.stage, case.acknowledged_how) == ("contact", "none: platform_allows_none")
