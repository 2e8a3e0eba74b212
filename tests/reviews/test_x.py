"""X, over real sockets: mentions come in once, answers go out where we were called, in budget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases.models import Source
from cases.ports import Page, PlatformError, PublicReply
from reviews import kind_of
from reviews.access import Access
from reviews.x import X
from tests.builders import DAY, HOUR, MINUTE, T0
from tests.platforms.x_fake import AUTHOR, US, Post, XFake

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SORRY = "We are sorry. Please call Dana Field at +1 212-555-0100."
_OPEN: list[X] = []


@pytest.fixture
def fake() -> Iterator[XFake]:
    with XFake(T0) as found:
        yield found
        while _OPEN:
            _OPEN.pop().close()


@pytest.fixture
def kept() -> dict[str, str]:
    """What the record keeps of the sign-in."""
    return {}


@pytest.fixture
def account(fake: XFake, kept: dict[str, str]) -> X:
    return an_account(fake, kept)


def an_account(fake: XFake, kept: dict[str, str], **more: Any) -> X:
    source = Source(id="elm-x", name="elm-x", platform="x", place=more.pop("place", US))
    access = Access("elm-x", {**fake.values, **more}, lambda: dict(kept), kept.__setitem__)
    found = X(source, access, clock=lambda: fake.now)
    _OPEN.append(found)
    return found


def a_reply(post: Post, text: str = SORRY, posted_id: str = "") -> PublicReply:
    return PublicReply("reply-1", "x", post.states[0], text, posted_id=posted_id)


def everything(account: X, since: datetime = LONG_AGO, cursor: str = "") -> list[Page]:
    return list(account.pages(since, cursor))


def texts(pages: list[Page]) -> list[str]:
    return [each.text for page in pages for each in page.reviews]


def refusal(account: X, post: Post, text: str = SORRY) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        account.publish(a_reply(post, text))
    return caught.value


def test_the_class_is_found_by_its_file() -> None:
    assert kind_of("x") is X


def test_a_mention_comes_in_as_what_it_is(fake: XFake, account: X) -> None:
    post = fake.write("@elmstreet two hours < forever & no sorry")
    (page,) = everything(account)
    (found,) = page.reviews
    assert (found.kind, found.author, found.author_id) == ("mention", "quiet_river", AUTHOR)
    assert found.text == "@elmstreet two hours < forever & no sorry"
    assert (found.rating, found.reply) == (None, None)
    assert found.url == f"https://x.com/i/status/{post.states[0]}"
    assert found.posted_at is not None
    assert abs(found.posted_at - T0) < timedelta(seconds=1)


@pytest.mark.parametrize("old_names", [False, True])
def test_fields_are_asked_for_by_the_names_x_knows(
    fake: XFake, account: X, old_names: bool
) -> None:
    fake.old_names = old_names
    post = fake.write("@elmstreet too long to", long="@elmstreet too long to show at once")
    fake.edit(post, "@elmstreet too long to")
    assert texts(everything(account)) == ["@elmstreet too long to show at once"]
    found = account.look(post.states[0])
    assert found is not None
    assert (found.external_id, found.author) == (post.states[0], "quiet_river")


def test_our_own_words_and_mere_reposts_are_no_mentions(fake: XFake, account: X) -> None:
    post = fake.write("@elmstreet late again")
    fake.write("@elmstreet we are sorry", author=US)
    fake.write("RT @quiet_river: @elmstreet late again", refers=[("retweeted", post.states[0])])
    assert texts(everything(account)) == ["@elmstreet late again"]


def test_nobody_mentioned_us(account: X) -> None:
    assert everything(account) == [Page(())]


def test_pages_are_read_to_their_end_and_go_on_after_a_kill(
    fake: XFake, kept: dict[str, str], account: X
) -> None:
    for number in range(230):
        fake.write(f"@elmstreet number {number}", number)
    reading = account.pages(LONG_AGO)
    first = next(reading)
    assert "newest_id" not in kept  # nothing is done before the end
    rest = everything(an_account(fake, kept), cursor=first.cursor)
    assert sorted(texts([first]) + texts(rest)) == sorted(post.text for post in fake.posts)
    assert fake.posts[-1].states[0] in kept["newest_id"]


def test_what_was_read_is_not_paid_for_again(fake: XFake, account: X) -> None:
    for number in range(30):
        fake.write(f"@elmstreet number {number}", number * 60)
    everything(account)
    spent = account.meter.spent()
    assert spent == Decimal("0.030")
    fake.write("@elmstreet a new one", 40 * 60)
    assert texts(everything(account, T0))[0] == "@elmstreet a new one"
    assert account.meter.spent() - spent == Decimal("0.002")  # the newest one again, and the new


def test_an_edit_is_the_same_post_in_other_words(fake: XFake, account: X) -> None:
    post = fake.write("@elmstreet late")
    (before,) = everything(account)[0].reviews
    fake.edit(post, "@elmstreet very late")
    (after,) = everything(account)[0].reviews
    assert (after.external_id, after.text) == (before.external_id, "@elmstreet very late")
    assert after.updated_at is not None
    assert after.updated_at > T0 + 4 * MINUTE
    assert account.look(before.external_id) == after


def test_a_refresh_token_that_rotates_is_kept_before_its_heir_is_used(
    fake: XFake, kept: dict[str, str]
) -> None:
    fake.write("@elmstreet late")
    everything(an_account(fake, kept))
    assert "refresh-1" in kept["refresh_token"]
    everything(an_account(fake, kept))
    assert fake.calls.count("POST /2/oauth2/token") == 1  # two processes share what is kept
    fake.expire_token()
    everything(an_account(fake, kept))
    assert "refresh-2" in kept["refresh_token"]


def test_a_heir_that_cannot_be_kept_is_not_used(fake: XFake) -> None:
    def cannot(name: str, value: str) -> None:
        raise PlatformError("token-not-kept")

    source = Source(id="elm-x", name="elm-x", platform="x", place=US)
    for keeps, code in ((cannot, "token-not-kept"), (lambda *_: None, "x-token-not-kept")):
        fake._refresh = "refresh-0"
        account = X(source, Access("elm-x", fake.values, dict, keeps))
        with pytest.raises(PlatformError) as caught:
            everything(account)
        account.close()
        assert caught.value.code == code
    assert set(fake.calls) == {"POST /2/oauth2/token"}


def test_who_renews_a_moment_too_late_takes_what_the_other_was_given(
    fake: XFake, kept: dict[str, str], account: X
) -> None:
    fake.write("@elmstreet late")
    everything(account)
    fake.expire_token()
    other = an_account(fake, kept)

    def be_quicker() -> None:
        fake.before_renewal = lambda: None
        fresh = fake._next()
        access = other.access
        access.keep("refresh_token", fresh["refresh_token"])
        from reviews.x_sign_in import _mark

        access.keep("access_token", f"{_mark(fresh['refresh_token'])} {fresh['access_token']}")

    fake.before_renewal = be_quicker
    assert texts(everything(account)) == ["@elmstreet late"]


def test_a_sign_in_that_was_revoked_is_for_a_person(fake: XFake, account: X) -> None:
    fake.revoked = True
    with pytest.raises(PlatformError) as caught:
        everything(account)
    assert (caught.value.code, caught.value.permanent) == ("x-auth", False)
    assert "refresh-0" not in repr(caught.value)


def test_a_setting_somebody_changed_ends_the_old_sign_in(
    fake: XFake, kept: dict[str, str], account: X
) -> None:
    everything(account)
    fake._refresh = "connected-again"
    changed = an_account(fake, kept, refresh_token="connected-again")
    everything(changed)
    assert fake.calls.count("POST /2/oauth2/token") == 2


def test_who_calls_us_is_answered(fake: XFake, account: X) -> None:
    post = fake.write("@elmstreet late again")
    said = account.publish(a_reply(post))
    (ours,) = fake.ours
    assert (said.state, said.external_id, ours.text) == ("live", ours.states[0], SORRY)
    assert said.url.endswith(ours.states[0])
    assert ours.refers == [("replied_to", post.states[0])]
    assert account.state(a_reply(post, posted_id=said.external_id)).live
    fake.posts.remove(ours)
    with pytest.raises(PlatformError) as caught:
        account.state(a_reply(post, posted_id=said.external_id))
    assert caught.value.trouble == "gone"


def test_who_quotes_us_is_answered_too(fake: XFake, account: X) -> None:
    mine = fake.write("We are open on Friday.", mentions=(), author=US)
    post = fake.write("As if.", mentions=(), refers=[("quoted", mine.states[0])])
    assert account.publish(a_reply(post)).live


def test_who_did_not_call_us_is_answered_by_hand(fake: XFake, account: X) -> None:
    other = fake.write("Good morning.", mentions=())
    for refers in ([], [("quoted", other.states[0])], [("replied_to", other.states[0])]):
        post = fake.write("Elm Street is always late.", mentions=(AUTHOR,), refers=refers)
        found = refusal(account, post)
        assert (found.trouble, found.sent) == ("unsupported", False)
    assert "POST /2/tweets" not in fake.calls


def test_what_x_refuses_all_the_same_is_answered_by_hand(fake: XFake, kept: dict[str, str]) -> None:
    post = fake.write("Elm Street is always late.", mentions=())
    larger = an_account(fake, kept, enterprise=True)  # may ask, and is refused
    found = refusal(larger, post)
    assert (found.code, found.sent) == ("x-403-unsupported", False)
    assert "POST /2/tweets" in fake.calls


def test_the_same_words_again_leave_a_doubt(fake: XFake, account: X) -> None:
    post = fake.write("@elmstreet late")
    account.publish(a_reply(post))
    found = refusal(account, post)
    assert (found.code, found.sent) == ("x-duplicate", None)
    assert len(fake.ours) == 1


def test_a_post_that_is_gone_is_not_answered(fake: XFake, account: X) -> None:
    post = fake.write("@elmstreet late")
    fake.posts.clear()
    assert account.look(post.states[0]) is None
    assert refusal(account, post).trouble == "gone"


def test_a_post_that_is_not_shown_to_us_is_not_said_to_be_gone(fake: XFake, account: X) -> None:
    fake.fail(200, part="/2/tweets/", body={"errors": [{"type": "about:blank", "title": "No"}]})
    with pytest.raises(PlatformError, match="not show"):
        account.look("123")


def test_a_reply_longer_than_x_counts_is_not_sent(fake: XFake, account: X) -> None:
    post = fake.write("@elmstreet late")
    found = refusal(account, post, "漢" * 141)
    assert (found.code, found.permanent, fake.calls) == ("x-too-long", True, [])


def test_a_reply_is_hidden_only_where_we_began(fake: XFake, account: X) -> None:
    mine = fake.write("We are open on Friday.", mentions=(), author=US)
    post = fake.write("Liars.", refers=[("replied_to", mine.states[0])])
    account.hide(post.states[0])
    assert post.hidden
    elsewhere = fake.write("@elmstreet liars")
    with pytest.raises(PlatformError, match="403"):
        account.hide(elsewhere.states[0])


def test_only_an_enterprise_app_blocks(fake: XFake, kept: dict[str, str], account: X) -> None:
    assert not account.can.block
    with pytest.raises(PlatformError) as caught:
        account.block(AUTHOR)
    assert caught.value.trouble == "unsupported"
    larger = an_account(fake, kept, enterprise=True)
    assert larger.can.block
    larger.block(AUTHOR)
    assert fake.blocked == [AUTHOR]


def test_the_cap_on_cost_stops_reading_until_the_next_month(
    fake: XFake, kept: dict[str, str]
) -> None:
    for number in range(40):
        fake.write(f"@elmstreet number {number}", number)
    account = an_account(fake, kept, budget=0.02)
    reading = account.pages(LONG_AGO)
    assert len(next(reading).reviews) == 20
    with pytest.raises(PlatformError) as caught:
        next(reading)
    assert (caught.value.code, account.meter.spent()) == ("x-budget", Decimal("0.020"))
    with pytest.raises(PlatformError, match="cap"):  # a new start is no new month
        everything(an_account(fake, kept, budget=0.02))
    fake.now += 30 * DAY
    assert an_account(fake, kept, budget=0.02).meter.spent() == 0


def test_the_cap_on_cost_leaves_a_reply_to_a_person(fake: XFake, kept: dict[str, str]) -> None:
    post = fake.write("@elmstreet late")
    account = an_account(fake, kept, budget=0.1)
    dear = "We are sorry: https://elm.example"  # a link makes it twenty times as dear
    found = refusal(account, post, dear)
    assert (found.trouble, found.sent) == ("budget", False)
    assert account.publish(a_reply(post)).live
    assert account.meter.spent() == Decimal("0.012")  # looked at twice, posted once


def test_a_limit_says_when_its_window_opens(fake: XFake, account: X) -> None:
    reset = str(int((T0 + 7 * MINUTE).timestamp()))
    fake.fail(429, part="/mentions", x_rate_limit_reset=reset)
    with pytest.raises(PlatformError) as caught:
        everything(account)
    assert (caught.value.trouble, caught.value.retry_after) == ("limit", 7 * MINUTE)


def test_nobody_knocks_where_the_window_is_used_up(fake: XFake, account: X) -> None:
    for number in range(150):
        fake.write(f"@elmstreet number {number}", number)
    fake.shows = {"remaining": 0, "reset": int((T0 + 7 * MINUTE).timestamp())}
    reading = account.pages(LONG_AGO)
    page, asked = next(reading), len(fake.calls)
    with pytest.raises(PlatformError) as caught:
        next(reading)
    assert (caught.value.retry_after, len(fake.calls)) == (7 * MINUTE, asked)
    fake.now += HOUR
    assert len(texts(everything(account, cursor=page.cursor))) == 50


def test_credits_that_ran_out_are_a_matter_of_budget(fake: XFake, account: X) -> None:
    fake.fail(402, part="/mentions")
    with pytest.raises(PlatformError) as caught:
        everything(account)
    assert caught.value.trouble == "budget"


@pytest.mark.parametrize("cursor", ["[", "{}", '{"since": 1}', "nothing"])
def test_a_cursor_that_is_none_is_given_up(account: X, cursor: str) -> None:
    with pytest.raises(PlatformError) as caught:
        everything(account, cursor=cursor)
    assert (caught.value.code, caught.value.permanent) == ("x-cursor", True)


@pytest.mark.parametrize("place", ["@elmstreet", "", "../me", "٣"])
def test_an_account_is_named_by_its_number(fake: XFake, kept: dict[str, str], place: str) -> None:
    with pytest.raises(PlatformError, match="number"):
        everything(an_account(fake, kept, place=place))


def test_a_reply_of_ours_is_taken_back_by_hand(account: X) -> None:
    with pytest.raises(PlatformError) as caught:
        account.delete_reply("1")
    assert caught.value.trouble == "unsupported"
