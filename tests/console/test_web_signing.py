"""Coming in at the web console: what opens the door, what keeps it shut, what ends a session."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import access, practice
from tests.builders import DIRECTOR, MINUTE, moment
from tests.console.web import PASSWORD, Browser, Place

SECOND = timedelta(seconds=1)


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    return Place(sqlite_store, tmp_path)


def kinds(place: Place, subject_kind: str) -> list[str]:
    return [e.kind for e in place.events() if e.subject_kind == subject_kind]


def test_a_page_asks_whoever_is_not_signed_in_to_sign_in_and_leads_back(place: Place) -> None:
    browser = place.browser()
    asked = browser.get("/cases?stage=contact")
    assert asked.status_code == 303
    assert asked.headers["location"] == "/login?next=%2Fcases%3Fstage%3Dcontact"
    page = browser.get(asked.headers["location"])
    assert 'value="/cases?stage=contact"' in page.text
    answer = browser.sign_in(DIRECTOR, next="/cases?stage=contact")
    assert answer.headers["location"] == "/cases?stage=contact"


def test_the_right_password_opens_a_session_whose_token_is_nowhere_on_disk(place: Place) -> None:
    browser = place.browser()
    assert browser.sign_in(DIRECTOR).status_code == 303
    assert browser.get("/").status_code == 200
    (session,) = place.store.open_sessions(DIRECTOR)
    token = browser.cookies["amends"]
    assert session.digest == access.digest_of(token)
    place.store.close()
    assert token.encode() not in place.bytes_on_disk()
    assert "$argon2" not in place.bytes_on_disk().decode("latin-1")


def test_signing_in_takes_a_new_token_so_that_a_planted_one_opens_nothing(place: Place) -> None:
    browser = place.browser()
    browser.get("/login")
    before = browser.cookies["amends"]
    browser.sign_in(DIRECTOR)
    first = browser.cookies["amends"]
    assert before != first
    again = place.browser()
    again.cookies.set("amends", first)
    assert again.get("/").status_code == 200
    other = place.browser()
    other.cookies.set("amends", before)
    assert other.get("/").status_code == 303


@pytest.mark.parametrize(
    ("who", "password"), [(DIRECTOR, "not the password"), ("nobody", PASSWORD), (DIRECTOR, "")]
)
def test_every_refusal_says_the_same(place: Place, who: str, password: str) -> None:
    answer = place.browser().sign_in(who, password)
    assert answer.status_code == 401
    assert "The e-mail address or the password is not right." in answer.text
    assert place.store.open_sessions(DIRECTOR) == []
    assert kinds(place, "knocks") == ["sign_in_failed"]


def test_whom_nobody_knows_costs_as_much_as_a_wrong_password(place: Place) -> None:
    looked_at = []
    real = place.passwords._hashing.verify_and_update

    class Counting:
        def verify_and_update(self, plain: str, hashed: str) -> tuple[bool, str | None]:
            looked_at.append(hashed[:20])
            return real(plain, hashed)

    place.passwords._hashing = Counting()  # type: ignore[assignment]
    place.browser().sign_in(DIRECTOR, "wrong")
    place.browser().sign_in("nobody", "wrong")
    assert len(looked_at) == 2
    assert looked_at[0] == looked_at[1]  # the same parameters: the same time


def test_the_fifth_wrong_try_closes_the_door_for_half_a_minute(place: Place) -> None:
    browser = place.browser()
    for _ in range(5):
        assert browser.sign_in(DIRECTOR, "wrong").status_code == 401
    shut = browser.sign_in(DIRECTOR)  # even with the right one
    assert shut.status_code == 429
    assert "Wait less than a minute" in shut.text
    place.now += 31 * SECOND
    assert browser.sign_in(DIRECTOR).status_code == 303


def test_nobody_can_keep_a_director_out_for_long(place: Place) -> None:
    attacker, browser = place.browser("203.0.113.9"), place.browser("198.51.100.1")
    for _ in range(60):
        attacker.sign_in(DIRECTOR, "wrong")
        place.now += timedelta(minutes=6)
    for _ in range(8):
        attacker.sign_in(DIRECTOR, "wrong")
    assert attacker.sign_in(DIRECTOR).status_code == 429
    assert browser.sign_in(DIRECTOR).status_code == 303  # from elsewhere it never was closed
    place.now += 5 * MINUTE + SECOND
    assert attacker.sign_in(DIRECTOR).status_code == 303  # and there for five minutes at most


def test_one_address_cannot_try_one_account_after_the_other_for_ever(place: Place) -> None:
    statuses = [place.browser().sign_in(f"somebody{n}", "x").status_code for n in range(52)]
    assert statuses[:50] == [401] * 50
    assert statuses[50:] == [429] * 2
    assert place.browser("198.51.100.7").sign_in(DIRECTOR).status_code == 303


def test_a_session_ends_after_a_quarter_of_an_hour_without_a_page(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    for _ in range(3):
        place.now += 14 * MINUTE
        assert browser.get("/").status_code == 200
    place.now += 15 * MINUTE
    answer = browser.get("/")
    assert answer.headers["location"] == "/login?said=ended"
    assert place.store.open_sessions(DIRECTOR) == []
    assert kinds(place, "sessions") == ["signed_in", "signed_out"]


def test_a_session_ends_after_twelve_hours_however_busy(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    for _ in range(12 * 6 - 1):
        place.now += 10 * MINUTE
        assert browser.get("/healthz").status_code == 200
        assert browser.get("/people").status_code == 200
    place.now += 10 * MINUTE
    assert browser.get("/").status_code == 303


def test_use_is_noted_once_a_minute_and_leaves_no_line_of_history(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    before = place.session(DIRECTOR)
    for _ in range(5):
        browser.get("/people")
    assert place.session(DIRECTOR) == before
    place.now += MINUTE
    browser.get("/people")
    after = place.session(DIRECTOR)
    assert (after.seen_at, after.version) == (place.now, before.version + 1)
    assert kinds(place, "sessions") == ["signed_in"]
    assert place.store.broken_chains() == []


def test_signing_out_ends_the_session_on_the_server(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    token = browser.cookies["amends"]
    assert browser.post("/logout").headers["location"] == "/login?said=signed-out"
    thief = place.browser()
    thief.cookies.set("amends", token)
    assert thief.get("/").status_code == 303


def test_who_leaves_the_practice_is_out_at_once(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    place.store.apply([practice.deactivate(place.store.people()[DIRECTOR], moment(place.now))])
    assert browser.get("/").status_code == 303
    assert place.browser().sign_in(DIRECTOR).status_code == 401


def test_a_new_password_signs_out_whoever_used_the_old_one(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    place.set_password(DIRECTOR, "another long phrase")
    assert browser.get("/").status_code == 303
    assert place.browser().sign_in(DIRECTOR).status_code == 401
    assert place.browser().sign_in(DIRECTOR, "another long phrase").status_code == 303


def test_a_weak_hash_is_made_stronger_when_its_owner_signs_in(place: Place) -> None:
    from pwdlib.hashers.argon2 import Argon2Hasher

    weak = Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    person, login = place.store.people()[DIRECTOR], place.store.login_of(DIRECTOR)
    place.store.apply([access.set_password(person, login, weak, [], moment(place.now))])
    assert place.browser().sign_in(DIRECTOR).status_code == 303
    kept = place.store.login_of(DIRECTOR)
    assert kept is not None
    assert kept.hash != weak
    assert place.browser().sign_in(DIRECTOR).status_code == 303


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "/\t/evil.example", "evil",
     "javascript:alert(1)", "\\\\evil.example", "/ok\r\nSet-Cookie: a=b"],
)  # fmt: skip
def test_the_way_back_after_signing_in_never_leads_elsewhere(place: Place, elsewhere: str) -> None:
    answer = place.browser().sign_in(DIRECTOR, next=elsewhere)
    assert answer.headers["location"] == "/"


def test_the_cookie_is_for_this_host_over_https_only(sqlite_store, tmp_path) -> None:
    place = Place(sqlite_store, tmp_path, public_url="https://amends.example")
    browser = place.browser(base="https://amends.example")
    cookie = browser.sign_in(DIRECTOR).headers["set-cookie"]
    assert cookie.startswith("__Host-amends=")
    for mark in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert mark in cookie
    assert "Domain" not in cookie
    assert browser.get("/").status_code == 200


def test_a_form_from_elsewhere_signs_nobody_in(place: Place) -> None:
    browser = place.browser()
    for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"},
                    {"origin": "https://evil.example"}):  # fmt: skip
        assert browser.sign_in(DIRECTOR, headers=headers).status_code == 403
    forged = browser.raw.post(
        "/login", data={"email": "dana@elm.example", "password": PASSWORD, "csrf": "é"}
    )
    assert forged.status_code == 403
    assert place.store.open_sessions(DIRECTOR) == []
    assert browser.sign_in(DIRECTOR, headers={"sec-fetch-site": "same-origin"}).status_code == 303


def test_a_form_without_the_sessions_own_token_does_nothing(place: Place) -> None:
    browser, other = place.signed_in(DIRECTOR), place.signed_in("sam")
    for token in ("", other.csrf()):
        assert browser.raw.post("/logout", data={"csrf": token}).status_code == 403
    assert browser.get("/").status_code == 200


def test_many_tries_at_once_count_as_many(place: Place) -> None:
    from concurrent.futures import ThreadPoolExecutor

    browsers: list[Browser] = [place.browser() for _ in range(12)]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda b: b.sign_in(DIRECTOR, "wrong").status_code, browsers))
    assert found.count(401) <= 5
    assert set(found) <= {401, 429}


def test_the_session_table_says_how_each_ended(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    digest = access.digest_of(browser.cookies["amends"])
    browser.post("/logout")
    ended = place.store.session(digest)
    assert (ended.ended_how, ended.ended_at) == ("signed_out", place.now)
