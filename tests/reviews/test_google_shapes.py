"""Whatever Google sends is read or left out, and never ends the reading."""

from __future__ import annotations

import json
from datetime import UTC, datetime
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
from reviews.google import Google
from reviews.google_shapes import all_seen, is_older, refused, seen, turn_of, words
from reviews.wire import instant
from tests.builders import DAY, T0
from tests.platforms.google_fake import PLACE, SUBSCRIPTION, GoogleFake

SPECS = Path(__file__).parents[3] / "shared" / "specs" / "google"
CONTRACT = SPECS / "mybusiness_v4_reviews.contract.json"
NAMES = (
    "reviews", "reviewId", "name", "reviewer", "displayName", "isAnonymous", "starRating",
    "comment", "createTime", "updateTime", "reviewReply", "reviewReplyState", "reviewReplyUrl",
    "policyViolation", "nextPageToken", "totalReviewCount", "error", "details", "reason",
    "metadata", "quota_limit_value", "retryDelay",
)  # fmt: skip
ODD = st.text() | st.sampled_from([
    "ONE", "\ud800", "\x00", "2026-11-02T14:00:00.123456789Z", "9999-12-31T23:59:59-23:59", "0s",
    "(Translated by Google) (Original) (Translated by Google)", "1e999s", "..", "https://x.example",
])  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner)
    ),
)


@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_review_ends_the_reading(raw: dict[str, Any]) -> None:
    found = seen(raw)
    if found is not None:
        assert found.external_id
        assert found.rating is None or 1 <= found.rating <= 5
        for each in (found.text, found.author, found.external_id, found.reply or ""):
            assert "\x00" not in each
            each.encode()  # no database takes half a character
    list(all_seen(raw))
    is_older(raw, T0)


@given(JSON, st.sampled_from([400, 401, 403, 429, 500]), st.booleans())
def test_no_refusal_ends_the_reading(body: Any, status: int, never_read: bool) -> None:
    response = httpx.Response(status, content=json.dumps(body).encode())
    found = refused(response, never_read=never_read)
    assert found is None or found.code.startswith("google-")
    plain = refused(httpx.Response(status, content=b"\xff<html>"), never_read=False)
    assert (plain is not None) == (status in (401, 429))


@given(st.text())
def test_no_cursor_but_ours_is_taken(cursor: str) -> None:
    if cursor:
        with pytest.raises(PlatformError):
            turn_of(cursor)


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 3))
def test_every_time_google_writes_is_read(at: datetime, thirds: int) -> None:
    digits = f".{at.microsecond:06d}000"[: 1 + 3 * thirds] if thirds else ""
    found = instant(f"{at:%Y-%m-%dT%H:%M:%S}".zfill(19) + f"{digits}Z")
    assert found is not None
    assert found <= at
    assert (at - found).total_seconds() < 1


@given(st.text(max_size=50), st.text(max_size=50))
def test_both_orders_of_a_translation_are_one_text(original: str, translated: str) -> None:
    marks = ("(Translated by Google)", "(Original)")
    if any(mark in original + translated for mark in marks) or not original.strip():
        return
    first = words(f"(Translated by Google) {translated}\n\n(Original)\n{original}")
    second = words(f"{original}\n\n(Translated by Google)\n{translated}")
    assert first == second
    assert first.startswith(original.strip())


def test_a_text_is_read_in_linear_time() -> None:
    def taken(size: int) -> float:
        comment = "(Translated by Google) (Original) \ud83d\ude00" * size
        begun = thread_time()
        assert seen({"reviewId": "1", "comment": comment, "createTime": "2" * size}) is not None
        return thread_time() - begun

    taken(100)
    small, large = min(taken(5_000) for _ in range(5)), min(taken(50_000) for _ in range(5))
    assert large < 40 * small


if CONTRACT.exists():

    def test_the_fake_speaks_as_google_s_reference_says() -> None:
        from jsonschema import (  # type: ignore[import-untyped]
            Draft202012Validator,
            FormatChecker,
        )

        schemas = json.loads(CONTRACT.read_text())["schemas"]
        schemas |= _draft(json.loads((SPECS / "pubsub.v1.json").read_text())["schemas"])
        said = _talk()
        assert {what for what, _ in said} == {
            "ListReviewsResponse", "Review", "ReviewReply", "PullResponse",
        }  # fmt: skip
        for what, told in said:
            schema = {"$ref": f"#/schemas/{what}", "schemas": schemas}
            Draft202012Validator(schema, format_checker=FormatChecker()).validate(told)
            assert set(told) <= set(schemas[what]["properties"])


def _draft(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return discovery schemas as JSON Schema: their references lack the way to them."""
    text = json.dumps(schemas).replace('"$ref": "', '"$ref": "#/schemas/')
    return dict(json.loads(text))


def _talk() -> list[tuple[str, Any]]:
    """Return all that was said in a conversation that has everything in it."""
    with GoogleFake() as fake:
        fake.crowd(60, T0)
        fake.write("g0", T0, None, anonymous=True, stars="STAR_RATING_UNSPECIFIED")
        fake.verdict, fake.reason = "REJECTED", "PERSONAL_INFO"
        fake.publish("g1")
        source = Source(id="g", name="g", platform="google", place=PLACE)
        google = Google(source, Access("g", {**fake.values, "pubsub_subscription": SUBSCRIPTION}))
        reply = PublicReply("r", "google", "g1", "We are sorry.")
        google.publish(reply)
        google.state(reply)
        list(google.pages(T0 - 400 * DAY))
        google.close()
        return fake.said
