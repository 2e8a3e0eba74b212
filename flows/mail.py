"""Mail that came in, taken for what it is: an answer, a complaint, an alert, a bounce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cases.answering import reporting
from cases.arriving.arrivals import body_of, was_not_read
from cases.arriving.opening import PRIVATE, Route
from cases.casefile import CaseFile
from cases.changes import Change
from cases.judging.motive import Kind
from cases.judging.triage import triage
from cases.models import Arrival, ArrivalState, Source
from cases.needs import IllegalMove
from cases.ports import PlatformError, SeenReview
from cases.store import StoreError
from cases.talking import bouncing, consent, inbox
from cases.talking.acknowledging import acknowledged
from cases.talking.mails import Mail
from cases.talking.senders import vouched
from cases.talking.stopping import asks_to_stop
from cases.talking.threading import answered, is_ours, place, tokens
from cases.talking.waiting import Waiting
from cases.viewers import ENGINE
from flows.house import Counts, House, code_of, log
from flows.intake import take
from flows.platforms import access
from flows.taking import HISTORY
from notifications.reading import Bounce, Ours, Understood, understand, what_is_ours
from reviews import ability
from reviews.access import Access
from reviews.mail import Alert, alert

COUNTED = (
    "fetched", "alerts", "replies", "bounces", "complaints", "praise", "automatic", "queued",
)  # fmt: skip


def read(house: House, done: Counts) -> None:
    """Take every mail that waits for what it is; what cannot be read stays where it is seen."""
    sources = {each.id: each for each in house.store.all_sources()}
    for waiting in house.store.arrivals((ArrivalState.WAITING,), ("mail",)):
        done["arrived"] += 1
        try:
            post = _post(house, waiting, sources.get(waiting.source_id or ""))
            done[_taken(house, post, done)] += 1
        except StoreError:
            raise
        except Exception as error:
            code = error.code if isinstance(error, PlatformError) else code_of(error)
            log.error("arrival %s: %s", waiting.id, code)
            done["unread"] += 1
            house.apply(was_not_read(waiting, code, False, house.moment()))


@dataclass(frozen=True)
class Post:
    """One mail being read: as it came, its source and options, and what it was understood to be."""

    arrival: Arrival
    source: Source | None
    given: Access
    told: Understood

    @property
    def mail(self) -> Mail:
        return self.told.mail


def _post(house: House, waiting: Arrival, source: Source | None) -> Post:
    arrival = house.store.arrival(waiting.id) or waiting
    given = access(house, source) if source is not None else Access()
    return Post(arrival, source, given, understand(body_of(arrival), ours(house, source, given)))


def ours(house: House, source: Source | None, given: Access) -> Ours:
    """Return what is ours in a mail: our addresses, our domain, the name our server signs with."""
    place, settings = source.place if source else "", house.settings
    return what_is_ours(
        settings.mail_from, place, settings.mail_domain,
        given.listed("addresses"), given.listed("servers"),
    )  # fmt: skip


def _taken(house: House, post: Post, done: Counts) -> str:
    """Take a mail for what it is; return that. Alerts first: they look like any mailing list's."""
    announced = alert(post.mail, post.given.table("places"))
    if announced is not None:
        return _alert(house, post, announced, done)
    if post.told.bounce is not None:
        return _bounce(house, post, post.told.bounce)
    known = house.store.told(answered(post.mail.about_ids))
    thread = place(post.mail, house.store.case_of_token, known)
    if post.told.automatic:
        return _done(house, post, post.told.automatic, "automatic", thread.case_id or None)
    if thread.case_id:
        return _reply(house, post, thread.case_id)
    return _unplaced(house, post, done)


def _done(house: House, post: Post, code: str, kind: str, case_id: str | None = None) -> str:
    house.apply(inbox.taken_in(post.arrival, code, house.moment(), case_id))
    return kind


def _queue(house: House, post: Post, why: str) -> str:
    people = house.store.people().values()
    house.apply(inbox.queued(post.arrival, why, post.source, people, house.moment()))
    return "queued"


def _alert(house: House, post: Post, announced: Alert, done: Counts) -> str:
    """Take an announced review in, where our own server vouches for the platform's sender."""
    if not vouched(post.mail, post.told.ours.servers):
        return _queue(house, post, "unverified_alert")
    if announced.seen is None:
        return _done(house, post, "platform_news", "automatic")
    case_id = _take(house, post, announced.seen, done)
    if case_id is None:
        return _queue(house, post, "no_clinic")
    if announced.contest_until is not None and case_id:
        file = house.store.case_file(case_id, ENGINE)
        until = announced.contest_until
        change = reporting.contestable(file, until, house.moment())
        if change is not None:
            house.apply(change)
    return _done(house, post, "alert", "alerts", case_id or None)


def _take(house: House, post: Post, seen: SeenReview, done: Counts) -> str | None:
    """Take a review in; return its case, "" where it has none, None where no clinic is named."""
    source = post.source
    clinic = house.store.clinics().get(source.clinic_id or "") if source else None
    route = Route(source.id, ability(source)) if source else Route()
    slug, since = clinic.slug if clinic else "", house.now - HISTORY
    taken = take(house, [seen], since=since, clinic=slug, route=route)
    for name, count in taken.items():
        done[name] = done.get(name, 0) + count
    if taken["no_clinic"]:
        return None
    if taken["refused"]:
        raise PlatformError("not-taken")
    known = house.store.known_reviews([(seen.platform, seen.external_id)])
    return next((each.case_id or "" for each in known.values()), "")


def _bounce(house: House, post: Post, bounce: Bounce) -> str:
    """Note that a mail of ours came back. Only what names it unguessably is believed."""
    sent = _sent(house, post.mail)
    if sent is None:
        return _queue(house, post, "unplaced_bounce")
    if sent.notice.state == "sending":
        raise PlatformError("still-sending")  # it is settled in a moment: later again
    case_id = sent.notice.case_id
    file = house.store.case_file(case_id, ENGINE) if case_id else None
    change = bouncing.came_back(sent, file, bounce.status, bounce.is_final, house.moment())
    if change is not None and not house.apply(change).applied:
        raise PlatformError("busy")
    return _done(house, post, "bounce", "bounces", case_id)


def _sent(house: House, mail: Mail) -> Waiting | None:
    """Return the notice that came back: named by the token of its envelope, or its Message-ID."""
    named = (house.store.notice_of_token(each) for each in tokens(mail))
    for notice_id in filter(None, named):
        return house.store.sent(notice_id)
    ids = (*mail.returned_ids, *mail.about_ids)
    found = (house.store.sent(each) for each in answered(ids))
    return next((each for each in found if each and is_ours(each.notice, ids)), None)


def _reply(house: House, post: Post, case_id: str) -> str:
    """Take in what the correspondent answered; whoever nobody vouches for is shown as that."""
    file = house.store.case_file(case_id, ENGINE)
    if _stops(post):
        _stop(house, post.mail.sender, post.told.new_text)
        file = house.store.case_file(case_id, ENGINE)
    try:
        change = _heard(house, post, file)
    except IllegalMove:
        return _queue(house, post, "no_such_case")
    if not house.apply(change).applied:
        raise PlatformError("busy")
    return "replies"


def _heard(house: House, post: Post, file: CaseFile) -> Change:
    moment, mail = house.moment(), post.mail
    index = house.store.index("email", mail.sender) if mail.sender else ""
    point = inbox.point_of(file, "email", index)
    in_doubt = inbox.doubt(post.told.vouched, point)
    change = inbox.replied(post.arrival, file, _said(post), moment, point, in_doubt)
    every = timedelta(days=house.settings.auto_ack_days) if house.settings.auto_ack else None
    # Never to whoever nobody vouches for: a forged sender would be written to in our name.
    return change if in_doubt else acknowledged(change, file, point, every, moment)


def _said(post: Post) -> str:
    """Return their new words; where none are found, all there are."""
    return post.told.new_text or post.mail.text.strip() or f"({post.mail.subject or 'no words'})"


def _stops(post: Post) -> bool:
    """Tell whether a mail takes consent back: asked for, by who surely has that address."""
    asked = asks_to_stop(post.told.new_text or post.mail.subject)
    return asked and bool(post.told.vouched and post.mail.sender)


def _stop(house: House, address: str, words: str) -> None:
    index = house.store.index("email", address)
    people, waiting = house.store.behind(house.store.known_points(["email"], index))
    practice = house.store.practice_as_subject()
    change = consent.stop(
        index, "email", "wrote", house.moment(), people, waiting, practice, words=words
    )
    if not house.apply(change).applied:
        raise PlatformError("busy")


def _unplaced(house: House, post: Post, done: Counts) -> str:
    """Take in a mail about no case we know: a complaint opens one, praise is kept, others wait."""
    words = "\n\n".join(filter(None, (post.mail.subject, _said(post))))
    judged = triage(words, None, None)
    if _stops(post):
        _stop(house, post.mail.sender, post.told.new_text)
    praises = judged.kind is Kind.PRAISE and not judged.opens_case
    if not (judged.opens_case or praises) or _from_known(house, post):
        return _queue(house, post, "which_case")
    seen = SeenReview(
        platform=PRIVATE,
        external_id=f"mail-{post.arrival.digest[:32]}",
        text=words,
        posted_at=post.arrival.received_at,
        kind="review" if praises else "message",
    )
    case_id = _take(house, post, seen, done)
    if case_id is None:
        return _queue(house, post, "no_clinic")
    code = "praise" if praises else "complaint"
    return _done(house, post, code, "complaints" if case_id else "praise", case_id or None)


def _from_known(house: House, post: Post) -> bool:
    """Tell whether somebody we talk with seems to have written: then a person says about what."""
    if not post.mail.sender:
        return False
    index = house.store.index("email", post.mail.sender)
    return bool(house.store.known_points(["email"], index)) or _is_staff(house, post)


def _is_staff(house: House, post: Post) -> bool:
    return any(each.email == post.mail.sender for each in house.store.people().values())
