"""Secrets come from settings or what was kept, are shown nowhere, and go nowhere in the clear."""

import pytest

from cases.models import Source
from cases.settings import Settings, SettingsError
from reviews.access import Access, access_for


def with_kept(given: str, kept: dict[str, str]) -> Access:
    return Access("profile", {"refresh_token": given}, lambda: kept, kept.__setitem__)


def test_what_is_kept_goes_before_the_setting_it_grew_from() -> None:
    access = with_kept("first", {})
    assert access.need("refresh_token") == "first"
    access.keep("refresh_token", "second")
    assert access.need("refresh_token") == "second"


def test_a_setting_somebody_changed_goes_before_what_was_kept() -> None:
    kept: dict[str, str] = {}
    with_kept("first", kept).keep("refresh_token", "second")
    assert with_kept("a new one", kept).need("refresh_token") == "a new one"


def test_a_secret_that_is_missing_is_told_with_its_place() -> None:
    with pytest.raises(SettingsError, match=r"\[sources.profile\]"):
        Access("profile").need("client_secret")


def test_no_secret_is_shown_in_passing() -> None:
    access = with_kept("canary", {})
    assert "canary" not in repr(access)
    assert "canary" not in repr(access.secret("refresh_token"))
    settings = Settings(sources={"profile": {"refresh_token": "canary"}})
    assert "canary" not in repr(settings)


def test_a_source_reads_its_own_part_of_the_settings() -> None:
    settings = Settings(sources={"profile": {"budget": 5, "senders": ["a.example"], "on": True}})
    source = Source(id="p", name="profile", platform="google", place="x")
    access = access_for(source, settings)
    assert access.number("budget", 0) == 5
    assert access.listed("senders") == ("a.example",)
    assert access.switch("on")
    assert access_for(Source(id="q", name="other", platform="x", place="x"), settings).values == {}


@pytest.mark.parametrize("url", ["http://api.example", "ftp://127.0.0.2/", "api.example"])
def test_no_token_goes_over_an_open_line(url: str) -> None:
    with pytest.raises(SettingsError, match="https"):
        Access("profile", {"base_url": url}).base_url("https://api.example")


def test_a_platform_on_this_machine_may_be_asked_in_the_clear() -> None:
    access = Access("profile", {"base_url": "http://127.0.0.1:8123/"})
    assert access.base_url("https://api.example") == "http://127.0.0.1:8123"
