"""The case page: a whole case lived through its forms, and what it must never do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Set, about
from cases.clockwork.ladders import step
from cases.models import Case, ReplyState, Role
from cases.viewers import ENGINE
from console.web.history import SENTENCES
from tests.builders import (
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    RESPONDER,
    a_clinic,
    a_person,
    a_seen_review,
    moment,
    take,
)
from tests.console.web import AUDITOR, Place

GOOD = (
    "Thank you for taking the time to write. We are sorry to hear this, and we take long waits "
    "seriously. Privacy law keeps us from saying more here. Please reach Dana Field, our clinical "
    "director, at +1 212-555-0100 or care@elm.example; she would like to listen."
)
OURS = '<script src="/static/reply.js" defer></script>'
TOO_MUCH = "We are sorry that your appointment with us on Monday took so long."
HIDDEN = re.compile(r'name="(csrf|seen|mine)" value="(\w+)"')


class Seat:
    """Somebody signed in, at the page of a case: forms carry what the page they saw carried."""

    def __init__(self, place: Place, name: str = DIRECTOR, number: int = 1) -> None:
        self.place, self.address = place, f"/cases/{number}"
        self.number, self.browser = number, place.signed_in(name)
        self.raw = self.browser.raw
        self.look()

    def look(self) -> str:
        answer = self.raw.get(self.address)
        assert answer.status_code == 200, answer.text
        self.hidden: dict[str, Any] = dict(HIDDEN.findall(answer.text))
        return unescape(answer.text)

    def send(self, move: str, **fields: Any) -> Any:
        """Send a form as it stands on the page last looked at."""
        return self.raw.post(f"{self.address}/{move}", data={**self.hidden, **fields})

    def do(self, move: str, **fields: Any) -> CaseFile:
        """Look, make a move that must be made, and return the case as it is then."""
        self.look()
        answer = self.send(move, **fields)
        assert answer.status_code == 303, unescape(answer.text)
        assert answer.headers["location"].startswith(self.address)
        return self.file()

    def refused(self, move: str, **fields: Any) -> str:
        """Make a move that must not be made, and return the page that says so."""
        self.look()
        before = self.file().case.version
        answer = self.send(move, **fields)
        assert answer.status_code in (409, 422), answer.status_code
        assert self.file().case.version == before
        assert "Not done yet:" in answer.text
        return unescape(answer.text)

    def file(self) -> CaseFile:
        return self.place.store.case_file(self.number, ENGINE)


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    found = Place(sqlite_store, tmp_path)
    take(found.store, a_seen_review())
    return found


@pytest.fixture
def seat(place: Place) -> Seat:
    return Seat(place)


def match(seat: Seat, **more: str) -> CaseFile:
    return seat.do(
        "match", name="Pat Quill", relation="patient", basis="they rang us themselves",
        sureness="certain", phone="212 555 0123", email="pat@quill.example", sms="212 555 0123",
        **more,
    )  # fmt: skip


def approve(seat: Seat, text: str = GOOD) -> CaseFile:
    drafted = seat.do("draft", text=text).replies[-1]
    return seat.do("approve", reply=drafted.id)


def test_a_case_is_seen_through_from_the_first_answer_to_the_end_by_its_forms(place: Place) -> None:
    seat = Seat(place)
    assert "The review has no public answer yet." in seat.look()
    assert approve(seat).replies[-1].state == ReplyState.BY_HAND
    assert "post it on the platform" in seat.look()
    seat.do("posted", url="https://reviews.example/r1#reply")
    assert "Find out who wrote it" in seat.look()
    seat.do("looked-for", found="yes", note="one visit fits")
    match(seat)
    assert "They are not reached yet." in seat.look()
    seat.do("contact", channel="phone", outcome="voicemail")
    assert seat.do("contact", channel="phone", outcome="reached").case.stage == "listen"
    file = seat.do(
        "hear", happened="Two hours in the hall.", wants="a word from the doctor",
        promise=["The doctor calls", "", ""], promise_at=["2026-11-05T10:00", "", ""],
    )  # fmt: skip
    task = next(t for t in file.tasks if t.done_at is None and t.kind != "look_for_reply")
    assert task.due_at.isoformat() == "2026-11-05T15:00:00+00:00"  # ten o'clock in New York
    assert "check who they are" in seat.look()
    seat.do("identify", identifier=["name", "date_of_birth"])
    seat.do("resolve", cause="wait_time", done="Two more people at the desk.", told="yes")
    seat.do("task-done", task=task.id, evidence="called on Thursday")
    look = next(t for t in file.tasks if t.kind == "look_for_reply")
    seat.do("task-done", task=look.id, evidence="it shows")
    assert "The review is watched until" in seat.look()
    place.now += 15 * DAY
    assert seat.browser.sign_in(DIRECTOR).status_code == 303
    assert seat.do("look", standing="stands").case.stage == "follow_up"
    seat.do("follow-up", outcome="reached", note="nothing more is wanted")
    file = seat.do("close", outcome="satisfied")
    assert (file.case.stage, file.case.outcome) == ("closed", "satisfied")
    assert "The case is closed: they are content." in seat.look()
    assert place.store.broken_chains() == []
    kinds = {line.event.kind for line in place.store.timeline(file, ENGINE)}
    assert kinds <= SENTENCES.keys()


def test_a_review_that_carries_a_script_is_shown_and_never_run(place: Place) -> None:
    bad = (
        'Two hours late. <script>window.ran = 1</script><img src=x onerror="window.ran = 1">'
        "</textarea><svg onload=alert(1)>"
    )
    seen = a_seen_review(bad, external_id="r2", author="<b>x</b>", url="javascript:alert(1)")
    take(place.store, seen)
    answer = place.signed_in(DIRECTOR).get("/cases/2")
    assert "&lt;script&gt;" in answer.text
    for raw in ("<script", "<img", "<svg", "<b>", "javascript:"):
        assert raw not in answer.text.replace(OURS, "")
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_what_is_typed_into_a_form_comes_back_escaped(seat: Seat) -> None:
    typed = '"><script>window.ran = 1</script></textarea>'
    seat.look()
    answer = seat.send("hear", happened=typed, wants=typed)
    assert answer.status_code == 409
    assert "<script" not in answer.text.replace(OURS, "")
    checked = seat.send("check", text=typed)
    assert "<script" not in checked.text.replace(OURS, "")


@pytest.mark.parametrize("address", ["/cases/1", "/cases/99", "/cases/1/take", "/cases/1/check"])
def test_a_case_of_another_clinic_is_not_there(place: Place, address: str) -> None:
    place.add(a_clinic(id="oak", slug="oak-road", name="Oak Road", director_id=None))
    place.add(a_person("pam", Role.MANAGER, clinics=["oak"]))
    browser = place.signed_in("pam")
    posts = address.count("/") > 2
    answer = browser.post(address) if posts else browser.get(address)
    assert answer.status_code == 404
    assert "hours late" not in answer.text


def test_an_address_that_is_no_case_or_no_move_is_an_error_and_no_trace(seat: Seat) -> None:
    assert seat.raw.get("/cases/99999999999999999999").status_code == 422
    assert seat.send("vanish").status_code == 404
    assert seat.raw.get("/cases/1/draft").headers["location"] == "/cases/1"


def test_a_form_filled_in_on_an_older_case_is_shown_again_with_its_words(place: Place) -> None:
    slow, quick = Seat(place), Seat(place, CHIEF)
    slow.look()
    quick.do("draft", text=GOOD)
    answer = slow.send("draft", text="My own words, typed meanwhile.")
    assert answer.status_code == 409
    assert "Somebody changed it meanwhile" in answer.text
    assert "My own words, typed meanwhile." in answer.text
    assert [reply.text for reply in slow.file().replies] == [GOOD]


def test_an_approval_counts_only_for_the_draft_that_was_read(place: Place) -> None:
    seat = Seat(place)
    old = seat.do("draft", text=GOOD).replies[-1]
    Seat(place, CHIEF).do("draft", text=GOOD.replace("long waits", "all of this"))
    seat.look()
    answer = seat.send("approve", reply=old.id)
    assert "Somebody changed it meanwhile" in answer.text
    assert {reply.state for reply in seat.file().replies} == {"withdrawn", "draft"}


def test_a_note_is_kept_whatever_others_did_meanwhile(place: Place) -> None:
    slow = Seat(place)
    Seat(place, CHIEF).do("draft", text=GOOD)
    assert slow.send("note", text="She knows the chief.").status_code == 303
    assert [note.text for note in slow.file().notes] == ["She knows the chief."]


def test_a_call_whose_button_was_pressed_twice_is_logged_once(seat: Seat) -> None:
    assert seat.send("contact", outcome="no_answer").status_code == 303
    again = seat.send("contact", outcome="no_answer", note="kept note")
    assert "see whether it was this" in again.text
    assert "kept note" in again.text
    assert len(seat.file().contacts) == 1


def test_the_history_is_told_in_sentences_with_names_and_local_times(place: Place) -> None:
    seat = Seat(place)
    match(seat)
    seat.do("contact", outcome="voicemail", note="left my name")
    seat.do("task", text="Ring the desk", due="2026-11-05T10:00")
    place.now += 3 * HOUR
    assert place.store.apply([step(seat.file(), moment(place.now, "sweep"))]).applied
    place.now -= 3 * HOUR
    page = re.sub(r"<[^>]+>|\s+", " ", seat.look().split('id="history"')[1])
    page = re.sub(r" +", " ", page)
    assert "Mon Nov 2, 09:00 Dana Field tried to reach them, call: voicemail. left my name" in page
    assert "Dana Field recorded who wrote it (certain)." in page
    assert "Dana Field set a task, due Thu Nov 5, 10:00. Ring the desk" in page
    assert "Amends reminded Dana Field of the public reply." in page
    assert "Amends opened the case, routine." in page


def test_what_was_found_in_a_reply_stands_beside_it_and_nothing_is_kept(seat: Seat) -> None:
    version = seat.file().case.version
    page = unescape(seat.send("check", text=TOO_MUCH).text)
    assert '<mark class="block">' in page
    assert "Cannot be said" in page
    assert TOO_MUCH in page  # still in the editor
    assert seat.file().case.version == version
    assert "Nothing found" in seat.send("check", text=GOOD).text


def test_a_draft_that_reveals_a_visit_has_no_button_to_approve_it(seat: Seat) -> None:
    drafted = seat.do("draft", text=TOO_MUCH).replies[-1]
    page = seat.look()
    assert "It cannot be approved as it stands" in page
    assert "Approve this exact text" not in page
    seat.refused("approve", reply=drafted.id)


def test_a_warning_is_acknowledged_by_its_tick(seat: Seat) -> None:
    short = "Thank you for writing. We are sorry. Please call Dana Field at +1 212-555-0100."
    drafted = seat.do("draft", text=short).replies[-1]
    codes = re.findall(r'name="acknowledge" value="(\w+)"', seat.look())
    assert codes
    assert "tick each warning" in seat.refused("approve", reply=drafted.id)
    file = seat.do("approve", reply=drafted.id, acknowledge=codes)
    assert set(file.replies[-1].warned) == set(codes)


def test_the_first_words_offered_for_a_reply_pass_the_checker(place: Place) -> None:
    spanish = a_seen_review("Muy mala atención, esperé dos horas y nadie me ayudó con nada.",
                            external_id="r2")  # fmt: skip
    take(place.store, spanish)
    for number in (1, 2):
        seat = Seat(place, number=number)
        offered = re.search(r'id="reply-text"[^>]*>\n(.*?)</textarea>', seat.look(), re.S)
        assert offered
        assert "Nothing found" in seat.send("check", text=offered[1]).text


ERRORS: dict[str, tuple[Callable[[Seat], Any] | None, dict[str, Any], str, str]] = {
    # move: what came before, what is typed, what the page says, what must still stand there
    "posted": (None, {"url": "https://kept.example/"}, "no approved reply waits", ""),
    "no-reply": (None, {"why": "troll"}, "confirms a troll first", "troll"),
    "match": (None, {"name": "Kept Name", "basis": "a call", "phone": "12"}, "too short",
              "Kept Name"),
    "contact": (None, {"outcome": "reached", "note": "kept note", "at": "2026-12-01T10:00"},
                "lies ahead", "kept note"),
    "write": (match, {"subject": "kept subject", "text": ""}, "has no text", "kept subject"),
    "received": (None, {"text": "kept words", "at": "2026-12-01T10:00"}, "lies ahead",
                 "kept words"),
    "hear": (None, {"happened": "kept story", "promise": "kept promise", "promise_at": ""},
             "each promise has a day", "kept promise"),
    "resolve": (None, {"cause": "billing", "done": "kept deed"}, "not written down", "kept deed"),
    "look": (None, {"standing": "stands"}, "not resolved", ""),
    "follow-up": (match, {"outcome": "reached", "note": "kept remark"}, "still watched",
                  "kept remark"),
    "close": (None, {"outcome": "satisfied"}, "no public reply is live", ""),
    "dismiss": (None, {"why": "", "note": "kept why"}, "choose the reason", "kept why"),
    "identify": (match, {"identifier": "address"}, "two of these", 'value="address" checked'),
    "point": (match, {"email": "kept-nonsense"}, "no e-mail address", "kept-nonsense"),
    "unmatch": (match, {"why": " "}, "what was mistaken", ""),
    "severity": (None, {"severity": "grave", "why": ""}, "and why", 'value="grave" selected'),
    "troll": (None, {"evidence": ""}, "what shows it", ""),
    "hold": (None, {"why": ""}, "choose the reason", ""),
    "hand-over": (None, {"to": "", "why": "kept reason"}, "choose a colleague", "kept reason"),
    "pause": (None, {"until": "2026-11-01T10:00", "why": "kept wait"}, "a pause ends",
              "kept wait"),
    "resume": (None, {}, "no pause is running", ""),
    "note": (None, {"text": " ", "visibility": "risk"}, "the note has no text",
             'value="risk" selected'),
    "task": (None, {"text": "kept task", "due": "2026-11-01T10:00"}, "has passed", "kept task"),
    "task-done": (None, {"task": "none", "evidence": "x"}, "no such task", ""),
    "merge": (None, {"into": "77", "why": "kept guess"}, "no such case", "kept guess"),
    "unmerge": (None, {}, "was not merged", ""),
    "reopen": (None, {"why": "kept cause"}, "still open", ""),
    "take": (None, {}, "not grave", ""),
    "unreachable": (match, {}, "not tried yet", ""),
    "unidentified": (None, {}, "no public reply is live", ""),
}  # fmt: skip


@pytest.mark.parametrize("move", ERRORS)
def test_a_move_that_may_not_be_made_says_why_and_keeps_what_was_typed(
    seat: Seat, move: str
) -> None:
    before, fields, says, keeps = ERRORS[move]
    if before is not None:
        before(seat)
    page = seat.refused(move, **fields)
    told = page.split("Not done yet")[1].split("</ul>")[0]
    assert says in told
    assert keeps in page
    assert "--" not in told  # an option of the command line helps nobody here
    assert "_" not in told


def test_a_time_nobody_can_mean_is_refused(seat: Seat) -> None:
    assert "is no time" in seat.refused("task", text="kept", due="soon")
    assert "not a year" in seat.refused("task", text="kept", due="9999-12-31T23:59")


def test_a_link_that_is_none_is_refused_where_the_reply_stands(seat: Seat) -> None:
    approve(seat)
    assert "begins with https" in seat.refused("posted", url="javascript:alert(1)")


def test_an_auditor_reads_everything_and_finds_no_form_but_the_way_out(place: Place) -> None:
    match(Seat(place))
    page = Seat(place, AUDITOR).look()
    assert "Pat Quill" in page
    assert set(re.findall(r'action="([^"]+)"', page)) == {"/logout"}
    browser = place.signed_in(AUDITOR)
    assert browser.post("/cases/1/note", text="x").status_code == 403


def test_whoever_looks_at_a_correspondents_data_is_on_record(place: Place) -> None:
    seat = Seat(place)
    match(seat)
    before = [event.kind for event in place.events()].count("viewed")
    Seat(place, RESPONDER)
    seen = [event for event in place.events() if event.kind == "viewed"]
    assert len(seen) == before + 1
    assert seen[-1].by == RESPONDER


def test_what_only_some_may_read_stays_theirs(place: Place) -> None:
    chief = Seat(place, CHIEF)
    chief.do("note", text="Spoken of in committee.", visibility="peer_review")
    assert "Spoken of in committee." in chief.look()
    assert "Spoken of in committee." not in Seat(place).look()


def test_a_grave_review_is_taken_by_the_button_at_the_top(place: Place) -> None:
    seen = a_seen_review("They gave me the wrong dose and I ended up in the emergency room.",
                         external_id="r2")  # fmt: skip
    file = take(place.store, seen)
    assert file.case.severity == "grave"
    seat = Seat(place, number=2)
    assert 'action="/cases/2/take"' in seat.look().split('id="next"')[1].split("</section>")[0]
    assert seat.do("take").case.safe_at == place.now


def test_a_pause_and_its_end_a_hold_and_its_release(place: Place) -> None:
    seat = Seat(place)
    seat.do("contact", outcome="no_answer")
    until = "2026-11-04T12:00"
    file = seat.do("pause", until=until, why="they are travelling", clock="reach")
    assert "they are travelling" in seat.look()
    assert any(file.pauses.values())
    seat.do("resume")
    seat.do("hold", why="counsel")
    assert "on hold: counsel" in seat.look()
    seat.do("release")


def test_a_case_is_handed_over_and_about_somebody(place: Place) -> None:
    seat = Seat(place)
    offered = re.findall(r'<option value="(\w+)"', seat.look().split('name="to"')[-1])
    assert CHIEF in offered
    assert AUDITOR not in offered
    assert seat.do("hand-over", to=CHIEF, why="holiday").case.owner_id == CHIEF
    assert seat.do("about", person=[DIRECTOR]).case.about == [DIRECTOR]
    page = seat.refused("contact", outcome="reached")
    assert "about themselves" in page


def test_two_cases_are_merged_and_parted_again(place: Place) -> None:
    take(place.store, a_seen_review("And nobody rang back.", external_id="r2"))
    seat = Seat(place, number=2)
    assert seat.do("merge", into="1", why="the same handle").case.outcome == "merged"
    assert 'href="/cases/1"' in seat.look()
    assert "And nobody rang back." in Seat(place).look()
    assert seat.do("unmerge").case.stage != "closed"


def test_a_text_has_160_characters_and_a_stop_ends_them_for_good(place: Place) -> None:
    seat = Seat(place)
    file = match(seat)
    mobile = next(point for point in file.points if point.channel == "sms")
    long = "Please call us back when it suits you. " * 5
    assert "160" in seat.refused("write", point=mobile.id, text=long)
    seat.do("write", point=mobile.id, text="Please call Dana Field at Elm Street, +12125550100.")
    page = seat.look()
    assert "waits to leave" in page
    answer = seat.send("stop", point=mobile.id, why="said so on the telephone")
    assert answer.status_code == 303
    assert "stopped, never sent" in seat.look()
    assert "may not be used" in seat.refused("write", point=mobile.id, text="Hello again.")


def test_a_reminder_of_the_engines_does_not_send_anybody_back_to_reading(place: Place) -> None:
    seat = Seat(place)
    place.now += 3 * HOUR - timedelta(minutes=2)
    change = step(seat.file(), moment(place.now, "sweep"))
    assert place.store.apply([change]).applied
    place.now -= 3 * HOUR - timedelta(minutes=3)
    assert seat.send("draft", text=GOOD).status_code == 303


def test_a_promise_says_when_and_how_that_time_came_about(seat: Seat) -> None:
    page = seat.look()
    assert "due today 13:00, 4 h left" in page
    assert "Mon 09:00 + 4 duty hours: 4 h today; due Mon Nov 2 13:00" in page


def test_a_confirmed_troll_is_closed_as_one_and_a_suspicion_denied_is_gone(place: Place) -> None:
    seat = Seat(place)
    seat.do("troll", evidence="the same text at forty practices")
    assert "A person confirmed a troll" in seat.look()
    assert seat.do("not-troll", evidence="they rang").case.troll == "denied"


def test_a_case_that_is_closed_is_taken_up_again(place: Place) -> None:
    seat = Seat(place)
    assert seat.do("dismiss", why="not_a_complaint").case.stage == "closed"
    assert seat.do("reopen", why="they wrote again").case.round == 2


def test_a_pasted_review_opens_a_case_once(place: Place) -> None:
    browser = place.signed_in(RESPONDER)
    said = {"platform": "yelp", "clinic": "elm-street", "stars": "1", "author": "tall_pine",
            "text": "Nobody rang me back for a week, and nobody was sorry."}  # fmt: skip
    first = browser.post("/paste", **said)
    assert first.headers["location"] == "/cases/2?said=opened"
    assert browser.post("/paste", **said).headers["location"] == "/cases/2?said=known"
    kind = browser.post("/paste", **{**said, "stars": "5", "text": "Kind and quick, thank you."})
    assert kind.headers["location"] == "/paste?said=recorded"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"stars": "nine"}, "no number of stars"),
        ({"stars": "9"}, "from 0 to 5"),
        ({"stars": "NaN"}, "from 0 to 5"),
        ({"clinic": "none"}, "choose the clinic"),
        ({"platform": "moon"}, "where it was written"),
        ({"text": "", "stars": ""}, "paste its words"),
        ({"url": "javascript:alert(1)"}, "begins with https"),
        ({"posted": "soon"}, "is no time"),
    ],
)
def test_a_review_that_cannot_be_taken_in_keeps_what_was_pasted(
    place: Place, wrong: dict[str, str], says: str
) -> None:
    said = {"platform": "yelp", "clinic": "elm-street", "stars": "1", "author": "kept_pine",
            "text": "Nobody rang back."}  # fmt: skip
    answer = place.signed_in(DIRECTOR).post("/paste", **{**said, **wrong})
    assert answer.status_code == 422
    assert says in unescape(answer.text)
    assert "kept_pine" in answer.text


def test_the_queue_says_that_nothing_waits_or_which_case_nobody_has(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    assert "Nothing waits to be assigned" in browser.get("/queue").text
    case = place.store.case_file(1, ENGINE).case
    change = Change(
        about(case), moment(place.now), sets=[Set(Case, case.id, {"owner_id": None})],
        events=[Happened("looked")],
    )  # fmt: skip
    assert place.store.apply([change]).applied
    assert "/cases/1?open=desk" in browser.get("/queue").text


# More time, and what they write when all is closed


def test_more_time_is_asked_for_and_granted_by_forms_and_both_dates_are_shown(
    place: Place,
) -> None:
    seat = Seat(place)
    ask = {"clock": "first_try", "until": "2026-11-06T12:00", "why": "the archive is closed"}
    seat.do("extend", **ask)
    assert "asks for time until Fri Nov 6, 12:00 instead of" in seat.look()
    assert "somebody else answers" in seat.refused("grant")
    boss = Seat(place, MANAGER)
    boss.do("grant")
    page = seat.look()
    assert "it was due" in page
    assert "granted more time" in page
    boss.do("extend", **{**ask, "until": "2026-11-09T12:00"})
    assert "it takes one of these" in seat.refused("refuse", why="no")


def test_what_they_write_to_a_closed_case_is_the_next_step_and_wants_an_answer(
    place: Place,
) -> None:
    seat = Seat(place)
    match(seat)
    seat.do("dismiss", why="not_a_complaint", note="a question only")
    assert "wait for an answer" not in seat.look()
    seat.do("received", channel="page_message", text="And my bill?")
    assert "They wrote after it was closed, and wait for an answer." in seat.look()
    (short,) = place.store.cases(ENGINE)
    assert short.case.stage == "closed"
    seat.do("no-answer", why="it was answered by the billing office")
    assert place.store.cases(ENGINE) == []
