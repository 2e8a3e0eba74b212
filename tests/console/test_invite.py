"""Inviting from the command line: prepared, looked at, approved by its mark, counted."""

from pathlib import Path

from tests.console.shell import DANA, MONDAY, Shell

MAIL = (
    "Whatever you think of us, you may write it here: https://g.page/elm-street/review\n"
    "Elm Street, 1 Elm Street, Albany, NY 12207"
)
LIST = "Name,E-mail\nPat Quill,pat@quill.example\nSam Reed,sam@reed.example\n"


def prepare(shell: Shell, text: str = MAIL, listed: str = LIST):
    return shell(
        "invite", "prepare", shell.file("list.csv", listed), "--clinic", "elm-street",
        "--subject", "Your view of us", "--mail", shell.file("mail.txt", text),
        "--consent", "the intake form of 2026, box 4", "--as", DANA, "--now", MONDAY,
    )  # fmt: skip


def served(shell: Shell) -> Shell:
    """Give patients an address for the link that ends invitations."""
    with (Path(shell.data) / "amends.toml").open("a") as file:
        file.write('\npublic_url = "https://elm.example"\n')
    return shell


def test_a_list_is_prepared_shown_approved_and_counted(founded: Shell) -> None:
    answer = prepare(served(founded))
    assert (answer.code, answer.err) == (0, "")
    assert "waits for approval: 2 listed" in answer.out
    assert "quill" not in answer.out
    (row,) = founded("invite", "list", "--json").lines()
    wrong = founded("invite", "approve", row["id"], "--mark", "0" * 12, "--as", DANA)
    assert (wrong.code, "not the mark" in wrong.err) == (1, True)
    done = founded("invite", "approve", row["id"], "--mark", row["mark"], "--as", DANA)
    assert done.code == 0
    assert "2 invited" in done.out
    (row,) = founded("invite", "list", "--json").lines()
    assert (row["state"], row["invitations"]) == ("approved", {"pending": 2})
    assert founded("invite", "cancel", row["id"], "--as", DANA).code == 0
    shown = founded("invite", "show", row["id"], "--json").json()
    assert (shown["state"], shown["invitations"]) == ("put aside", {"suppressed": 2})


def test_what_may_not_be_sent_is_told_with_its_reason(founded: Shell) -> None:
    served(founded)
    for text, listed, why in (
        (MAIL + " https://yelp.example/elm", LIST, "Yelp forbids"),
        (MAIL, LIST.replace("Name", "Rating"), "never by sentiment"),
        ("Write us.", LIST, "no slots"),
    ):
        answer = prepare(founded, text, listed)
        assert answer.code == 1
        assert why in answer.err
    assert founded("invite", "list", "--json").lines() == []


def test_without_a_link_that_ends_them_nobody_is_invited_by_mail(founded: Shell) -> None:
    answer = prepare(founded)
    assert (answer.code, "AMENDS_PUBLIC_URL" in answer.err) == (1, True)


def test_a_map_is_tried_on_a_file(amends: Shell) -> None:
    sample = '{"uid": "u1", "review": {"body": "Late.", "rating": 1, "siteName": "Google"}}'
    body = amends.file("body.json", sample)
    answer = amends("source", "try-map", "podium", body, "--json")
    (found,) = answer.lines()
    assert (found["platform"], found["external_id"], found["text"]) == (
        "google", "podium-u1", "Late."
    )  # fmt: skip
    mine = amends.file("mine.toml", "[fields]\ntext = 'a['\n")
    wrong = amends("source", "try-map", mine, body)
    assert wrong.code == 1
    assert "line 2: fields.text is no JMESPath" in " ".join(wrong.err.split())
    added = amends("source", "add", "hook", "--platform", "webhook", "--place", "podium")
    assert added.code == 0
    assert "Put secret under [sources.hook]" in added.out
    assert amends("source", "add", "two", "--platform", "webhook", "--place", "no").code == 1
