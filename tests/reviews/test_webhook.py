"""An aggregator's webhook, through the console's door: only its own pushes, each read once."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.models import ArrivalState
from cases.ports import PlatformError
from cases.practice import add_source
from cases.store import Store
from console.web.app import create_app
from reviews.access import Access
from reviews.map_file import signing
from reviews.signing import Signing, signed_bytes, verify
from tests.builders import HOUR, MINUTE, T0, moment
from tests.console.web import TestClient
from tests.story import Story, a_story

SECRET = "a-long-secret-of-podium"
WORDS = "Waited two hours past my time and nobody said sorry."
HMAC = signing({"kind": "hmac", "header": "X-Sig", "prefix": "sha256="})


@pytest.fixture
def story(sqlite_store: Store, tmp_path: Path) -> Iterator[Story]:
    with a_story(sqlite_store, tmp_path / "board") as found:
        added = add_source("elm-podium", "webhook", "podium", moment(found.now))
        found.store.apply([added])
        found.settings.sources["elm-podium"] = {"secret": SECRET}
        yield found


@pytest.fixture
def door(story: Story) -> TestClient:
    return TestClient(create_app(story.settings, story.store, clock=lambda: story.now))


def told(uid: str = "u1", text: str = WORDS, stars: int = 1, **more: object) -> bytes:
    review = {"body": text, "rating": stars, "siteName": "Healthgrades"}
    data = {
        "uid": uid,
        "author": {"name": "quiet_river"},
        "review": review,
        "responses": [],
        **more,
    }
    return json.dumps({"metadata": {"eventType": "review.created"}, "data": data}).encode()


def signed(story: Story, body: bytes, ago: timedelta = timedelta()) -> dict[str, str]:
    at = str(int((story.now - ago).timestamp()))
    mark = hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"podium-timestamp": at, "podium-signature": mark}


def push(story: Story, door: TestClient, body: bytes, **more: str) -> int:
    headers = {**signed(story, body), **more}
    return int(door.post("/hooks/elm-podium", content=body, headers=headers).status_code)


def test_a_push_becomes_a_case_on_the_platform_it_tells_of(story: Story, door: TestClient) -> None:
    assert push(story, door, told()) == 204
    assert story.run("receive")["cases"] == 1
    review = story.case().review
    assert (review.platform, review.external_id, review.text) == (
        "healthgrades", "podium-u1", WORDS
    )  # fmt: skip


def test_a_push_repeated_is_one_and_an_older_state_changes_nothing(
    story: Story, door: TestClient
) -> None:
    old = told(updatedAt=story.now.isoformat())
    new = told(text=WORDS + " Twice now.", updatedAt=(story.now + MINUTE).isoformat())
    for body in (new, old, new):
        assert push(story, door, body) == 204
        story.now += timedelta(seconds=1)
    done = story.run("receive")
    assert (done["arrived"], done["cases"], done["edited"]) == (2, 1, 0)
    assert story.case().review.text == WORDS + " Twice now."


def test_what_was_forged_or_signed_long_ago_leaves_nothing(
    story: Story, door: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    body, before = told(), story.store.count_events()
    with caplog.at_level(logging.DEBUG):
        for headers in (
            {"podium-signature": "00"},
            {"podium-signature": "sha256=nonsense"},
            signed(story, body + b" "),
            signed(story, body, ago=6 * MINUTE),
            signed(story, body, ago=-6 * MINUTE),
            {"podium-timestamp": "yesterday"},
        ):
            assert push(story, door, body, **headers) == 401
        assert push(story, door, body) == 204
        story.run("receive")
    assert story.store.count_events() > before
    assert len(story.store.arrivals((ArrivalState.READ,), ("push",))) == 1
    assert SECRET not in caplog.text
    assert "nobody said sorry" not in caplog.text


def test_without_a_secret_nothing_is_let_in(story: Story, door: TestClient) -> None:
    story.settings.sources["elm-podium"] = {}
    assert push(story, door, told()) == 503  # it is pushed again once somebody set it


def test_a_handshake_is_not_ours(door: TestClient) -> None:
    assert door.get("/hooks/elm-podium?hub.challenge=1").status_code == 403


def test_a_map_of_one_s_own_is_read_anew_each_time(
    story: Story, door: TestClient, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("[fields]\ntext = 'a['\n")
    story.store.apply([add_source("mine", "webhook", str(mine), moment(story.now))])
    story.settings.sources["mine"] = {"token": "t0k"}
    ours = {"authorization": "Bearer t0k"}
    assert door.post("/hooks/mine", content=b'{"a": "x"}', headers=ours).status_code == 503
    mine.write_text("[fields]\ntext = 'a'\n[constants]\nplatform = 'vitals'\nrating = '1'\n")
    assert door.post("/hooks/mine", content=b'{"a": "x"}', headers=ours).status_code == 204
    assert story.run("receive")["cases"] == 1
    assert story.case().review.platform == "vitals"


def test_a_clinic_nobody_knows_keeps_the_push_where_a_person_sees_it(
    story: Story, door: TestClient
) -> None:
    story.settings.sources["elm-podium"]["clinics"] = {"L1": "elm-street", "L2": "nowhere"}
    assert push(story, door, told("u2", locations=[{"uid": "L2"}])) == 204
    assert push(story, door, told("u1", locations=[{"uid": "L1"}])) == 204
    assert story.run("receive")["cases"] == 1
    (left,) = story.store.arrivals((ArrivalState.UNREAD,))
    assert left.code == "no-clinic"


def test_the_same_review_by_webhook_and_by_file_is_one(story: Story, door: TestClient) -> None:
    push(story, door, told())
    story.run("receive")
    row = {"id": "hg-9", "platform": "healthgrades", "rating": 1, "author": "quiet_river",
           "text": WORDS, "clinic": "elm-street", "posted_at": story.now.isoformat()}  # fmt: skip
    (story.folder / "in" / "x.json").write_text(json.dumps([row]))
    done = story.run("intake")
    assert (done["seen"], done["new"], done["cases"], done["linked"]) == (1, 0, 0, 1)
    push(story, door, told() + b" ")
    assert story.run("receive")["new"] == 0
    assert {each.external_id for each in story.store.routes(story.case().review.id)} == {
        "podium-u1"
    }


def test_a_removal_is_believed_after_two_pushes(story: Story, door: TestClient) -> None:
    story.store.apply([add_source("elm-yext", "webhook", "yext", moment(story.now))])
    story.settings.sources["elm-yext"] = {"token": "t0k"}

    def say(event: str, count: int) -> None:
        review = {"id": 9, "publisherId": "VITALS", "rating": 1, "content": WORDS, "n": count}
        body = json.dumps({"meta": {"eventType": event}, "review": review}).encode()
        headers = {"authorization": "Bearer t0k"}
        assert door.post("/hooks/elm-yext", content=body, headers=headers).status_code == 204
        story.run("receive")

    say("REVIEW_CREATED", 1)
    assert story.case().review.platform == "vitals"
    say("REVIEW_DELETED", 2)
    assert story.case().review.gone_at is None
    story.now += 13 * HOUR
    say("REVIEW_DELETED", 3)
    assert story.case().review.gone_at == story.now


def access(**values: str) -> Access:
    return Access("s", values)


def vouched(told: Signing, body: bytes, headers: dict[str, str], **secrets: str) -> bool:
    try:
        verify(told, access(**secrets), body, headers, T0)
    except PlatformError:
        return False
    return True


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
def test_a_signature_in_either_writing(encoding: str, digest: str) -> None:
    how = signing({"kind": "hmac", "header": "X-Sig", "prefix": "v1=", "encoding": encoding,
                   "digest": digest, "signed": "{timestamp}|{body}|", "timestamp_header": "X-At",
                   "tolerance": 60})  # fmt: skip
    at = T0.isoformat()
    made = hmac.new(b"k", at.encode() + b"|\xff{timestamp}|", digest).digest()
    mark = made.hex() if encoding == "hex" else base64.b64encode(made).decode()
    headers = {"x-sig": f"v1={mark}", "x-at": at}
    body = b"\xff{timestamp}"  # what they send is never taken for our template
    assert vouched(how, body, headers, secret="k")
    assert not vouched(how, body, headers, secret="other")
    assert not vouched(how, body, {**headers, "x-sig": mark}, secret="k")
    assert not vouched(how, body, {**headers, "x-at": (T0 + MINUTE).isoformat()}, secret="k")
    assert not vouched(how, body, headers)


def test_basic_and_bearer() -> None:
    basic, bearer = signing({"kind": "basic"}), signing({"kind": "bearer", "header": "X-Key"})
    pair = {"authorization": "Basic " + base64.b64encode(b"us:pw").decode()}
    assert vouched(basic, b"", pair, user="us", password="pw")
    assert not vouched(basic, b"", pair, user="us", password="p")
    assert not vouched(basic, b"", pair)
    assert vouched(bearer, b"", {"x-key": "Bearer t"}, token="t")
    assert not vouched(bearer, b"", {"authorization": "Bearer t"}, token="t")
    assert not vouched(bearer, b"", {"x-key": "Bearer "}, token="")


@given(st.binary(max_size=60), st.text(max_size=60), st.sampled_from([HMAC, Signing()]))
def test_no_header_breaks_the_check_or_passes_it(body: bytes, given_: str, how: Signing) -> None:
    for name in (how.header, how.timestamp_header):
        assert not vouched(how, body, {name: given_}, secret="a-secret", token="a-token")


def test_the_body_is_put_in_as_it_came() -> None:
    assert signed_bytes("{timestamp}.{body}", b"{timestamp}\x00", "5") == b"5.{timestamp}\x00"


def test_no_source_without_a_map(story: Story, door: TestClient) -> None:
    story.store.apply([add_source("lost", "webhook", "no-such-map", moment(story.now))])
    story.settings.sources["lost"] = {"token": "t"}
    assert door.post("/hooks/lost", content=b"{}").status_code == 503
