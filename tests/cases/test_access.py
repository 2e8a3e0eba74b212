"""The rules of the door: passwords, sessions, tries, tokens; on both databases where they write."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import access
from cases.access import ACCOUNT, ADDRESS, LONGEST, PERMITS, AccessError, Patience
from cases.answering import replies
from cases.changes import Change, about
from cases.models import ApiToken, Case, Knock, Login, Role, Session
from cases.models.rows import new_row
from cases.store import Store
from tests.builders import DIRECTOR, HOUR, MINUTE, T0, a_person, found_practice, moment

IDLE = 15 * MINUTE
DANA = a_person(DIRECTOR, Role.DIRECTOR)


def a_session(**changes: object) -> Session:
    usual = {"id": "s", "person_id": DIRECTOR, "digest": "d", "started_at": T0, "seen_at": T0}
    return new_row(Session, {**usual, **changes})


@pytest.fixture
def practice(store: Store) -> Store:
    found_practice(store)
    return store


def signed_in(store: Store, token: str = "token") -> Session:
    change = access.sign_in(store.people()[DIRECTOR], access.digest_of(token), moment())
    assert store.apply([change]).applied
    found = store.session(access.digest_of(token))
    assert found is not None
    return found


# Passwords


@pytest.mark.parametrize("plain", ["", "short", "eleven char", "x" * 201])
def test_a_password_is_neither_short_nor_endless(plain: str) -> None:
    with pytest.raises(AccessError, match="characters"):
        access.check_password(plain, DANA)


@pytest.mark.parametrize("plain", ["dana@elm.example", "Dana Field Dana", "dana@elm.example12"])
def test_a_password_is_more_than_ones_own_name(plain: str) -> None:
    with pytest.raises(AccessError, match="name"):
        access.check_password(plain, DANA)


def test_a_phrase_is_a_good_password() -> None:
    access.check_password("four words make one", DANA)


def test_a_password_is_kept_once_a_person_and_sealed(practice: Store) -> None:
    person = practice.people()[DIRECTOR]
    assert practice.apply([access.set_password(person, None, "hash-1", [], moment())]).applied
    login = practice.login_of(DIRECTOR)
    assert login is not None
    assert login.hash == "hash-1"
    person = practice.people()[DIRECTOR]
    again = access.set_password(person, login, "hash-2", [], moment())
    second = access.set_password(person, None, "hash-3", [], moment())
    assert practice.apply([again]).applied
    assert practice.apply([second]).applied == []  # it saw a person without one
    kept = practice.login_of(DIRECTOR)
    assert kept is not None
    assert (kept.id, kept.hash) == (login.id, "hash-2")
    assert practice.login_of("sam") is None


def test_no_event_holds_a_hash(practice: Store) -> None:
    change = access.set_password(practice.people()[DIRECTOR], None, "hash-1", [], moment())
    told = [(event.kind, dict(event.detail), event.words) for event in change.events]
    assert told == [("password_set", {}, None)]
    assert Login in {add.table for add in change.adds}


# Sessions


def test_a_new_password_ends_every_session(practice: Store) -> None:
    signed_in(practice, "one"), signed_in(practice, "two")
    person, sessions = practice.people()[DIRECTOR], practice.open_sessions(DIRECTOR)
    assert len(sessions) == 2
    assert practice.apply([access.set_password(person, None, "h", sessions, moment())]).applied
    assert practice.open_sessions(DIRECTOR) == []
    ended = practice.session(access.digest_of("one"))
    assert ended is not None
    assert ended.ended_how == "password_changed"
    assert practice.broken_chains() == []


@pytest.mark.parametrize(
    ("session", "after", "why"),
    [
        (a_session(), timedelta(0), ""),
        (a_session(), IDLE - timedelta(seconds=1), ""),
        (a_session(), IDLE, "idle"),
        (a_session(seen_at=T0 + LONGEST - MINUTE), LONGEST - timedelta(seconds=1), ""),
        (a_session(seen_at=T0 + LONGEST - MINUTE), LONGEST, "too_old"),
        (a_session(ended_at=T0, ended_how="signed_out"), timedelta(0), "signed_out"),
    ],
)
def test_a_session_ends_by_itself(session: Session, after: timedelta, why: str) -> None:
    assert access.ended(session, DANA, T0 + after, IDLE) == why


def test_who_left_or_never_was_has_no_session() -> None:
    left = a_person(DIRECTOR, Role.DIRECTOR, active=False)
    assert access.ended(a_session(), left, T0, IDLE) == "deactivated"
    assert access.ended(a_session(), None, T0, IDLE) == "deactivated"


def test_use_is_noted_once_a_minute_without_an_event(practice: Store) -> None:
    session = signed_in(practice)
    assert access.touch(session, moment(T0 + MINUTE - timedelta(seconds=1))) is None
    change = access.touch(session, moment(T0 + MINUTE))
    assert change is not None
    assert change.events == ()
    assert practice.apply([change]).applied
    assert practice.open_sessions(DIRECTOR)[0].seen_at == T0 + MINUTE
    assert practice.broken_chains() == []


def test_only_what_is_quiet_by_design_changes_without_an_event() -> None:
    for row in (a_session(), new_row(Knock, {"id": "k", "last_at": T0})):
        assert Change(about(row), moment()).events == ()
    for table in (Case, ApiToken):
        with pytest.raises(ValueError, match="without an event"):
            Change(about(a_session())._replace(table=table), moment())


# Tries at the door


def knocked(store: Store, patience: Patience, times: int, at=T0) -> Knock:
    for _ in range(times):
        change = access.knock(store.knocks(["k"]).get("k"), "k", patience, moment(at))
        assert store.apply([change]).applied
    return store.knocks(["k"])["k"]


def test_the_door_closes_after_the_free_tries_and_longer_each_time(practice: Store) -> None:
    assert access.closed(None, T0) is None
    assert access.closed(knocked(practice, ACCOUNT, 4), T0) is None
    assert access.closed(knocked(practice, ACCOUNT, 1), T0) == timedelta(seconds=30)
    assert access.closed(knocked(practice, ACCOUNT, 1), T0) == timedelta(seconds=60)
    assert access.closed(knocked(practice, ACCOUNT, 20), T0) == 5 * MINUTE
    assert access.closed(practice.knocks(["k"])["k"], T0 + 5 * MINUTE) is None


def test_tries_are_forgotten_after_a_quiet_hour(practice: Store) -> None:
    knocked(practice, ACCOUNT, 9)
    assert knocked(practice, ACCOUNT, 1, at=T0 + HOUR).tries == 1


def test_two_who_try_at_once_count_as_two(practice: Store) -> None:
    first = access.knock(None, "k", ACCOUNT, moment())
    second = access.knock(None, "k", ACCOUNT, moment())
    assert practice.apply([first]).applied == [first]
    assert practice.apply([second]).stale == [second]
    assert practice.knocks(["k"])["k"].tries == 1


def test_getting_in_forgives_an_account_all_and_an_address_one(practice: Store) -> None:
    known = knocked(practice, ACCOUNT, 7)
    assert practice.apply([access.forgiven(known, ACCOUNT, moment())]).applied
    known = practice.knocks(["k"])["k"]
    assert (known.tries, known.until_at) == (0, None)
    known = knocked(practice, ADDRESS, 7)
    assert practice.apply([access.forgiven(known, ADDRESS, moment())]).applied
    assert practice.knocks(["k"])["k"].tries == 6


@given(tries=st.integers(0, 10_000), free=st.integers(1, 100))
def test_no_wait_is_longer_than_the_longest_nor_shrinks(tries: int, free: int) -> None:
    patience = Patience(free)
    wait, more = patience.wait(tries), patience.wait(tries + 1)
    assert (wait is None) == (tries < free)
    if wait is not None and more is not None:
        assert patience.first <= wait <= more <= patience.longest


# Programs and roles


def test_a_token_is_found_by_its_digest_until_it_is_revoked(practice: Store) -> None:
    person = practice.people()[DIRECTOR]
    issued = access.issue_token(person, " website ", access.digest_of("secret"), moment())
    assert practice.apply([issued]).applied
    token = practice.api_token(access.digest_of("secret"))
    assert token is not None
    assert (token.name, token.person_id, token.revoked_at) == ("website", DIRECTOR, None)
    assert practice.api_token("secret") is None
    assert practice.apply([access.revoke_token(token, moment())]).applied
    (token,) = practice.api_tokens([DIRECTOR])
    assert token.revoked_at == T0
    with pytest.raises(AccessError, match="already"):
        access.revoke_token(token, moment())
    with pytest.raises(AccessError, match="name"):
        access.issue_token(person, "  ", "d", moment())


def test_an_auditor_may_act_in_nothing() -> None:
    assert not access.may(Role.AUDITOR, "act")
    assert all(access.may(role, "act") for role in set(Role) - {Role.AUDITOR})
    assert access.may(Role.AUDITOR, "what everybody may")


def test_the_console_and_the_rule_name_the_same_approvers() -> None:
    assert PERMITS["approve"] == set(replies.APPROVERS)
