"""Coming in and going out: passwords, sessions, tokens, tries at the door, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import ApiToken, Knock, Login, Person, Role, Session

LONGEST = timedelta(hours=12)  # a working day, whatever was done in it
_TOUCH = timedelta(minutes=1)
_SHORTEST_PASSWORD, _LONGEST_PASSWORD = 12, 200  # the longest: hashing it must stay cheap

_ALL = frozenset(Role)
# What is not named here, everybody may who is signed in; `act` is every move and every form.
PERMITS: Mapping[str, frozenset[str]] = {
    "act": _ALL - {Role.AUDITOR},
    "approve": frozenset(
        {Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR}
    ),
    "hand_over": frozenset({Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.ADMINISTRATOR}),
    "templates": frozenset(
        {Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR}
    ),
    "sources": frozenset({Role.MANAGER, Role.CHIEF, Role.ADMINISTRATOR, Role.AUDITOR}),
    "outbox": frozenset({Role.ADMINISTRATOR}),  # whole messages to patients, of every clinic
}


class AccessError(ValueError):
    """A password or token cannot be like that. The message says the remedy."""


def may(role: str, what: str) -> bool:
    """Tell whether a role may do this. What is not in PERMITS is for everybody."""
    return role in PERMITS.get(what, _ALL)


def digest_of(token: str) -> str:
    """Return what is kept of a token: with 256 bits of chance in it, a plain digest is enough."""
    return sha256(token.encode()).hexdigest()


# Passwords


def check_password(plain: str, person: Person) -> None:
    """Refuse a password that is too short, too long or the person's own name. Raises AccessError.

    Length over composition, as NIST SP 800-63B, 3.1.1.2 has it.
    """
    if len(plain) < _SHORTEST_PASSWORD:
        raise AccessError(f"a password has at least {_SHORTEST_PASSWORD} characters; take a phrase")
    if len(plain) > _LONGEST_PASSWORD:
        raise AccessError(f"a password has at most {_LONGEST_PASSWORD} characters")
    known = (person.email, person.email.partition("@")[0], *person.name.split())
    rest = plain.lower()
    for each in known:
        rest = rest.replace(each.lower(), "")
    if len(rest) < _SHORTEST_PASSWORD // 2:
        raise AccessError("a password is more than the person's name or address")


def set_password(
    person: Person, login: Login | None, hashed: str, sessions: Sequence[Session], moment: Moment
) -> Change:
    """Keep a new password, already hashed; whoever is signed in with the old one is signed out."""
    adds, sets = _kept(person, login, hashed, moment)
    return Change(
        about(person),
        moment,
        sets,
        adds,
        events=[Happened("password_set")],
        parts=[sign_out(session, "password_changed", moment) for session in sessions],
    )


def rehash(person: Person, login: Login, hashed: str, moment: Moment) -> Change:
    """Keep the same password under a stronger hash: only a log-in has it in plain text."""
    adds, sets = _kept(person, login, hashed, moment)
    return Change(about(person), moment, sets, adds, events=[Happened("password_rehashed")])


def _kept(
    person: Person, login: Login | None, hashed: str, moment: Moment
) -> tuple[list[Add], list[Set]]:
    values = {"hash": hashed, "set_at": moment.now}
    if login is not None:
        return [], [Set(Login, login.id, values)]
    row = {"id": moment.new_id(), "person_id": person.id, **values}
    return [Add(Login, row)], []


# Sessions


def sign_in(person: Person, digest: str, moment: Moment) -> Change:
    """Open a session for somebody who showed who they are."""
    session_id = moment.new_id()
    values = {
        "id": session_id,
        "person_id": person.id,
        "digest": digest,
        "started_at": moment.now,
        "seen_at": moment.now,
    }
    return Change(
        About(Session, session_id, 0),
        moment,
        adds=[Add(Session, values)],
        events=[Happened("signed_in", {"person": person.id})],
    )


def ended(session: Session, person: Person | None, now: datetime, idle: timedelta) -> str:
    """Return why a session opens nothing any more, or "" while it does."""
    if session.ended_at is not None:
        return session.ended_how
    if person is None or not person.active:
        return "deactivated"
    if now - session.started_at >= LONGEST:
        return "too_old"
    return "idle" if now - session.seen_at >= idle else ""


def touch(session: Session, moment: Moment) -> Change | None:
    """Note that a session is in use, at most once a minute: a page opened is no event."""
    if moment.now - session.seen_at < _TOUCH:
        return None
    sets = [Set(Session, session.id, {"seen_at": moment.now})]
    return Change(about(session), moment, sets=sets)


def sign_out(session: Session, how: str, moment: Moment) -> Change:
    """End a session; `how`: signed_out, idle, too_old, deactivated, rotated, password_changed."""
    values = {"ended_at": moment.now, "ended_how": how}
    return Change(
        about(session),
        moment,
        sets=[Set(Session, session.id, values)],
        events=[Happened("signed_out", {"how": how, "person": session.person_id})],
    )


# Tries at the door


@dataclass(frozen=True, slots=True)
class Patience:
    """How many tries are free, and how the wait grows after them: doubled, up to `longest`.

    The longest wait is short on purpose: who knows somebody's address can try their account, and
    must not be able to keep a director out for long.
    """

    free: int
    first: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=5)
    forgotten: timedelta = timedelta(hours=1)

    def wait(self, tries: int) -> timedelta | None:
        """Return how long the door stays closed after so many tries; None while they are free."""
        over = tries - self.free
        return min(self.first * 2 ** min(over, 10), self.longest) if over >= 0 else None


ACCOUNT = Patience(free=5)  # one account from one address
ADDRESS = Patience(free=50)  # one address for all accounts: a whole practice may share one


def closed(knock: Knock | None, now: datetime) -> timedelta | None:
    """Return how long the door stays closed yet, or None where it may be tried."""
    if knock is None or knock.until_at is None or knock.until_at <= now:
        return None
    return knock.until_at - now


def knock(known: Knock | None, knock_id: str, patience: Patience, moment: Moment) -> Change:
    """Count a try before it is looked at: a hundred at the same time then count as a hundred."""
    forgotten = known is None or moment.now - known.last_at >= patience.forgotten
    tries = 1 if known is None or forgotten else known.tries + 1
    wait = patience.wait(tries)
    values = {
        "tries": tries,
        "last_at": moment.now,
        "until_at": moment.now + wait if wait else None,
    }
    if known is None:
        adds = [Add(Knock, {"id": knock_id, **values})]
        return Change(About(Knock, knock_id, 0), moment, adds=adds)
    return Change(about(known), moment, sets=[Set(Knock, known.id, values)])


def failed(known: Knock, code: str, person_id: str, moment: Moment) -> Change:
    """Note that a try did not open the door: a code, and whom it was about if we know them."""
    event = Happened("sign_in_failed", {"code": code, "person": person_id})
    return Change(about(known), moment, events=[event])


def forgiven(known: Knock, patience: Patience, moment: Moment) -> Change:
    """Take back what a log-in that succeeded was counted: all of an account's, one of an address's.

    Only one of the latter: otherwise one's own account would clear the way to everybody else's.
    """
    tries = 0 if patience is ACCOUNT else max(known.tries - 1, 0)
    values = {"tries": tries, "until_at": None if tries < patience.free else known.until_at}
    return Change(about(known), moment, sets=[Set(Knock, known.id, values)])


# Programs


def issue_token(person: Person, name: str, digest: str, moment: Moment) -> Change:
    """Let a program act for a person, within that person's role and clinics as they stand then."""
    if not name.strip():
        raise AccessError("a token has a name: what uses it")
    token_id = moment.new_id()
    values = {
        "id": token_id,
        "person_id": person.id,
        "name": name.strip(),
        "digest": digest,
        "issued_at": moment.now,
    }
    return Change(
        About(ApiToken, token_id, 0),
        moment,
        adds=[Add(ApiToken, values)],
        events=[Happened("token_issued", {"person": person.id})],
    )


def revoke_token(token: ApiToken, moment: Moment) -> Change:
    """Let a token open nothing any more."""
    if token.revoked_at is not None:
        raise AccessError(f"the token {token.name!r} is revoked already")
    sets = [Set(ApiToken, token.id, {"revoked_at": moment.now})]
    return Change(about(token), moment, sets=sets, events=[Happened("token_revoked")])
