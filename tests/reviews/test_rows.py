"""A damaged row costs itself only, and nobody's words end in somebody else's review."""

from reviews.files import Rejected, read


def good(path, **options):
    rows = list(read(path, **options))
    assert not [row for row in rows if isinstance(row, Rejected)]
    return rows


def rejected(path, **options):
    return [row for row in read(path, **options) if isinstance(row, Rejected)]


def test_a_text_over_several_lines_is_one_review_and_lines_are_counted_as_an_editor_does(file):
    path = file('id,text,rating\n1,"Late.\r\nRude.\nLoud.",2\n2,Bad,9\n')
    kept, bad = read(path)
    assert kept.text == "Late.\nRude.\nLoud."
    assert (bad.line, bad.raw) == (5, "2,Bad,9")


def test_more_cells_than_the_header_are_rejected_and_fewer_are_empty(file):
    long, short = read(file("id,text,rating\n1,Rude, loud,2\n2,Late\n"))
    assert long.reason.startswith("4 cells where the header has 3; put cells")
    assert (short.text, short.rating) == ("Late", None)


def test_empty_cells_beyond_the_header_and_empty_rows_are_nothing(file):
    assert len(good(file("id,text,\n1,Rude,,,\n,,,\n\n2,Late,,\n"))) == 2


def test_a_quote_left_open_costs_its_row_and_no_other(file):
    path = file('id,text,rating\n1,"Rude,1\n2,Late,2\n3,Loud,3\n')
    torn, *others = read(path)
    assert (torn.line, torn.raw) == (2, '1,"Rude,1')
    assert "never closes" in torn.reason
    assert [row.text for row in others] == ["Late", "Loud"]


def test_one_patients_words_never_end_in_anothers_review(file):
    path = file('id,text,rating\n1,"Rude,1\n2,"Late",2\n3,Loud,3\n')
    torn, *others = read(path)
    assert 'write ""' in torn.reason
    assert [(row.external_id, row.text) for row in others] == [("2", "Late"), ("3", "Loud")]


def test_the_rest_of_a_torn_row_is_not_taken_for_reviews(file):
    path = file('text,rating\n"He said "no".\nThen he left\nand so did I",1\nLate,2\n')
    torn, other = read(path)
    assert (torn.line, torn.raw.count("\n")) == (2, 2)
    assert other.text == "Late"


def test_a_quote_open_for_ever_ends_somewhere(file):
    filler = "".join(f"{n},Plain words of somebody,4\n" for n in range(2, 30_000))
    torn, *others = read(file(f'id,text,rating\n1,"Open,1\n{filler}'))
    assert torn.line == 2
    assert len(others) == 29_998


def test_a_broken_line_of_json_costs_itself_only(file):
    path = file('{"text": "Rude"}\n{"text": Late}\n[1]\n{"text": "Loud"}\n', "a.jsonl")
    kept, broken, no_object, last = read(path)
    assert (kept.text, last.text) == ("Rude", "Loud")
    assert (broken.line, broken.raw) == (2, '{"text": Late}')
    assert broken.reason.startswith("not JSON: Expecting value at column 10")
    assert (no_object.line, no_object.reason.split(";")[0]) == (3, "not an object")


def test_a_bad_row_within_a_json_document_knows_its_line(file):
    path = file('[\n {"text": "Rude"},\n {"text": "Late", "stars": "many"}\n]', "a.json")
    (row,) = rejected(path)
    assert (row.line, row.raw) == (3, '{"text": "Late", "stars": "many"}')
