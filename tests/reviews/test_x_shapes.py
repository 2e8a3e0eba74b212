"""How X counts a post, and that nothing X sends ends the reading."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import thread_time
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Source
from cases.ports import PlatformError, PublicReply
from reviews.access import Access
from reviews.x import X
from reviews.x_meter import problem
from reviews.x_shapes import (
    handles,
    has_link,
    history,
    id_at,
    is_missing,
    length,
    seen,
    summons,
    time_of,
    turn_of,
)
from tests.builders import T0
from tests.platforms.x_fake import US, XFake

SPEC = Path(__file__).parents[3] / "shared" / "specs" / "x_api_v2_subset.json"
NAMES = (
    "data", "includes", "users", "posts", "tweets", "errors", "type", "id", "text", "author_id",
    "username", "created_at", "entities", "mentions", "referenced_posts", "referenced_tweets",
    "edit_history_post_ids", "edit_history_tweet_ids", "note_post", "note_tweet", "meta",
)  # fmt: skip
ODD = st.text() | st.sampled_from(["9001", "9" * 19, "9" * 25, "٣", "\ud800", "quoted", "\x00"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | ODD,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner)
    ),
)


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ("", 0),
        ("We are sorry.", 13),
        ("é", 1),
        ("e\u0301", 1),  # composed before it is counted
        ("漢字", 4),
        ("한국", 4),
        ("“Sorry” – really…", 18),  # an ellipsis counts two
        ("😀", 2),
        ("👩‍⚕️", 2),  # a sequence that shows as one
        ("👨‍👩‍👧‍👦", 2),
        ("👍🏽", 2),
        ("🇺🇸🇨🇦", 4),
        ("1️⃣", 2),
        ("☎ ☎️", 5),
        ("© 2026", 6),
        ("https://elm.example/a/very/long/way?to=be", 23),
        ("See https://elm.example.", 28),
        ("elm.com and oak.org/x", 51),
        ("care@elm.com", 12),  # a mail address is no link
        ("Dr.Field", 8),
    ],
)
def test_a_post_is_as_long_as_x_says(words: str, counts: int) -> None:
    assert length(words) == counts


def test_a_reply_of_280_fits_and_one_more_does_not() -> None:
    assert length("x" * 257 + " " + "https://elm.example/" + "y" * 500) == 281
    assert length("漢" * 140) == 280


@pytest.mark.parametrize(
    ("words", "is_so"), [("elm.com", True), ("https://a.b", True), ("a@elm.com", False)]
)
def test_a_link_is_known_beforehand(words: str, is_so: bool) -> None:
    assert has_link(words) == is_so


@given(st.text())
def test_a_text_counts_at_most_two_a_letter_and_a_link_at_most_23(words: str) -> None:
    assert 0 <= length(words) <= 23 * len(words)
    if not has_link(words):
        assert length(words) <= 3 * len(words)  # some letters are composed of three


@given(st.text(alphabet="ab.:/ ht\u200d\ufe0f😀👩漢1\u20e3©", max_size=60), st.integers(1, 5))
def test_words_apart_count_as_much_as_they_do_alone(words: str, times: int) -> None:
    alone = length(words)
    assert length(" \n ".join([words] * times)) == alone * times + 3 * (times - 1)


@pytest.mark.parametrize(
    "part",
    ["👩\u200d", "a.", "https://", "x@", "1\ufe0f", "🇺", "e\u0301", "a-", "aaaaaaaa.", "漢"],
)
def test_a_length_is_counted_in_linear_time(part: str) -> None:
    def taken(size: int) -> float:
        words = part * size
        begun = thread_time()
        length(words)
        return thread_time() - begun

    taken(1_000)
    small, large = min(taken(5_000) for _ in range(5)), min(taken(50_000) for _ in range(5))
    assert large < 40 * small + 0.001


@given(st.floats(1_325_376_000, 3_471_292_800))  # from 2012 to 2080
def test_an_id_holds_its_time(at: float) -> None:
    when = datetime.fromtimestamp(at, UTC)
    found = time_of(id_at(when))
    assert found is not None
    assert timedelta(0) <= when - found < timedelta(milliseconds=2)


def test_before_ids_held_their_time_there_is_none() -> None:
    assert id_at(datetime(2000, 1, 1, tzinfo=UTC)) == ""
    assert time_of("20") is None


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_page_ends_the_reading(raw: dict[str, Any]) -> None:
    authors = handles(raw)
    found = seen(raw, authors, US)
    if found is not None:
        assert found.external_id.isascii()
        assert "\x00" not in found.text
        found.text.encode()
    assert isinstance(summons(raw, US), bool)
    assert isinstance(is_missing(raw), bool)
    history(raw)


@given(st.binary(max_size=200) | JSON.map(lambda told: json.dumps(told).encode()))
def test_no_refusal_ends_the_reading(body: bytes) -> None:
    assert isinstance(problem(httpx.Response(400, content=body)), str)


@given(st.text())
def test_no_cursor_but_ours_is_taken(cursor: str) -> None:
    with pytest.raises(PlatformError):
        turn_of(cursor)


if SPEC.exists():

    def test_the_fake_speaks_as_x_s_description_says() -> None:
        from jsonschema import (  # type: ignore[import-untyped]
            Draft202012Validator,
            FormatChecker,
        )

        spec = json.loads(SPEC.read_text())
        said = _talk()
        assert {what for what, _ in said} == {
            "GetUsersMentionsResponse", "GetPostsByIdResponse", "CreatePostsResponse",
            "HidePostsReplyResponse",
        }  # fmt: skip
        for what, told in said:
            schema = {"$ref": f"#/components/schemas/{what}", "components": spec["components"]}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(told)
            for post in [told["data"]] if "Id" in what and "data" in told else told.get("data", []):
                if isinstance(post, dict):
                    assert set(post) <= set(spec["components"]["schemas"]["Post"]["properties"])


def _talk() -> list[tuple[str, Any]]:
    """Return all that was said in a conversation that has everything in it."""
    kept: dict[str, str] = {}
    with XFake(T0) as fake:
        mine = fake.write("We are open.", mentions=(), author=US)
        post = fake.write("@elmstreet late", refers=[("replied_to", mine.states[0])])
        fake.write("@elmstreet much to say", long="@elmstreet much to say, and more")
        fake.edit(post, "@elmstreet late again")
        source = Source(id="x", name="x", platform="x", place=US)
        x = X(source, Access("x", fake.values, lambda: kept, kept.__setitem__))
        list(x.pages(T0))
        x.publish(PublicReply("r", "x", post.states[0], "We are sorry."))
        x.hide(post.states[0])
        assert x.look("12345") is None
        x.close()
        return fake.said
