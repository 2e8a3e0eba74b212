"""A practice on Google: what is written there becomes cases, what is approved here stands there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.answering import publishing, replies
from cases.arriving.arrivals import arrive
from cases.arriving.sources import set_active
from cases.changes import About, Add, Change, Happened, Moment
from cases.models import Reply, Source
from cases.store import Store
from reviews import ability
from tests.builders import ADMIN, DAY, DIRECTOR, HOUR, MINUTE, T0
from tests.platforms.google_fake import AUDIENCE, EMAIL, PLACE, GoogleFake
from tests.story import GOOD_REPLY, Story, a_story


@pytest.fixture
def google() -> Iterator[GoogleFake]:
    with GoogleFake() as found:
        yield found


@pytest.fixture
def story(store: Store, tmp_path: Path, google: GoogleFake) -> Iterator[Story]:
    with a_story(store, tmp_path / "board") as found:
        connect(found, google)
        yield found


def connect(story: Story, google: GoogleFake) -> None:
    """Make the practice's profile at Google its only source."""
    moment = Moment(T0, "setup", story.ids)
    (folder,) = story.store.sources()
    story.store.apply([set_active(folder, False, moment)])
    values = {"id": "g", "name": "elm-google", "platform": "google", "place": PLACE}
    added = Change(
        About(Source, "g", 0), moment, adds=[Add(Source, values)], events=[Happened("added")]
    )
    assert story.store.apply([added]).applied
    pushed = {"push_audience": AUDIENCE, "push_email": EMAIL}
    story.settings.sources["elm-google"] = {**google.values, **pushed}


def source(story: Story) -> Source:
    (found,) = story.store.sources()
    return found


def later(story: Story, minutes: int = 15, *flows: str) -> dict[str, int]:
    """Let time pass and run the flows; return what the last one counted."""
    story.now += minutes * MINUTE
    return story.run(*flows or ("intake", "publish", "deliver"))


def approve(story: Story, text: str = GOOD_REPLY) -> None:
    moment = Moment(story.now, DIRECTOR, story.ids)
    can = ability(source(story))
    story.store.apply([replies.draft(story.case(), text, moment)])
    assert story.store.apply([replies.approve(story.case(), can, (), moment)]).applied


def reply(story: Story) -> Reply:
    return story.case().replies[-1]


@pytest.fixture
def answered(story: Story, google: GoogleFake) -> Story:
    """A case with a reply approved and handed to Google."""
    google.write("g1", story.now - HOUR, "Waited two hours and nobody said sorry.")
    assert later(story, 15, "intake")["cases"] == 1
    approve(story)
    later(story, 5, "publish")
    return story


def test_a_review_becomes_a_case_and_its_reply_goes_through_moderation(
    answered: Story, google: GoogleFake
) -> None:
    assert (reply(answered).state, google.kept["g1"].polls) == ("pending", 1)
    assert answered.case().case.acknowledged_how == ""
    later(answered)
    assert reply(answered).state == "live"
    assert answered.case().case.acknowledged_how == "live"
    assert google.kept["g1"].reply is not None
    assert google.kept["g1"].reply["comment"] == GOOD_REPLY
    later(answered)  # what we wrote ourselves is no news
    assert sum(call.startswith("PUT") for call in google.calls) == 1
    assert "foreign" not in " ".join(answered.events())


def test_a_reply_google_rejects_is_told_with_its_reason(
    answered: Story, google: GoogleFake
) -> None:
    google.verdict, google.reason = "REJECTED", "PERSONAL_INFO"
    later(answered)
    assert (reply(answered).state, reply(answered).reason) == ("rejected", "PERSONAL_INFO")
    assert answered.case().case.acknowledged_how == ""
    assert "reply" in answered.mail_to(DIRECTOR)[-1]


def test_what_somebody_answered_there_is_replaced_only_when_a_person_says_so(
    story: Story, google: GoogleFake
) -> None:
    google.write("g1", story.now - HOUR, "Waited two hours and nobody said sorry.")
    later(story, 15, "intake")
    approve(story)
    google.answer_there("g1", "Call us.", story.now)
    later(story, 5, "publish")
    assert (reply(story).state, reply(story).code) == ("rejected", "google-foreign-reply")
    story.act(publishing.replace_foreign)
    later(story)
    later(story)
    assert reply(story).state == "live"
    assert google.kept["g1"].reply is not None
    assert google.kept["g1"].reply["comment"] == GOOD_REPLY


def test_a_sign_in_that_expired_keeps_the_reply_waiting_and_is_told_once(
    answered: Story, google: GoogleFake
) -> None:
    google.write("g2", answered.now, "Rude again.", stars="ONE")
    google.revoked = True
    for _ in range(3):
        later(answered, 90)
    assert source(answered).failed_code == "google-auth"
    assert reply(answered).state == "pending"
    told = [subject for subject in answered.mail_to(ADMIN) if "elm-google" in subject]
    assert len(told) == 1
    google.revoked = False
    later(answered, 400)
    assert reply(answered).state == "live"
    assert answered.case(2).review.external_id == "g2"
    assert source(answered).failed_since is None


def test_an_edit_and_a_removal_are_seen(answered: Story, google: GoogleFake) -> None:
    google.edit("g1", answered.now, comment="It got worse: they lost my chart.", stars="ONE")
    assert later(answered, 15, "intake")["edited"] == 1
    google.crowd(30, answered.now - 20 * DAY)
    later(answered)
    google.remove("g1")
    for _ in range(3):
        answered.now += 8 * DAY
        answered.run("intake")
    assert answered.case().review.gone_at is not None


def test_a_first_reading_that_is_killed_goes_on_without_loss_or_doubles(
    story: Story, google: GoogleFake
) -> None:
    google.crowd(620, story.now - 20 * DAY)

    def die(number: int) -> None:
        if number == 5:
            google.before_list = lambda _: None
            raise RuntimeError("the line is cut")

    google.before_list = die
    assert later(story, 15, "intake")["failed_sources"] == 1
    assert '"token"' in source(story).cursor
    google.write("meanwhile", story.now, "Late again.", stars="ONE")  # and all pages shift
    done = later(story, 60, "intake")
    known = story.store.known_reviews(("google", name) for name in google.kept)
    assert set(known) >= {("google", f"g{number}") for number in range(620)}
    assert done["new"] + 250 in (620, 621)
    google.lists = 0
    later(story, 15, "intake")
    assert ("google", "meanwhile") in story.store.known_reviews([("google", "meanwhile")])
    assert google.lists <= 3


def test_a_project_not_admitted_yet_is_told_at_once(story: Story, google: GoogleFake) -> None:
    google.zero_quota = True
    later(story)
    assert source(story).failed_code == "google-quota-zero"
    assert any("elm-google" in subject for subject in story.mail_to(ADMIN))


def test_a_limit_is_kept_to(story: Story, google: GoogleFake) -> None:
    google.fail(429, retry_after="7200")
    later(story, 15, "intake")
    asked = len(google.calls)
    later(story, 90, "intake")
    assert len(google.calls) == asked
    later(story, 60, "intake")
    assert source(story).failed_since is None


def test_a_push_becomes_a_case_within_the_minute_however_often_it_comes(
    story: Story, google: GoogleFake
) -> None:
    later(story, 15, "intake")
    google.write("g9", story.now, "Nobody answers the telephone.", stars="ONE")
    body = google.publish("g9")
    for moment in (Moment(story.now, "hook", story.ids),) * 2:
        change = arrive("push", "g", body, {}, moment)
        if not story.store.has_arrived(change.adds[0].values["digest"]):
            story.store.apply([change])
    done = later(story, 1, "receive")
    assert (done["arrived"], done["cases"]) == (1, 1)
    assert story.case().review.external_id == "g9"


def test_no_secret_and_no_patient_s_word_is_logged(
    answered: Story, google: GoogleFake, caplog: pytest.LogCaptureFixture
) -> None:
    google.fail(500, times=3)
    google.revoked = True
    with caplog.at_level(logging.DEBUG):
        later(answered, 90)
    for canary in ("refresh-1", "s3cret", "token-", "nobody said sorry", "g1"):
        assert canary not in caplog.text
