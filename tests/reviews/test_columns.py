"""What columns are called and what their cells hold is understood, or named and rejected."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from reviews.files import Rejected, preview, read


def good(path, **options):
    rows = list(read(path, **options))
    assert not [row for row in rows if isinstance(row, Rejected)]
    return rows


def rejected(path, **options):
    return [row for row in read(path, **options) if isinstance(row, Rejected)]


def one_cell(file, column, value, **options):
    quoted = '"' + value.replace('"', '""') + '"'
    return next(iter(read(file(f"id,text,{column}\n1,Rude,{quoted}\n"), **options)))


# Columns


@pytest.mark.parametrize("column", ["Review", "comment", "Comments", "review_text", "BODY", "text"])
def test_the_text_goes_by_many_names(file, column):
    assert good(file(f"id,{column}\n1,Rude\n"))[0].text == "Rude"


def test_sub_ratings_are_not_the_rating(file):
    path = file("id,staff,rating,knowledge,text\n1,5,2.5,4,Rude\n")
    assert good(path)[0].rating == Decimal("2.5")
    assert preview(path).columns == {
        **{"id": "external_id", "staff": "", "rating": "rating"},
        **{"knowledge": "", "text": "text"},
    }


def test_a_named_column_goes_before_the_known_names(file):
    path = file("id,text,Patient words,source\n1,Staff note,Rude,Twitter\n")
    (row,) = good(path, columns={"text": "patient_words", "author": "source"})
    assert (row.text, row.author, row.platform) == ("Rude", "Twitter", "file")


def test_a_nested_key_can_be_named_by_its_path(file):
    path = file('[{"id": 1, "what": {"said": "Rude"}}]', "a.json")
    assert good(path, columns={"text": "what.said"})[0].text == "Rude"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *(("Twitter", "x"), ("X (formerly Twitter)", "x"), ("x.com", "x"), ("Rate MDs", "ratemds")),
        *(("Google Business Profile", "google"), ("FB", "facebook"), ("https://yelp.com", "yelp")),
        *(("E-Mail", "email"), ("Zoc Doc", "zoc-doc"), ("", "file")),
    ],
)
def test_platforms_go_by_one_name(file, written, name):
    assert one_cell(file, "source", written).platform == name


def test_what_the_caller_gives_counts_where_the_row_says_nothing(file):
    path = file("id,text,platform,clinic\n1,Rude,,\n2,Late,yelp,Harbor\n")
    first, second = good(path, platform="Healthgrades", clinic="Elm Street")
    assert (first.platform, first.clinic) == ("healthgrades", "elm-street")
    assert (second.platform, second.clinic) == ("yelp", "harbor")


# Values


@pytest.mark.parametrize(
    ("written", "stars"),
    [
        *(("1", "1"), ("4.8", "4.8"), ("3,5", "3.5"), ("4/5", "4"), ("8 / 10", "4"), ("0", "0")),
        *(("5 stars", "5"), ("1 star rating", "1"), ("1-star", "1"), ("FOUR", "4"), ("two", "2")),
        *(("★★", "2"), ("★★☆☆☆", "2"), ("⭐⭐⭐", "3"), ("★½", "1.5"), ("3 out of 5", "3")),
        *(("1.7000000000000002", "1.7"), (" 2 ", "2")),
    ],
)
def test_stars_are_read_however_they_are_written(file, written, stars):
    assert one_cell(file, "rating", written).rating == Decimal(stars)


@pytest.mark.parametrize("written", ["", "n/a", "NaN", "null", "-", "STAR_RATING_UNSPECIFIED"])
def test_no_stars_are_none_rather_than_zero(file, written):
    assert one_cell(file, "rating", written).rating is None


@pytest.mark.parametrize("written", ["7", "great", "-1", "6/5", "★★★★★★", "Infinity", "1e1", "4/0"])
def test_impossible_stars_are_rejected_with_column_value_and_remedy(file, written):
    row = one_cell(file, "Stars", written)
    assert (row.line, row.raw) == (2, f'1,Rude,"{written}"')
    assert row.reason.startswith(f"Stars: '{written}' is no number of stars; write 0 to 5")


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2014-01-20T15:45:00Z",
            "2014-01-20 10:45:00",
            "2014-01-20T10:45",
            "2014-01-20 15:45 UTC",
        ),
        *("1/20/2014 10:45 AM", "01/20/14 10:45", "Jan 20, 2014 10:45 AM", "20 January 2014 10:45"),
        *("January 20, 2014, 10:45 AM", "Mon Jan 20 15:45:00 +0000 2014"),
        *("Mon, 20 Jan 2014 15:45:00 +0000", "1390232700", "1390232700000", "1390232700.0"),
    ],
)
def test_a_moment_is_read_however_it_is_written(file, written):
    row = one_cell(file, "date", written, zone="America/New_York")
    assert row.posted_at == datetime(2014, 1, 20, 15, 45, tzinfo=UTC)


def test_a_day_without_a_zone_begins_in_the_zone_given(file):
    row = one_cell(file, "date", "7/4/2026", zone="America/Los_Angeles")
    assert row.posted_at == datetime(2026, 7, 4, 7, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2 weeks ago", "30/09/2021", "1900-01-01", "0", "2026-02-30"])
def test_an_unreadable_date_is_rejected_rather_than_guessed(file, written):
    row = one_cell(file, "date", written)
    assert row.reason.startswith(f"date: '{written}' is no date; write it like 2026-11-05")


def test_a_link_that_is_no_web_address_is_rejected(file):
    assert "url: 'javascript:alert(1)'" in one_cell(file, "url", "javascript:alert(1)").reason
    assert one_cell(file, "url", "www.yelp.example/r").url == "https://www.yelp.example/r"


def test_a_row_with_neither_text_nor_rating_is_rejected(file):
    (row,) = rejected(file("id,text,rating\n1,  ,\n"))
    assert (row.line, row.reason.split(";")[0]) == (2, "neither text nor rating")


def test_stars_without_words_are_a_review(file):
    (row,) = good(file("id,text,rating\n1,,1\n"))
    assert (row.text, row.rating) == ("", Decimal(1))


@pytest.mark.parametrize("name", ["a.csv", "a.json"])
def test_a_nul_or_a_text_too_long_costs_its_row_only(file, name):
    texts = ["nul \0 here", "x" * 100_001, "x" * 100_000]
    csv_rows = "id,text\n" + "".join(f"{n},{text}\n" for n, text in enumerate(texts))
    content = json.dumps([{"text": text} for text in texts]) if "json" in name else csv_rows
    nul, long, kept = read(file(content, name))
    assert "NUL byte; remove it" in nul.reason
    assert "longer than 100,000 characters" in long.reason
    assert len(kept.text) == 100_000


# Ids


def test_a_review_without_an_id_gets_the_same_one_each_time_it_is_read(file):
    first = good(file("author,text,date\nQuill,Too  slow,2026-11-05\n", "a.csv"))[0].external_id
    again = good(file("date;text;author\n11/5/2026;too slow;Quill\n", "b.csv"))[0].external_id
    other = good(file("author,text,date\nWren,Too slow,2026-11-05\n", "c.csv"))[0].external_id
    assert first == again != other
    assert first.startswith("sha-")
    assert len(first) == 4 + 32
