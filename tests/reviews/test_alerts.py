"""Alert mails of the seven platforms: what is read, what is not, and that nothing makes it fail."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.talking.mails import Mail, read
from reviews.mail import Alert, alert, reader_of, readers
from tests.posting import MAILS, sample

PLATFORMS = {"google", "facebook", "x", "yelp", "healthgrades", "vitals", "ratemds"}


def read_sample(name: str, **places: str) -> Alert:
    found = alert(read(sample(f"alerts/{name}")), places)
    assert found is not None
    return found


def test_every_platform_has_a_reader_with_a_version() -> None:
    assert {each.platform for each in readers()} == PLATFORMS
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", each.version) for each in readers())


def test_every_sample_says_that_it_is_one() -> None:
    for path in MAILS.rglob("*.eml"):
        assert b"X-Sample: synthetic" in path.read_bytes(), path


@pytest.mark.parametrize(
    ("name", "external_id", "author", "rating", "recommends", "begins"),
    [
        ("google", "AbFvOqkXyz0123456789", "Quiet River", 2, None, "We waited two hours"),
        ("google-cut", None, "Quiet River", 2, None, "We waited two hours"),
        ("facebook", "02AbcDefGhi", "Quiet River", None, False, "The front desk was rude"),
        ("x", "1999999999999999999", "@quiet_river", None, None, "@elmstreet two hours"),
        ("yelp", "AbCdEfGhIjKlMnOpQrStUv", "Quiet R.", 1, None, "Rude staff."),
        ("healthgrades", None, "", 2, None, "Two hours late"),
        ("vitals", None, "", 1, None, "Nobody listened"),
        ("ratemds-contest", None, "", "1.75", None, "Terrible manners"),
    ],
)
def test_an_alert_is_read(
    name: str,
    external_id: str | None,
    author: str,
    rating: int | str | None,
    recommends: bool | None,
    begins: str,
) -> None:
    seen = read_sample(name).seen
    assert seen is not None
    assert external_id in (None, seen.external_id)
    assert (seen.author, seen.recommends) == (author, recommends)
    assert seen.rating == (None if rating is None else Decimal(rating))
    assert seen.text.startswith(begins)
    assert seen.cut == (name == "google-cut")


def test_the_end_of_the_window_is_the_day_named_or_seven_days_on() -> None:
    assert read_sample("ratemds-contest").contest_until == datetime(2026, 12, 4, 12, tzinfo=UTC)
    undated = read_sample("ratemds-contest-undated").contest_until
    assert undated == datetime(2026, 12, 4, 14, 12, tzinfo=UTC)


def test_what_cannot_be_read_is_announced_with_its_link() -> None:
    seen = read_sample("google-unreadable").seen
    assert seen is not None
    assert (seen.text, seen.rating, seen.recommends, seen.cut) == ("", None, None, True)
    assert seen.url == "https://business.google.com/n/987/reviews"


def test_a_link_that_only_looks_like_the_platform_s_is_left_out() -> None:
    seen = read_sample("google-spoofed").seen
    assert seen is not None
    assert seen.url == ""


def test_a_platform_s_other_mails_announce_nothing() -> None:
    assert read_sample("google-news").seen is None


@pytest.mark.parametrize(
    "sender", ["a@google.com.evil.example", "google.com@evil.example", "a@notyelp.com", "a@com", ""]
)
def test_a_name_that_only_contains_a_platform_s_is_nobody_s(sender: str) -> None:
    assert reader_of(sender) is None


def test_a_name_the_mail_gives_is_the_clinic_the_practice_says() -> None:
    places = {"elm street  family practice": "elm-street"}
    seen = read_sample("google", **places).seen
    assert seen is not None
    assert seen.clinic == "elm-street"


@settings(max_examples=120)
@given(
    st.sampled_from(sorted(PLATFORMS)), st.text(max_size=80), st.text(max_size=600),
    st.text(alphabet="<>/abp&; \"'=#x", max_size=300),
)  # fmt: skip
def test_any_words_are_read_without_failing(
    platform: str, subject: str, text: str, html: str
) -> None:
    sender = f"a@{next(r for r in readers() if r.platform == platform).senders[0]}"
    found = alert(Mail(sender=sender, subject=f"review {subject}", text=text, html=html))
    assert found is not None


@pytest.mark.parametrize("filler", ["★", "1 ", "review: ", "wrote ", "a" * 50 + " ", "<b>", "\n"])
def test_no_alert_takes_long(filler: str) -> None:
    """Linear: the lines looked at, and how much of each, are bounded."""
    long = filler * (256 * 1024 // len(filler))
    for reader in readers():
        mail = Mail(sender=f"a@{reader.senders[0]}", subject="review rating", text=long, html=long)
        began = time.process_time()
        alert(mail)
        assert time.process_time() - began < 2
