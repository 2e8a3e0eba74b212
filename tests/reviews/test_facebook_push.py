"""What Facebook pushes: handshakes, signatures over the very bytes, batches, anything at all."""

import json
import time
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Source
from cases.ports import Page, PlatformError, SeenReview
from reviews.access import Access
from reviews.facebook import FacebookPushes
from reviews.facebook_graph import pause
from reviews.facebook_seen import message, recommendation, remark, rows_of
from tests.builders import HOUR, MINUTE, T0
from tests.platforms.facebook_fake import (
    PAGE,
    SECRET,
    WORD,
    FacebookFake,
    rating,
    remarked,
    signed,
)

PAGE_ITSELF = FacebookFake()  # only its pen is used here
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some, max_size=4) | st.dictionaries(st.text(), some, max_size=4),
    max_leaves=12,
)


def known(*names: str) -> st.SearchStrategy[dict[str, object]]:
    """Return objects with these names, each with its own sort of value or with anything."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, JSON))


def hooked(**changes: str) -> FacebookPushes:
    source = Source(id="page", name="page", platform="facebook", place=PAGE)
    values = {"app_secret": SECRET, "verify_token": WORD} | changes
    return FacebookPushes(source, Access("page", values))


def read(body: bytes) -> Page | None:
    return hooked().read(body, {})


def seen(body: bytes) -> list[SeenReview]:
    page = read(body)
    assert page is not None
    return list(page.reviews)


def shake(**query: str) -> Mapping[str, str]:
    usual = {"mode": "subscribe", "challenge": "1158201444", "verify_token": WORD}
    return {f"hub.{name}": value for name, value in (usual | query).items()}


def test_hands_are_shaken_with_who_knows_our_word() -> None:
    assert hooked().answer(shake()) == "1158201444"


@pytest.mark.parametrize(
    "query",
    [{"verify_token": "other"}, {"verify_token": "ß"}, {"mode": "unsubscribe"},
     {"challenge": "<script>"}],
)  # fmt: skip
def test_nobody_else_is_answered(query: dict[str, str]) -> None:
    assert hooked().answer(shake(**query)) is None


def test_without_a_word_of_ours_no_hand_is_shaken() -> None:
    assert hooked(verify_token="").answer(shake(verify_token="")) is None
    assert hooked().answer({}) is None


def test_the_signature_is_over_the_very_bytes() -> None:
    body = PAGE_ITSELF.push(rating("201", "Zu sp\u00e4t \U0001f61e"))
    hooked().verify(body, signed(body), T0)
    same = json.dumps(json.loads(body), ensure_ascii=False).encode()
    assert same != body
    with pytest.raises(PlatformError, match="signature"):
        hooked().verify(same, signed(body), T0)


@pytest.mark.parametrize(
    "header", ["", "sha256=", "sha256=00", "sha1=aa", "sha256=\u00df", "x" * 9999]
)
def test_a_forged_signature_is_refused(header: str) -> None:
    with pytest.raises(PlatformError) as caught:
        hooked().verify(b"{}", {"x-hub-signature-256": header}, T0)
    assert caught.value.trouble == "forged"


def test_without_the_app_s_secret_nothing_is_believed() -> None:
    with pytest.raises(PlatformError) as caught:
        hooked(app_secret="").verify(b"{}", signed(b"{}", ""), T0)
    assert caught.value.code == "facebook-no-secret"


def test_a_batch_tells_of_all_of_its_kinds() -> None:
    told = seen(PAGE_ITSELF.push(rating("201", "Rude."), remarked("1_5", "Late again.")))
    assert [(r.external_id, r.kind, r.recommends) for r in told] == [
        ("201", "recommendation", False),
        ("1_5", "comment", None),
    ]
    assert {r.posted_at for r in told} == {T0}


def test_of_one_thing_in_a_batch_the_latest_state_counts() -> None:
    older = json.loads(PAGE_ITSELF.push(rating("201", "Rude."), at=T0))
    newer = json.loads(PAGE_ITSELF.push(rating("201", "All is well.", "edit"), at=T0 + HOUR))
    both = {"object": "page", "entry": [*newer["entry"], *older["entry"]]}
    (told,) = seen(json.dumps(both).encode())
    assert (told.text, told.updated_at) == ("All is well.", T0 + HOUR)


def test_what_was_removed_is_named() -> None:
    page = read(PAGE_ITSELF.push(rating("201", "", "remove"), remarked("1_5", "", "remove")))
    assert page == Page((), gone=("201", "1_5"))


def test_our_own_words_and_reactions_tell_nothing() -> None:
    like = ("feed", {"item": "reaction", "verb": "add", "post_id": "1"})
    page = read(PAGE_ITSELF.push(remarked("1_6", "We are sorry.", who=PAGE), like))
    assert page == Page(())
    assert read(PAGE_ITSELF.push_message("m_1", "Yes.", PAGE)) == Page(())
    assert read(PAGE_ITSELF.push_message("m_2", "Yes.", is_echo=True)) == Page(())


def test_another_page_s_news_are_left_to_that_page() -> None:
    body = PAGE_ITSELF.push(rating("201", "Rude.")).replace(PAGE.encode(), b"2002")
    assert read(body) == Page(())


def test_a_mention_and_a_verb_nobody_knows_are_hints() -> None:
    assert read(PAGE_ITSELF.push(("mention", {"item": "post", "verb": "add"}))) is None
    assert read(PAGE_ITSELF.push(rating("201", "Rude.", "reconsider"))) is None


def test_a_private_message_says_who_and_when() -> None:
    (told,) = seen(PAGE_ITSELF.push_message("m_1", "Are you open?"))
    assert (told.kind, told.author_id, told.posted_at) == ("message", "psid:7001", T0)


def test_a_picture_without_words_is_a_message_too() -> None:
    attached = [{"type": "image", "payload": {"url": "https://x.example"}}, {"type": "<b>"}]
    (told,) = seen(PAGE_ITSELF.push_message("m_1", "", attachments=attached))
    assert told.text == "[without words: image]"


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"<html>", b"[" * 100_000, b"\xff", b'{"object": "user"}']
)
def test_what_is_no_push_is_unreadable(body: bytes) -> None:
    with pytest.raises(PlatformError) as caught:
        read(body)
    assert (caught.value.trouble, caught.value.permanent) == ("unreadable", True)


def test_text_no_database_takes_is_mended() -> None:
    body = PAGE_ITSELF.push(rating("201", "Rude\0 \U0001f61e")).replace(b"\\ude1e", b"")
    (told,) = seen(body)
    assert told.text == "Rude ?"
    told.text.encode()


VALUE = known(
    *("item", "verb", "open_graph_story_id", "review_text", "rating", "created_time", "message"),
    *("recommendation_type", "comment_id", "post_id", "from", "reviewer_id"),
)
CHANGE = st.fixed_dictionaries({
    "field": st.sampled_from(["ratings", "feed", "mention", "x"]),
    "value": VALUE.map(lambda v: {"item": "rating", "verb": "add"} | v)
    | VALUE.map(lambda v: {"verb": "add", "item": "comment", "comment_id": "1_1"} | v),
})  # fmt: skip
TOLD = st.fixed_dictionaries(
    {"message": known("mid", "text", "attachments", "is_echo")},
    optional={"sender": known("id"), "timestamp": JSON},
)


@given(st.lists(CHANGE, max_size=3), st.lists(TOLD, max_size=3), JSON)
def test_any_push_is_read_or_refused(changes: list[object], told: list[object], at: object) -> None:
    entry = {"id": PAGE, "time": at, "changes": changes, "messaging": told}
    page = read(json.dumps({"object": "page", "entry": [entry, at]}).encode())
    for each in page.reviews if page is not None else ():
        each.text.encode()
        assert each.external_id
        assert each.rating is None or 1 <= each.rating <= 5
        assert each.posted_at is None or each.posted_at.tzinfo


@given(
    st.binary(max_size=200)
    | JSON.map(lambda v: json.dumps({"object": "page", "entry": v}).encode())
)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read(body)
    except PlatformError as error:
        assert error.trouble == "unreadable"  # noqa: PT017


@given(JSON, known("id", "created_time", "rating", "review_text", "reviewer", "open_graph_story"),
       known("id", "message", "from", "created_time", "permalink_url"))  # fmt: skip
def test_any_row_of_an_edge_is_read_or_left_out(
    answer: object, row: dict[str, object], said: dict[str, object]
) -> None:
    rows_of(answer)
    for found in (recommendation(row, PAGE, T0), remark(said, PAGE, T0)):
        assert found is None or found.external_id
    message(answer, answer, answer, answer, answer)


@given(
    JSON.map(json.dumps) | st.text(), st.sampled_from(["x-app-usage", "x-business-use-case-usage"])
)
def test_any_usage_header_is_a_wait_or_none(value: str, name: str) -> None:
    found = pause({name: value})
    assert found is None or timedelta(0) < found <= 24 * HOUR


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ('{"1001": [{"call_count": 80}]}', 15 * MINUTE),
        ('{"1001": [{"call_count": 79}]}', None),
        ('{"a": [{"total_time": 100, "estimated_time_to_regain_access": 7}]}', 7 * MINUTE),
        ('{"a": [{"estimated_time_to_regain_access": 1e300}]}', 24 * HOUR),
        ('{"a": [{"call_count": NaN}], "b": "x", "c": [null]}', None),
    ],
)  # fmt: skip
def test_a_busy_page_is_left_alone_as_long_as_it_says(value: str, wait: timedelta | None) -> None:
    assert pause({"x-business-use-case-usage": value}) == wait


def test_a_push_of_a_megabyte_is_read_in_time_that_grows_with_it() -> None:
    def seconds(count: int) -> float:
        body = PAGE_ITSELF.push(*(remarked(f"1_{n}", "a" * 100) for n in range(count)))
        best = []
        for _ in range(5):
            began = time.thread_time()
            assert len(seen(body)) == count
            best.append(time.thread_time() - began)
        return min(best)

    assert seconds(2000) < 32 * seconds(250)  # eight times as much; its square is 64
