"""What a mailbox shows is fetched once, and its failure is told at the source."""

from __future__ import annotations

from tests.builders import HOUR
from tests.mailserver import running
from tests.posting import a_mail, add_mailbox, mailbox_of
from tests.story import Story


def test_the_flow_fetches_what_is_new_once_and_tells_a_failure(story: Story) -> None:
    with running() as server:
        add_mailbox(
            story, host="127.0.0.1", port=server.port, username="care", password="right",
            security="none",
        )  # fmt: skip
        server.mails.update({1: a_mail("When do you open?"), 2: a_mail("Where do I park?")})
        assert story.run("receive")["fetched"] == 2
        assert mailbox_of(story).cursor == "7:2"
        assert story.run("receive")["fetched"] == 0
        server.validity = 8  # all again, under new numbers
        assert story.run("receive")["fetched"] == 0
        assert mailbox_of(story).cursor == "8:2"
    assert story.run("receive")["failed_sources"] == 1
    assert mailbox_of(story).failed_code == "imap-refused"
    story.now += HOUR
    with running() as server:
        story.settings.sources["post"]["port"] = server.port
        server.validity = 8
        server.mails[3] = a_mail("And the lift?")
        assert story.run("receive")["fetched"] == 1
    assert mailbox_of(story).failed_since is None
