"""Reviews come in from files, all or with a word about each that does not, and only once."""

import csv
import gzip
import json

from tests.console.shell import MONDAY, REVIEWS, Shell


def take(shell: Shell, name: str, text: str, *more: str):
    return shell("import", shell.file(name, text), "--clinic", "elm-street", "--now", MONDAY, *more)


def test_a_good_file_opens_the_cases_it_needs(founded: Shell):
    answer = take(founded, "reviews.csv", REVIEWS)
    assert (answer.code, answer.err) == (0, "")
    assert "3 reviews read, 3 new, 0 edited, 2 cases opened" in answer.out


def test_to_import_again_changes_nothing(amends: Shell):
    before = amends.done("cases", "--json").out
    answer = take(amends, "reviews.csv", REVIEWS, "--json")
    assert answer.code == 0
    counts = answer.json()
    assert (counts["seen"], counts["new"], counts["edited"], counts["cases"]) == (3, 0, 0, 0)
    assert amends.done("cases", "--json").out == before


def test_a_bad_row_is_told_kept_and_keeps_no_other_out(founded: Shell):
    answer = take(founded, "reviews.csv", REVIEWS + "2026-11-01,9,Nine stars.,odd_one\n")
    assert answer.code == 1
    assert "3 new" in answer.out
    assert "reviews.csv, line 5: Rating: '9' is no number of stars" in answer.err
    rejects = founded.data / "rejects" / "reviews.csv.rejected.csv"
    assert "".join(answer.err.split()).endswith(str(rejects))
    rows = list(csv.DictReader(rejects.read_text(encoding="utf-8").splitlines()))
    assert [(row["line"], row["raw"]) for row in rows] == [
        ("5", "2026-11-01,9,Nine stars.,odd_one")
    ]


def test_json_tells_of_the_rejects_too(founded: Shell):
    answer = take(founded, "r.jsonl", '{"text": "Awful.", "rating": 1}\n{bad\n', "--json")
    assert answer.code == 1
    told = answer.json()
    assert (told["new"], told["rejected"]) == (1, 1)
    assert told["rejects"].endswith("r.jsonl.rejected.csv")


def test_a_missing_file_does_not_keep_the_others_out(founded: Shell):
    good = founded.file("reviews.csv", REVIEWS)
    answer = founded("import", "nowhere.csv", good, "--clinic", "elm-street", "--now", MONDAY)
    assert answer.code == 1
    assert "nowhere.csv: No such file" in answer.err
    assert "3 new" in answer.out


def test_what_is_no_file_of_reviews_is_refused_with_the_remedy(founded: Shell):
    (founded.folder / "folder").mkdir()
    (founded.folder / "book.csv").write_bytes(b"PK\x03\x04" + bytes(60))
    founded.file("empty.csv", "")
    founded.file("columns.csv", "a,b\n1,2\n")
    (founded.folder / "broken.csv.gz").write_bytes(gzip.compress(REVIEWS.encode() * 9)[:-20])
    remedies = {
        "folder": "name a file you may read",
        "book.csv": "save it as CSV",
        "empty.csv": "the file is empty",
        "columns.csv": "--map text=COLUMN",
        "broken.csv.gz": "fetch it again",
    }
    for name, remedy in remedies.items():
        answer = founded("import", name, "--clinic", "elm-street", "--now", MONDAY)
        assert (answer.code, remedy in answer.err) == (1, True), (name, answer.err)


def test_a_column_is_named_where_it_cannot_be_guessed(founded: Shell):
    text = "when,b\n2026-11-01,Two hours late and nobody said sorry.\n"
    answer = take(founded, "odd.csv", text, "--map", "text=b", "--map", "posted_at=when")
    assert (answer.code, "1 new" in answer.out) == (0, True)
    assert take(founded, "odd.csv", text, "--map", "text=z").code == 1
    wrong = take(founded, "odd.csv", text, "--map", "text")
    assert (wrong.code, "field=column" in wrong.err) == (2, True)


def test_a_dry_run_shows_and_writes_nothing(bare: Shell):
    path = bare.file("reviews.csv", REVIEWS)
    shown = bare.done("import", path, "--dry-run")
    assert "Review -> text" in shown.out
    assert "3 reviews, 2 would open a case, 0 left out." in shown.out
    counts = bare.done("import", path, "--dry-run", "--json").json()
    assert (counts["reviews"], counts["would_open"], counts["columns"]["Date"]) == (
        3, 2, "posted_at",
    )  # fmt: skip
    assert not bare.data.exists()


def test_old_reviews_are_history_unless_all_are_wanted(founded: Shell):
    old = REVIEWS.replace("2026-11-01", "2026-03-01").replace("2026-10-31", "2026-03-02")
    assert "3 new, 0 edited, 0 cases opened" in take(founded, "old.csv", old).out
    since = take(founded, "other.csv", old.replace(".,", "!,"), "--since", "2026-03-02")
    assert "1 cases opened" in since.out
    every = take(founded, "third.csv", old.replace(".,", "?,"), "--since", "all")
    assert "2 cases opened" in every.out


def test_a_time_without_a_zone_is_the_clinics(amends: Shell):
    review = amends.done("case", 1, "--json").json()["review"]
    assert review["posted_at"].startswith("2026-11-01T04:00")


def test_what_cannot_be_meant_is_asked_wrongly(founded: Shell):
    for more, named in (
        (("--zone", "Mars/Olympus"), "Mars/Olympus"),
        (("--since", "whenever"), "whenever"),
        (("--clinic", "nowhere"), "elm-street"),
    ):
        answer = take(founded, "reviews.csv", REVIEWS, *more)
        assert (answer.code, named in answer.err) == (2, True), answer.err
    assert founded.done("cases", "--json").out == ""


def test_without_a_clinic_nothing_can_be_taken_in(bare: Shell):
    bare.done("db", "upgrade")
    answer = bare("import", bare.file("reviews.csv", REVIEWS))
    assert (answer.code, "amends clinic add" in answer.err) == (1, True)


def test_a_row_of_an_unknown_clinic_is_left_out_loudly(founded: Shell):
    path = founded.file("r.json", json.dumps([{"text": "Late.", "rating": 1, "clinic": "moon"}]))
    answer = founded("import", path, "--now", MONDAY)
    assert (answer.code, "name no clinic we know: 1" in answer.err) == (1, True)
