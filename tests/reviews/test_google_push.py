"""Google's pushes: let in only when signed by Google, for us, and lately; then they are hints."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from time import thread_time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Source
from cases.ports import Page, PlatformError
from reviews import pushes
from reviews.access import Access
from reviews.google import Google
from reviews.google_push import GooglePushes, concerns, named
from tests.builders import DAY, HOUR, MINUTE, T0
from tests.platforms.google_fake import AUDIENCE, EMAIL, PLACE, GoogleFake

SOURCE = Source(id="elm-google", name="elm-google", platform="google", place=PLACE)
PUSHED = {"push_audience": AUDIENCE, "push_email": EMAIL}
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Desk:
    """Where pushes arrive, and the record it shares with whoever reads the reviews."""

    def __init__(self, fake: GoogleFake) -> None:
        self.fake, self.kept, self.keeping = fake, dict[str, str](), 0

    def access(self, **more: str) -> Access:
        return Access("elm-google", {**self.fake.values, **PUSHED, **more}, self._held, self._keep)

    def reader(self, **more: str) -> GooglePushes:
        found = pushes(SOURCE, self.access(**more))
        assert isinstance(found, GooglePushes)
        return found

    def fetch(self) -> None:
        """Read the reviews, as the intake does; Google's keys come with them."""
        google = Google(SOURCE, self.access())
        list(google.pages(T0))
        google.close()

    def _held(self) -> dict[str, str]:
        return self.kept

    def _keep(self, name: str, value: str) -> None:
        self.kept[name] = value
        self.keeping += 1


@pytest.fixture(scope="module")
def fake() -> Iterator[GoogleFake]:
    with GoogleFake() as found:
        yield found


@pytest.fixture
def desk(fake: GoogleFake) -> Desk:
    found = Desk(fake)
    found.fetch()
    return found


def came(desk: Desk, token: str, now: Any = T0, scheme: str = "Bearer", **more: str) -> str:
    """Return what is said of a push with this token, "" where it is let in."""
    try:
        desk.reader(**more).verify(b"{}", {"authorization": f"{scheme} {token}"}, now)
    except PlatformError as error:
        return error.code
    return ""


def test_a_push_of_google_s_is_let_in(desk: Desk) -> None:
    assert came(desk, desk.fake.token_for_push(T0)) == ""
    assert came(desk, desk.fake.token_for_push(T0), T0 + 59 * MINUTE, "bearer") == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://another.example"},
        {"aud": None},
        {"iss": "https://accounts.google.com.evil.example"},
        {"iss": None},
        {"email": "somebody@project.iam.example"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"exp": None},
        {"iat": None},
        {"iat": "lately"},
    ],
    ids=str,
)
def test_a_push_meant_for_another_or_by_another_is_refused(
    desk: Desk, changes: dict[str, Any]
) -> None:
    assert came(desk, desk.fake.token_for_push(T0, **changes)) == "google-forged"


def test_a_push_signed_with_another_s_key_is_refused(desk: Desk) -> None:
    assert came(desk, desk.fake.token_for_push(T0, key=STRANGER)) == "google-forged"


def test_a_token_is_of_no_use_once_it_is_old(desk: Desk) -> None:
    token = desk.fake.token_for_push(T0)
    for now in (T0 + 2 * HOUR, T0 + DAY, T0 - HOUR):
        assert came(desk, token, now) == "google-forged"


def test_a_token_that_would_last_for_years_lasts_an_hour(desk: Desk) -> None:
    token = desk.fake.token_for_push(T0, exp=int((T0 + 900 * DAY).timestamp()))
    assert came(desk, token) == ""
    assert came(desk, token, T0 + 2 * HOUR) == "google-forged"


def test_a_changed_token_is_refused(desk: Desk) -> None:
    head, body, sign = desk.fake.token_for_push(T0).split(".")
    claims = json.loads(base64.urlsafe_b64decode(f"{body}=="))
    other = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "2"}).encode()).rstrip(b"=")
    assert came(desk, f"{head}.{other.decode()}.{sign}") == "google-forged"


def test_no_signature_and_a_shared_secret_are_no_signature(desk: Desk) -> None:
    claims = jwt.decode(desk.fake.token_for_push(T0), options={"verify_signature": False})
    headers = {"kid": desk.fake.kid}
    none = jwt.encode(claims, "", "none", headers=headers)
    public = desk.kept["jwks"][:64]
    shared = jwt.encode(claims, public, "HS256", headers=headers)
    assert [came(desk, token) for token in (none, shared)] == ["google-forged"] * 2


def test_nothing_is_let_in_before_it_is_set_up(desk: Desk) -> None:
    token = desk.fake.token_for_push(T0)
    assert came(desk, token, push_audience="") == "google-forged"
    assert came(desk, token, push_email="") == "google-forged"
    assert came(desk, token, scheme="Basic") == "google-forged"
    assert came(desk, "x" * 9000) == "google-forged"


def test_a_push_signed_with_a_new_key_is_taken_later(fake: GoogleFake) -> None:
    desk = Desk(fake)
    token = fake.token_for_push(T0)
    assert came(desk, token) == "google-keys"  # no forgery: it is to be pushed again
    desk.fetch()
    assert came(desk, token) == ""
    assert desk.keeping == 1
    desk.fetch()
    assert desk.keeping == 1  # the same keys are not kept again


def test_without_its_keys_reviews_come_in_all_the_same(fake: GoogleFake) -> None:
    fake.fail(503, part="/certs")
    desk = Desk(fake)
    desk.fetch()
    assert desk.kept == {}


def test_a_push_is_a_hint_to_fetch(desk: Desk) -> None:
    assert desk.reader().read(desk.fake.publish("g1"), {}) is None
    assert desk.reader().read(desk.fake.publish("g1", data=b'{"what": "else"}'), {}) is None


def test_a_push_about_another_place_is_nothing_to_us(desk: Desk) -> None:
    assert desk.reader().read(desk.fake.publish("g1", location="33"), {}) == Page(())


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"message": 1}', b'{"message": {"data": "%"}}', b"\xff", b"[" * 9999],
)
def test_what_is_no_push_is_unreadable(desk: Desk, body: bytes) -> None:
    with pytest.raises(PlatformError) as caught:
        desk.reader().read(body, {})
    assert (caught.value.trouble, caught.value.permanent) == ("unreadable", True)


def test_google_shakes_no_hands(desk: Desk) -> None:
    assert desk.reader().answer({"hub.challenge": "1"}) is None


REVIEW = f"{PLACE}/reviews/g1"


@pytest.mark.parametrize(
    "told",
    [
        {"reviewName": REVIEW},
        {"review_name": REVIEW},
        {"review": REVIEW, "locationName": PLACE},
        {"review": "g1", "payload": {"deep": [{"name": REVIEW}]}},
        f"NEW {REVIEW} now",
    ],
)
def test_the_review_is_found_however_the_notification_names_it(told: Any) -> None:
    assert named(json.dumps(told).encode()) == REVIEW


@given(st.binary(max_size=400) | st.recursive(
    st.none() | st.text() | st.integers(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["message", "data", "reviewName", "location"]) | st.text(), inner
    ),
).map(lambda told: json.dumps(told).encode()))  # fmt: skip
def test_nothing_that_is_pushed_ends_the_reader(body: bytes) -> None:
    reader = GooglePushes(SOURCE, Access("elm-google", PUSHED))
    with suppress(PlatformError):
        assert reader.read(body, {}) in (None, Page(()))
    wrapped = json.dumps({"message": {"data": base64.b64encode(body).decode()}}).encode()
    assert reader.read(wrapped, {}) in (None, Page(()))


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
def test_no_header_ends_the_check(token: str) -> None:
    reader = GooglePushes(SOURCE, Access("elm-google", PUSHED))
    with pytest.raises(PlatformError) as caught:
        reader.verify(b"", {"authorization": f"Bearer {token}"}, T0)
    assert caught.value.code in ("google-forged", "google-keys")


def test_a_name_is_looked_for_in_linear_time() -> None:
    def taken(size: int) -> float:
        parts = [b"accounts/x/locations/" * size, b"accounts/" * size, b"accounts/a" * size]
        begun = thread_time()
        for part in parts:
            assert named(part) == ""
            assert concerns(PLACE, part)
        return thread_time() - begun

    taken(1_000)
    small, large = min(taken(5_000) for _ in range(5)), min(taken(50_000) for _ in range(5))
    assert large < 40 * small  # ten times as long; a hundred times would be quadratic
