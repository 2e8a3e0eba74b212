"""Review files of every common shape are read whole, and what cannot be read is named."""

import csv
import gzip
import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.ports import SeenReview
from reviews.files import FileError, Rejected, count_hint, preview, read, write_rejects

SAMPLES = Path(__file__).parents[2] / "reviews" / "samples" / "reviews.csv"


def good(path, **options):
    rows = list(read(path, **options))
    assert not [row for row in rows if isinstance(row, Rejected)]
    return rows


# The samples


def test_the_samples_are_40_reviews_of_two_clinics_on_all_eight_platforms():
    rows = good(SAMPLES)
    assert len({row.external_id for row in rows}) == len(rows) == 40
    assert {row.clinic for row in rows} == {"elm-street", "harbor"}
    assert {row.platform for row in rows} == {
        *("google", "facebook", "x", "yelp", "healthgrades", "vitals", "ratemds", "email")
    }
    assert all(datetime(2026, 11, 1, tzinfo=UTC) <= r.posted_at for r in rows)
    assert all(r.posted_at < datetime(2026, 11, 21, tzinfo=UTC) for r in rows)
    assert all(".example/" in row.url for row in rows if row.platform != "email")


# Shapes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(file, delimiter):
    path = file(f'id{delimiter}text{delimiter}stars\n7{delimiter}"Rude, loud; late|x"{delimiter}2')
    (row,) = good(path)
    assert (row.external_id, row.text, row.rating) == ("7", "Rude, loud; late|x", Decimal(2))
    assert preview(path).delimiter == delimiter


def test_a_file_of_one_column_needs_no_delimiter(file):
    assert [row.text for row in good(file("review\nToo slow\nToo loud\n"))] == [
        *("Too slow", "Too loud")
    ]


def test_the_line_excel_puts_before_the_header_is_understood(file):
    (row,) = good(file("sep=;\r\ntext;rating\r\nRude;1\r\n"))
    assert (row.text, row.rating) == ("Rude", Decimal(1))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"id": 1, "text": "Rude"}, {"id": 2, "text": "Late"}]'),
        ("a.json", '{"total": 2, "reviews": [{"id": 1, "text": "Rude"},\n{"id":2,"text":"Late"}]}'),
        ("a.jsonl", '{"id": 1, "text": "Rude"}\n\n{"id": 2, "text": "Late"}\n'),
        ("lines-in-a.json", '{"id": 1, "text": "Rude"}\n{"id": 2, "text": "Late"}\n'),
        ("no-ending", '[{"id": "1", "text": "Rude"}, {"id": "2", "text": "Late"}]'),
        ("a.csv", "id,text\n1,Rude\n2,Late\n"),
        ("a.tsv", "id\ttext\n1\tRude\n2\tLate"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_every_format_reads_the_same_zipped_or_not(file, name, content, zipped):
    data = content.encode()
    path = file(gzip.compress(data) if zipped else data, name + ".gz" * zipped)
    assert [(r.external_id, r.text) for r in good(path)] == [("1", "Rude"), ("2", "Late")]


def test_a_single_object_is_a_single_review(file):
    (row,) = good(file('{"id": "9", "comment": "Rude", "starRating": "ONE"}', "one.json"))
    assert (row.external_id, row.text, row.rating) == ("9", "Rude", Decimal(1))


def test_an_empty_list_and_a_lonely_header_hold_no_reviews(file):
    assert good(file("[]", "a.json")) == []
    assert good(file('{"reviews": []}', "b.json")) == []
    assert good(file("id,text\n")) == []


def test_googles_shape_is_read_without_the_practices_own_reply(file):
    content = {
        "reviews": [
            {
                "name": "accounts/1/locations/2/reviews/abc",
                "reviewId": "abc",
                "reviewer": {"displayName": "Marigold T."},
                "starRating": "TWO",
                "comment": "Late 😞",
                "createTime": "2026-11-05T10:00:00.123456789Z",
                "reviewReply": {"comment": "Thank you for telling us."},
            },
            {"name": "accounts/1/locations/2/reviews/d", "reviewId": "d", "starRating": "FIVE"},
        ]
    }
    first, second = good(file(json.dumps(content), "google.json"), platform="Google Maps")
    assert (first.author, first.text, first.rating) == ("Marigold T.", "Late 😞", Decimal(2))
    assert first.posted_at == datetime(2026, 11, 5, 10, 0, 0, 123456, tzinfo=UTC)
    assert (second.platform, second.author, second.text) == ("google", "", "")


def test_googles_batches_are_unwrapped(file):
    content = {"locationReviews": [{"name": "n", "review": {"reviewId": "abc", "comment": "Late"}}]}
    (row,) = good(file(json.dumps(content), "batch.json"))
    assert (row.external_id, row.text) == ("abc", "Late")


def test_facebooks_recommendations_have_no_stars_and_get_none(file):
    lines = '{"review_text":"Rude","recommendation_type":"negative","created_time":"%s"}'
    (row,) = good(file(lines % "2026-11-05T10:00:00+0000", "f.jsonl"))
    assert (row.recommends, row.rating) == (False, None)
    assert row.posted_at == datetime(2026, 11, 5, 10, tzinfo=UTC)


def test_a_key_first_seen_late_in_a_json_file_still_counts(file):
    lines = '{"stars": 5, "date": "2026-11-05"}\n' * 150 + '{"id": "z", "comment": "Rude"}'
    assert good(file(lines, "late.jsonl"))[-1].text == "Rude"


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_accents_survive_every_usual_encoding(file, encoding):
    text = "Esperé más de dos horas, la médica fue grosera"
    (row,) = good(file(f'id,text\n1,"{text}"\n', encoding=encoding))
    assert row.text == text


def test_an_accent_far_into_a_plain_file_is_still_found(file):
    rows = "".join(f"{n},Plain words that fill the page\n" for n in range(5000))
    path = file(f"id,text\n{rows}x,La médica fue grosera\n", encoding="cp1252")
    assert good(path)[-1].text == "La médica fue grosera"


def test_a_broken_character_costs_its_row_only(file):
    path = file("id,text\n1,Año\n2,".encode() + b"caf\xe9\n3,Fine\n")
    rows = list(read(path))
    assert [getattr(row, "text", "") for row in rows] == ["Año", "", "Fine"]
    assert (rows[1].line, rows[1].raw) == (3, "2,caf\\udcff")
    assert "save the file as UTF-8" in rows[1].reason


def test_half_an_emoji_does_not_cost_the_review(file):
    (row,) = good(file('[{"text": "Rude \\ud83d"}]', "a.json"))
    assert row.text == "Rude \ufffd"


# Files gone wrong


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.json", b" \n ", "the file is empty"),
        ("a.csv", b"id,colour\n1,red\n", "no text and no rating column found among: id, colour"),
        ("a.jsonl", b'{"colour": "red"}', "no text and no rating column found among: colour"),
        ("a.json", b'[{"text": "x"},\n {"text": }]', "line 2, column 11: broken JSON"),
        ("a.json", b'[{"text": "x"}', "line 1, column 15: broken JSON"),
        ("a.json", b'{"text": "x"} "y"', "column 15: broken JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.csv", b"PK\x03\x04rest", "save it as CSV"),
        ("a.csv.gz", gzip.compress(b"text\nRude\n" * 99, mtime=0)[:-9], "the gzip data is damaged"),
        ("a.csv", b'id,"text\n1,x\n', "line 1: a quote opens in this row and never closes"),
        ("a.csv", bytes(range(128, 256)) * 9, "no text"),
    ],
)
def test_an_unreadable_file_says_where_and_why(file, name, content, words):
    path = file(content, name)
    with pytest.raises(FileError) as error:
        list(read(path))
    assert str(path) in str(error.value)
    assert words in str(error.value)


def test_good_rows_before_a_file_breaks_off_are_kept(file):
    rows = read(file('[{"text": "Rude"}, {"te', "a.json"))
    with pytest.raises(FileError, match="line 1, column 21: broken JSON"):
        next(rows), next(rows)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"colour": "text"}, "there is no field 'colour'; the fields are platform, external_id"),
        ({"text": "words"}, "there is no column 'words' to read text from; the columns are id"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_a_wish_that_cannot_be_met_is_refused(file, columns, words, name):
    content = '[{"id": 1, "text": "Rude"}]' if name == "a.json" else "id,text\n1,Rude\n"
    with pytest.raises(FileError, match=words):
        list(read(file(content, name), columns=columns))


def test_a_folder_a_missing_file_and_an_unknown_zone_are_refused(tmp_path, file):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(FileError, match="name a file you may read"):
            list(read(path))
    with pytest.raises(FileError, match="No such file"):
        count_hint(tmp_path / "none.csv")
    with pytest.raises(FileError, match="there is no time zone 'Moon'"):
        list(read(file("text\nRude\n"), zone="Moon"))


# Beside the reading


def test_preview_shows_shape_mapping_and_the_first_five_rows(file):
    rows = "".join(f"{n};Rude;{n}\n" for n in range(9))
    shown = preview(file(f"nr;Comments;Stars\n{rows}", encoding="utf-8-sig"))
    assert (shown.format, shown.encoding, shown.delimiter) == ("csv", "utf-8-sig", ";")
    assert shown.columns == {"nr": "", "Comments": "text", "Stars": "rating"}
    assert [row.rating for row in shown.rows] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("zipped", [False, True])
def test_progress_rises_to_the_size_of_the_file(file, zipped):
    data = b"id,text\n" + b"".join(b"%d,Rude and late\n" % n for n in range(3000))
    path, told = file(gzip.compress(data) if zipped else data, "a.csv"), []
    good(path, progress=told.append)
    assert told == sorted(told)
    assert len(told) > 10
    assert told[-1] == count_hint(path)


def test_a_large_file_takes_no_more_memory_than_a_small_one(file):
    path = file(b"id,text\n" + b"".join(b"%d,Rude and late\n" % n for n in range(20_000)))
    tracemalloc.start()
    count = sum(1 for _ in read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 1_000_000 < count * 100


def test_rejects_are_written_faithfully_but_never_as_formulas(tmp_path):
    rejects = [Rejected(2, "date: wrong", '=1+1,"a\nb"'), Rejected(3, "-", "fine, é")]
    path = tmp_path / "rejects.csv"
    assert write_rejects(path, rejects) == 2
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["line", "reason", "raw"],
            ["2", "date: wrong", '\'=1+1,"a\nb"'],
            ["3", "'-", "fine, é"],
        ]


def test_rejects_that_cannot_be_written_say_so(tmp_path):
    with pytest.raises(FileError):
        write_rejects(tmp_path, [])


# Whatever the bytes

_headers = st.sampled_from(
    [
        *(b"", b"text,rating,date\n", b"id;review;stars\n", b'{"text": "', b'[{"rating": ', b"["),
        *(b"\xef\xbb\xbftext\n", b"\xff\xfet\0e\0x\0t\0\n\0", b"text,url\n", b'{"reviews": ['),
        b"\xff\xfe\0\0t\0\0\0e\0\0\0x\0\0\0t\0\0\0\n\0\0\0",
    ]
)
_pieces = st.sampled_from(
    [
        *(b'"', b",", b"\n", b"\r", b"\0", b"\\", b"{", b"}", b"[", b"]", b'""', b"\\ud83d", b":"),
        *(b"9e999", b"NaN", b"-1", "★½".encode(), b"12/31/2026", b"0001-01-01", b"\xed\xa0\x80"),
        *(b"9999999999999", b"text", b"rating", b"date", b"true", b"null", b";", b"\t", b"\xff"),
    ]
)
_bodies = st.binary(max_size=200) | st.lists(_pieces, max_size=40).map(b"".join)
_names = st.sampled_from(["a.csv", "a.json", "a.jsonl", "a.txt", "a.csv.gz"])


@settings(max_examples=400, deadline=None)
@given(head=_headers, body=_bodies, name=_names, zipped=st.booleans())
def test_no_bytes_raise_anything_but_a_file_error(head, body, name, zipped):
    data = gzip.compress(head + body) if zipped else head + body
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        rows = []
        with suppress(FileError):
            rows += read(path, zone="America/New_York")
            preview(path)
        write_rejects(Path(folder, "r.csv"), [row for row in rows if isinstance(row, Rejected)])
    for row in rows:
        whole = (row.text, row.external_id) if isinstance(row, SeenReview) else (row.reason,)
        assert all(part.encode() is not None for part in whole)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), max_size=8))
def test_what_a_spreadsheet_writes_is_read_back(texts):
    texts = [text for text in texts if text.strip()]
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([["id", "text"], *enumerate(texts)])
        assert [row.text for row in read(path)] == [text.strip() for text in texts]
