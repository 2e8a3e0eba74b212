"""What they agreed to, on the command line and on the case's page."""

from __future__ import annotations

from tests.console.shell import Shell
from tests.console.test_act import MATCH, go, refused
from tests.console.test_web_case import Seat, match, place, seat

__all__ = ["place", "seat"]  # fixtures

WORDING = "May we text you about your visit? STOP ends it."
AGREE = ("consent", "--channel", "email", "--purpose", "invitation", "--text", WORDING)


def states(shell: Shell, *words: str) -> dict[str, bool | None]:
    lines = shell.done("consent", "show", 1, "--json", *words).lines()
    found: dict[str, bool | None] = next(x for x in lines if x["channel"] == "email")["states"]
    return found


def test_what_they_agreed_to_is_shown_as_it_stood_on_any_day(amends: Shell) -> None:
    go(amends, 1, ("match", *MATCH))
    at = ("--now", "2026-11-02T10:00")
    assert amends("act", 1, *AGREE, "--why", "on a form", *at).code == 0
    taken = ("consent", "--channel", "email", "--purpose", "invitation", "--outcome", "taken_back")
    later = ("--now", "2026-11-04T10:00")
    assert amends("act", 1, *taken, "--why", "on the telephone", *later).code == 0
    assert states(amends)["invitation"] is False
    assert states(amends, "--at", "2026-11-03T10:00")["invitation"] is True
    assert states(amends, "--at", "2026-11-01T10:00")["invitation"] is None
    said = amends.done("consent", "show", 1).out
    assert WORDING in said
    assert "Dana Field: on a form" in said
    assert "no more, invitation" in said


def test_an_agreement_without_its_wording_or_how_is_refused(amends: Shell) -> None:
    go(amends, 1, ("match", *MATCH))
    assert "what they agreed to" in refused(amends, 1, *AGREE[:-1], " ", "--why", "on a form")
    assert "how they said so" in refused(amends, 1, *AGREE)
    assert "taken_back" in refused(amends, 1, *AGREE, "--why", "x", "--outcome", "maybe")


def test_the_page_shows_what_they_agreed_to_and_takes_more(seat: Seat) -> None:
    point = next(p for p in match(seat).points if p.channel == "sms")
    seat.do(
        "consent", point=point.id, purpose="invitation", wording=WORDING, how="on a form",
        given="yes",
    )  # fmt: skip
    page = seat.look()
    assert WORDING in page
    assert "on a form" in page
    assert "noted what they agreed to" in page


def test_the_page_counts_a_text_as_a_phone_does(seat: Seat) -> None:
    point = next(p for p in match(seat).points if p.channel == "sms")
    curly = "We’d like to hear from you. Please call us at the clinic on Elm Street today or so."
    page = seat.refused("write", point=point.id, text=curly)
    assert f"{len(curly)} of 70 (with ’)" in page
    assert "plain letters" in page
