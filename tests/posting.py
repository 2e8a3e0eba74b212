"""A practice with a mailbox: mails put in as a mail server leaves them, read by the real flow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cases.arriving.arrivals import arrive
from cases.changes import About, Add, Change, Happened, Moment
from cases.identifiers import Identifiers
from cases.models import Arrival, Source
from cases.talking import tokens
from cases.talking.correspondents import Who, match
from flows.house import House
from flows.mailboxes import keep
from tests.builders import T0
from tests.story import Story

MAILS = Path(__file__).parent / "mails"
SERVER = "mx.elm.example"
PAT = "pat@quill.example"


def sample(name: str) -> bytes:
    return (MAILS / f"{name}.eml").read_bytes()


def a_mail(
    text: str,
    *,
    sender: str = f"Pat Quill <{PAT}>",
    to: str = "care@elm.example",
    subject: str = "Re: Your visit",
    vouched: bool = True,
    message_id: str = "<one@quill.example>",
    **headers: str,
) -> bytes:
    """Return a mail as our own server leaves it; `headers`: with underscores for hyphens."""
    domain = sender.rpartition("@")[2].strip(">")
    found = f"Authentication-Results: {SERVER}; dkim=pass header.d={domain}" if vouched else ""
    more = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines = [found, f"From: {sender}", f"To: {to}", f"Subject: {subject}",
             f"Message-ID: {message_id}", "Date: Fri, 27 Nov 2026 09:12:00 -0500",
             *more]  # fmt: skip
    return ("\n".join(filter(None, lines)) + "\n\n" + text).encode()


def add_mailbox(story: Story, **options: Any) -> Source:
    """Give the practice a source of mail; `options` stand in its amends.toml."""
    usual: Mapping[str, Any] = {"servers": [SERVER]}
    story.settings.sources["post"] = {**usual, **options}
    values = {"id": "post", "name": "post", "platform": "mail", "place": "care@elm.example"}
    moment = Moment(T0, "setup", story.ids)
    added = [Happened("added")]
    change = Change(About(Source, "post", 0), moment, adds=[Add(Source, values)], events=added)
    assert story.store.apply([change]).applied
    return mailbox_of(story)


def mailbox_of(story: Story) -> Source:
    return next(each for each in story.store.sources() if each.id == "post")


def post(story: Story, *raw: bytes) -> dict[str, int]:
    """Let mails come in, and the flow read them; return what it counted."""
    house = House(story.settings, story.store, "receive", story.now, story.ids)
    for each in raw:
        keep(house, mailbox_of(story), each)
    return story.run("receive")


def talk_with_pat(story: Story) -> str:
    """Open a case whose correspondent is Pat; return the address the case is answered at."""
    story.review("r1", "Two hours late and nobody said sorry.", stars=2)
    story.run("intake")
    story.act(match, Who("Pat Quill", "patient", "self", "wrote"), [story.point("email", PAT)])
    return f"care+{tokens.for_case(story.store.sealer, story.case().case.id)}@elm.example"


def let_a_mail_wait(place: Any, name: str, raw: bytes, clinic: str | None = None) -> None:
    """Put a mail nobody could place into a console's record, under an id of its own."""
    moment = Moment(place.now, "setup", Identifiers(seed=9))
    store, added = place.store, [Happened("added")]
    if not any(each.id == "post" for each in store.all_sources()):
        row = {"id": "post", "name": "post", "platform": "mail", "place": "care@elm.example",
               "clinic_id": clinic}  # fmt: skip
        source = Change(About(Source, "post", 0), moment, adds=[Add(Source, row)], events=added)
        assert store.apply([source]).applied
    came = arrive("mail", "post", raw, {}, moment)
    values = {**came.adds[0].values, "id": name, "state": "queued", "code": "which_case"}
    waits = Change(About(Arrival, name, 0), moment, adds=[Add(Arrival, values)], events=added)
    assert store.apply([waits]).applied
