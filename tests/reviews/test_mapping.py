"""A map reads anybody's JSON: fields as they are meant, stars never invented, no damage fatal."""

import contextlib
import json
import logging
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Source
from cases.ports import PlatformError, SeenReview
from reviews.access import Access
from reviews.folder import Folder
from reviews.map_file import MapError, named, read, shipped
from reviews.mapping import MOST, Map, entries, page, with_options

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


def a_map(fields: str, head: str = "") -> Map:
    return read(f"{head}\n[fields]\n{fields}\n", "mine.toml")


def seen(told: Map, *bodies: object) -> list[SeenReview]:
    return [e.seen for body in bodies for e in entries(told, json.dumps(body).encode())]


def one(fields: str, body: object, head: str = "") -> SeenReview:
    (found,) = seen(a_map(fields, head), body)
    return found


PODIUM = {
    "metadata": {"eventType": "review.created"},
    "data": {
        "uid": "u1", "createdAt": "2026-11-05T12:00:00Z", "isRecommendation": False,
        "author": {"id": "77", "name": "quiet river"}, "locations": [{"uid": "L1"}],
        "review": {"body": "Late.", "rating": 1, "siteName": "Google", "url": "https://g.example/1"},
        "responses": [],
    },
}  # fmt: skip


def test_podium() -> None:
    (found,) = seen(named("podium"), PODIUM)
    assert (found.platform, found.external_id, found.text) == ("google", "podium-u1", "Late.")
    assert (found.rating, found.recommends, found.reply) == (1, None, "")
    assert (found.author, found.author_id, found.posted_at) == ("quiet river", "77", NOON)


def test_podium_s_stars_of_a_recommendation_are_none() -> None:
    body = {**PODIUM["data"], "isRecommendation": True}
    (found,) = seen(named("podium"), body)  # also without the wrapping
    assert (found.rating, found.recommends) == (None, False)


def test_podium_s_deleted_answers_are_no_reply() -> None:
    answers = [{"body": "Call us.", "isDeleted": False}, {"body": "Go away.", "isDeleted": True}]
    (found,) = seen(named("podium"), {**PODIUM["data"], "responses": answers})
    assert found.reply == "Call us."


def test_birdeye() -> None:
    row = {
        "reviewId": 5, "rating": 4.5, "comments": "<p>Slow &amp; kind</p>", "title": "Mixed",
        "reviewer": {"firstName": "Quiet", "lastName": "River"}, "sourceType": "Facebook",
        "reviewDate": "Fri, Feb 02, 2018 10:48 AM", "reviewUrl": "https://b.example/5",
    }  # fmt: skip
    other = {**row, "reviewId": 6, "rating": 0, "recommended": 0, "reviewDate": "Jan 20, 2014"}
    first, second = seen(named("birdeye"), [row, other])
    assert (first.platform, first.external_id, first.rating) == ("facebook", "birdeye-5", 4.5)
    assert (first.text, first.author) == ("Mixed\nSlow & kind", "Quiet River")
    assert first.posted_at == datetime(2018, 2, 2, 15, 48, tzinfo=UTC)
    assert (second.rating, second.recommends) == (None, False)
    assert second.posted_at == datetime(2014, 1, 20, 5, tzinfo=UTC)


YEXT = {
    "meta": {"eventType": "REVIEW_CREATED", "timestamp": 1793880000000},
    "review": {
        "id": 12, "entityId": "E1", "publisherId": "GOOGLEMYBUSINESS", "rating": 2,
        "content": "Late", "authorName": "quiet river", "publisherDate": 1793880000000,
        "status": "LIVE", "comments": [],
    },
}  # fmt: skip


def test_yext() -> None:
    (found,) = seen(named("yext"), YEXT)
    assert (found.platform, found.external_id, found.rating) == ("google", "yext-12", 2)
    assert found.posted_at == found.updated_at == NOON.replace(month=11, day=5)


def test_yext_tells_what_is_gone() -> None:
    for changed in (
        {**YEXT, "meta": {"eventType": "REVIEW_DELETED"}},
        {**YEXT, "review": {**YEXT["review"], "status": "REMOVED"}},
    ):
        told = page(named("yext"), json.dumps(changed).encode())
        assert (told.reviews, told.gone) == ((), ("google:yext-12",))


def test_gatherup_s_numbered_keys() -> None:
    body = {
        "page": 1, "reviewId2": "8", "reviewType2": "vitals", "reviewRating2": 3,
        "reviewId1": "7", "reviewType1": "healthgrades", "reviewRating1": "2.5",
        "reviewContent1": "Slow", "reviewTime1": "2026-11-05 07:00:00", "reviewAuthor1": "q",
    }  # fmt: skip
    first, second = seen(named("gatherup"), body)
    assert (first.platform, first.rating, first.posted_at) == ("healthgrades", 2.5, NOON)
    assert (second.platform, second.external_id) == ("vitals", "gatherup-8")


def test_every_shipped_map_can_be_read() -> None:
    assert shipped() == ["birdeye", "gatherup", "podium", "template", "yext"]
    assert all(named(name).version for name in shipped())


def test_the_template_does_what_it_explains() -> None:
    row = {
        "type": "review", "id": 1, "score": "7", "thumb": "Down", "date": "05.11.2026 07:00",
        "location": {"id": "LOC-17"}, "site": "g-maps", "content": "a", "answer": {"text": ""},
    }  # fmt: skip
    (found,) = seen(named("template"), {"reviews": [row, {"type": "advertisement"}]})
    assert (found.rating, found.recommends, found.posted_at) == (Decimal("3.5"), False, NOON)
    assert (found.clinic, found.platform, found.reply) == ("elm-street", "google", "")


def test_keys_numbered_in_the_middle() -> None:
    head = 'numbered = "review_{n}_{field}"'
    told = a_map('text = "text"\nrating = "rating"', head)
    found = seen(told, {"review_10_text": "c", "review_2_text": "b", "review_1_text": "a", "x": 1})
    assert [each.text for each in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("written", "scale", "stars"),
    [(8, 10, "4"), ("73", 100, "3.65"), (4, 5, "4"), ("FIVE", 5, "5"), ("4/5", 5, "4"),
     ("★★", 5, "2"), (0.9, 1, "4.5"), ("", 5, None), (None, 5, None), (True, 5, None),
     (11, 10, None), ("good", 10, None), (-1, 5, None), ([4], 5, None)],
)  # fmt: skip
def test_ratings_on_any_scale_and_stars_are_never_invented(written, scale, stars) -> None:
    way = f'text = "t"\nrating = {{ from = "r", scale = {scale} }}'
    found = one(way, {"t": "x", "r": written})
    assert found.rating == (None if stars is None else Decimal(stars))


@pytest.mark.parametrize(
    "written",
    ["2026-11-05T12:00:00Z", "2026-11-05T07:00:00", "2026-11-05 07:00", 1793880000, "1793880000",
     1793880000000, "11/05/2026 7:00 AM", "Thu, 05 Nov 2026 12:00:00 GMT", "Nov 5, 2026 7:00 AM",
     "Thu, 5 Nov 2026 04:00:00 -0800", "05.11.2026 07:00"],
)  # fmt: skip
def test_dates_in_any_spelling_with_the_source_s_zone_where_they_name_none(written) -> None:
    way = 'text = "t"\nposted_at = { from = "d", formats = ["%d.%m.%Y %H:%M"] }'
    assert one(way, {"t": "x", "d": written}, 'zone = "America/New_York"').posted_at == NOON


def test_a_date_nobody_can_read_costs_the_date_only(caplog: pytest.LogCaptureFixture) -> None:
    told = a_map('text = "t"\nposted_at = "d"\nurl = "u"')
    body = {"t": "They lost my chart.", "d": "soon", "u": "javascript:alert(1)"}
    with caplog.at_level(logging.WARNING):
        (found,) = page(told, json.dumps(body).encode()).reviews
    assert (found.text, found.posted_at, found.url) == ("They lost my chart.", None, "")
    assert "posted_at" in caplog.text
    assert "chart" not in caplog.text


def test_of_an_entry_nobody_can_read_a_person_reads_the_rest() -> None:
    told = a_map('id = "id"\ntext = "t"\nrating = "r"')
    (found,) = seen(told, {"id": "9", "r": "great"})
    assert (found.external_id, found.text, found.rating, found.cut) == ("9", "", None, True)


def test_without_an_id_the_same_review_has_the_same_one_again() -> None:
    told = a_map('text = "t"\nauthor = "a"')
    first, again, other = seen(
        told, {"t": "Late.", "a": "q", "n": 1}, {"t": " late. ", "a": "Q"}, {"t": "Rude.", "a": "q"}
    )
    assert first.external_id == again.external_id != other.external_id


def test_constants_and_names_of_clinics_and_platforms() -> None:
    told = read(
        '[fields]\ntext = "t"\nclinic = "c"\n[constants]\nplatform = "RateMDs"\n', "mine.toml"
    )
    told = with_options(told, "", {"Loc 9": "oak-street"})
    nine, ten = seen(told, {"t": "a", "c": "loc 9"}, {"t": "a", "c": "Loc 10"})
    assert (nine.platform, nine.clinic, ten.clinic) == ("ratemds", "oak-street", "loc-10")


def test_a_listed_clinic_is_nobody_s_until_it_is_given_a_name() -> None:
    (found,) = seen(named("podium"), PODIUM)
    assert found.clinic == ""
    (found,) = seen(with_options(named("podium"), "", {"L1": "elm-street"}), PODIUM)
    assert found.clinic == "elm-street"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("items = 'a['\n[fields]\ntext = 't'", "line 1: items is no JMESPath"),
        ("[fields]\nrating = 'r'\nstars = 's'", "line 3: fields.stars is unknown; there are: id"),
        ("[fields]\ntext = 't'\nrating = { from = 'r', scale = 0 }", "line 3: fields.rating.scale"),
        ("[fields]\ntext = 't'\n[fields.rating]\nfrom = 'r'\nscale = 'x'", "line 5: fields.rating"),
        ("[fields]\ntext = ''", "line 2: fields.text is empty; write"),
        ("[fields]\nauthor = 'a'", "line 1: fields must say where text"),
        ("zone = 'Mars'\n[fields]\nposted_at = 'd'\ntext='t'", "is no zone; write America/"),
        ("[fields]\ntext = 't'\nposted_at = { from = 'd', formats = ['D.M.Y'] }", "holds 'D.M.Y'"),
        ("numbered = 'r'\n[fields]\ntext = 't'", "line 1: numbered must hold {n} and {field}"),
        ("[fields]\ntext = 't'\n[auth]\nkind = 'magic'", "line 4: auth.kind must be one of hmac"),
        ("[fields]\ntext = 't'\n[auth]\nkind = 'hmac'\nsigned = '{timestamp}'", "line 5: auth.sig"),
        ("[fields]\ntext = 't'\n[auth]\ntolerance = 0", "line 4: auth.tolerance must be whole"),
        ("[fields\n", "line 1"),
        ("fields = 3", "line 1: fields must be a table"),
        ("[constants]\ntext = 't'\nrating = 5", "must say where"),
        ("[fields]\ntext = 't'\n[constants]\nrating = 5", "line 4: constants.rating must be text"),
    ],
)
def test_a_map_that_cannot_be_meant_says_file_line_key_and_remedy(text: str, told: str) -> None:
    with pytest.raises(MapError) as caught:
        read(text, "mine.toml")
    assert str(caught.value).startswith("mine.toml")
    assert told in str(caught.value)


def test_a_map_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(MapError, match="one of: birdeye, gatherup"):
        named("nowhere")


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1, 2]", b'"text"', b"\xff", b"[" * 99_999])
def test_what_holds_no_reviews_is_unreadable(body: bytes) -> None:
    with pytest.raises(PlatformError) as caught:
        page(a_map('text = "t"'), body)
    assert (caught.value.code, caught.value.permanent) == ("webhook-unreadable", True)


def test_more_than_anybody_sends_is_refused() -> None:
    with pytest.raises(PlatformError, match="more than"):
        page(a_map('text = "t"'), json.dumps([{"t": "x"}] * (MOST + 1)).encode())


KEYS = st.sampled_from(
    ["data", "review", "uid", "id", "body", "rating", "author", "name", "responses", "reviews",
     "reviewId", "comments", "title", "reviewDate", "reviewId1", "reviewContent1", "reviewTime1",
     "meta", "eventType", "content", "publisherDate", "score", "date", "type", "isRecommendation"]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=8),
    max_leaves=30,
)


@given(body=JSON, name=st.sampled_from(["birdeye", "gatherup", "podium", "template", "yext"]))
def test_no_json_breaks_a_map(body: object, name: str) -> None:
    check(named(name), json.dumps(body).encode())


@given(body=st.binary(max_size=300), name=st.sampled_from(["birdeye", "gatherup", "podium"]))
def test_no_bytes_break_a_map(body: bytes, name: str) -> None:
    check(named(name), body)


def check(told: Map, body: bytes) -> None:
    found: tuple[SeenReview, ...] = ()
    with contextlib.suppress(PlatformError):  # that it cannot be read is an answer too
        found = page(told, body).reviews
    for each in found:
        assert each.external_id
        assert each.rating is None or 0 <= each.rating <= 5
        assert "\0" not in each.text + each.author
        (each.text + each.author + each.external_id).encode()


@pytest.mark.parametrize("piece", ['{"reviewContent%d": "x"}', "9", '"a"', "[", '{"a":', "\\u0000"])
def test_twice_the_bytes_take_about_twice_the_time(piece: str) -> None:
    def taken(count: int) -> float:
        filled = ",".join(piece % n if "%d" in piece else piece for n in range(count))
        body = f'{{"reviewContent1": "{"<p>" * count}", "x": [{filled}]}}'.encode()[:1_000_000]
        began = time.perf_counter()
        check(named("gatherup"), body)
        return time.perf_counter() - began

    small, large = min(taken(4_000) for _ in range(3)), min(taken(16_000) for _ in range(3))
    assert large < 16 * small + 0.1


def test_a_folder_reads_other_people_s_files_by_a_map(tmp_path) -> None:
    (tmp_path / "in").mkdir()
    map_file = tmp_path / "mine.toml"
    map_file.write_text(
        '[fields]\nid = "nr"\ntext = "words"\nrating = { from = "score", scale = 10 }\n'
        '[constants]\nplatform = "vitals"\n'
    )
    (tmp_path / "in" / "a.csv").write_text("nr,words,score\n1,Late,2\n2,,odd\n")
    (tmp_path / "in" / "b.json").write_text('[{"nr": 3, "words": "Rude", "score": 4}]')
    (tmp_path / "in" / "c.jsonl").write_text('{"nr": 4, "score": 1}\n{broken\n')
    source = Source(id="b", name="b", platform="folder", place=str(tmp_path))
    (found,) = Folder(source, Access("b", {"map": str(map_file)})).pages(NOON)
    assert {each.external_id: each.rating for each in found.reviews} == {
        "1": 1, "3": 2, "4": Decimal("0.5")
    }  # fmt: skip
    assert {each.platform for each in found.reviews} == {"vitals"}
    rejects = sorted(path.name for path in (tmp_path / "rejects").iterdir())
    assert rejects == ["a.csv.csv", "c.jsonl.csv"]
    assert "rating" in (tmp_path / "rejects" / "a.csv.csv").read_text()
