"""Calls from the case: our own telephone first, then theirs, shown the clinic's number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from cases import custody
from cases.models import Role
from cases.talking import consent, conversation, correspondents
from cases.talking.correspondents import Point, Who
from cases.viewers import ENGINE
from tests.builders import DAY, DIRECTOR, HOUR, MINUTE, a_person, a_seen_review, moment, take
from tests.console.test_web_case import Seat
from tests.console.web import Place, TestClient
from tests.switchboard import Switchboard

THEIRS, MINE = "+12125550123", "+12125550177"


@pytest.fixture
def board() -> Iterator[Switchboard]:
    with Switchboard() as found:
        yield found


@pytest.fixture
def place(sqlite_store, tmp_path, board: Switchboard) -> Place:
    found = Place(
        sqlite_store, tmp_path, calls="twilio", twilio_account=board.account,
        twilio_token=board.token, twilio_url=board.url, public_url="https://amends.example",
    )  # fmt: skip
    from cases.changes import Change, Happened, Set, about
    from cases.models import Person

    dana = found.store.people()[DIRECTOR]
    change = Change(
        about(dana), moment(), sets=[Set(Person, dana.id, {"phone": MINE})],
        events=[Happened("changed")],
    )  # fmt: skip
    assert found.store.apply([change]).applied
    take(found.store, a_seen_review())
    matched(found)
    return found


def matched(place: Place, care_of: str = "self") -> None:
    file = place.store.case_file(1, ENGINE)
    who = Who("Pat Quill", "patient" if care_of == "self" else "relative", care_of, "they rang us")
    point = Point("phone", THEIRS, place.store.index("phone", THEIRS))
    assert place.store.apply([correspondents.match(file, who, [point], moment())]).applied


class Caller(Seat):
    """Somebody at the case page, on a console that is reached over https."""

    def __init__(self, place: Place, name: str = DIRECTOR) -> None:
        self.place, self.address, self.number = place, "/cases/1", 1
        self.browser = place.browser(base="https://amends.example")
        assert self.browser.sign_in(name).status_code == 303
        self.raw = self.browser.raw
        self.look()

    def ring(self) -> Any:
        self.look()
        return self.send("ring", point=self.file().points[0].id)

    def call(self) -> Any:
        return self.place.store.calls(self.file().case.id)[-1]


@pytest.fixture
def caller(place: Place) -> Caller:
    return Caller(place)


@pytest.fixture
def outside(place: Place) -> TestClient:
    return TestClient(place.app, "https://amends.example")


def address(board: Switchboard, name: str = "Url") -> str:
    return board.placed[-1][name][0]


def pressed(board: Switchboard, outside: TestClient) -> Element:
    gather = board.told(outside, address(board)).find("Gather")
    assert gather is not None
    return board.told(outside, gather.attrib["action"], Digits="1")


def test_a_tap_rings_ones_own_telephone_and_only_then_theirs(
    caller: Caller, board: Switchboard, outside: TestClient
) -> None:
    assert caller.ring().status_code == 303
    assert board.placed[-1]["To"] == [MINE]
    assert board.placed[-1]["Record"] == ["false"]
    heard = board.told(outside, address(board))
    assert THEIRS not in str(board.placed)
    assert "Press 1" in "".join(heard.itertext())
    assert "Quill" not in "".join(heard.itertext())
    dial = pressed(board, outside).find("Dial")
    assert dial is not None
    assert "".join(dial.itertext()) == THEIRS
    assert dial.attrib["callerId"] == "+12125550100"
    assert dial.attrib["record"] == "do-not-record"
    board.ask(outside, dial.attrib["action"], DialCallStatus="completed", DialCallDuration="74")
    assert (caller.call().state, caller.call().seconds) == ("connected", 74)
    assert "What came of it, only you can say" in caller.look()


def test_who_does_not_press_one_connects_nobody(
    caller: Caller, board: Switchboard, outside: TestClient
) -> None:
    caller.ring()
    gather = board.told(outside, address(board)).find("Gather")
    assert gather is not None
    assert board.told(outside, gather.attrib["action"], Digits="2").find("Dial") is None


def test_a_stop_while_the_telephone_rings_keeps_them_from_being_rung(
    caller: Caller, board: Switchboard, outside: TestClient, place: Place
) -> None:
    caller.ring()
    store, point = place.store, caller.file().points[0]
    known, waiting = store.behind(store.known_points(["phone"], point.index))
    practice = store.practice_as_subject()
    said = consent.stop(point.index, "phone", "said so", moment(), known, waiting, practice)
    assert store.apply([said]).applied
    assert pressed(board, outside).find("Dial") is None
    assert caller.call().state == "stopped"


def test_a_hold_keeps_everybody_from_ringing(caller: Caller, board: Switchboard) -> None:
    held = custody.hold(caller.file(), "counsel", moment())
    assert caller.place.store.apply([held]).applied
    assert caller.ring().status_code == 409
    assert board.placed == []


@pytest.mark.parametrize("tampered", ["signature", "account", "sid", "unsigned"])
def test_who_is_not_the_telephone_company_learns_and_changes_nothing(
    caller: Caller, board: Switchboard, outside: TestClient, tampered: str
) -> None:
    caller.ring()
    url = address(board).replace("/answer", "/connect")
    form = {"AccountSid": board.account, "CallSid": board.sid(), "Digits": "1"}
    headers = {"X-Twilio-Signature": board.signature(url, form)}
    if tampered == "signature":
        headers = {"X-Twilio-Signature": board.signature(url, {**form, "Digits": "2"})}
    elif tampered == "unsigned":
        headers = {}
    else:
        form |= {"account": {"AccountSid": "AC9"}, "sid": {"CallSid": "CA9"}}[tampered]
        headers = {"X-Twilio-Signature": board.signature(url, form)}
    before = caller.call()
    answer = outside.post(url.removeprefix("https://amends.example"), data=form, headers=headers)
    assert answer.status_code in (403, 404)
    assert THEIRS not in answer.text
    assert caller.call() == before


def test_a_call_that_is_over_is_not_put_through_by_a_replay(
    caller: Caller, board: Switchboard, outside: TestClient
) -> None:
    caller.ring()
    dial = pressed(board, outside).find("Dial")
    assert dial is not None
    board.ask(outside, dial.attrib["action"], DialCallStatus="no-answer")
    assert pressed_again(board, outside).find("Dial") is None


def test_a_call_asked_for_long_ago_is_not_put_through(
    caller: Caller, board: Switchboard, outside: TestClient
) -> None:
    caller.ring()
    caller.place.now += HOUR
    assert pressed_again(board, outside).find("Dial") is None


def pressed_again(board: Switchboard, outside: TestClient) -> Element:
    return board.told(outside, address(board).replace("/answer", "/connect"), Digits="1")


def test_all_orders_of_what_is_told_of_a_call_end_alike(
    caller: Caller, board: Switchboard, outside: TestClient
) -> None:
    told = ["initiated", "ringing", "in-progress", "completed"]
    for order in permutations(told):
        caller.place.now += 2 * MINUTE
        caller.ring()
        for status in (*order, *order):  # each twice
            board.ask(outside, address(board, "StatusCallback"), CallStatus=status)
        assert caller.call().state == "not_taken", order


def test_one_refused_by_the_company_says_so_and_tries_nothing_twice(
    caller: Caller, board: Switchboard
) -> None:
    board.fail(400, 21211)
    answer = caller.ring()
    assert answer.status_code == 409
    assert "could not be rung" in answer.text
    assert (caller.call().state, caller.call().code) == ("refused", "twilio-21211")


def test_a_doubtful_answer_is_shown_as_doubt_and_settled_by_what_comes_later(
    caller: Caller, board: Switchboard, outside: TestClient
) -> None:
    board.fail(500, taken=True)
    assert "cannot be known" in caller.ring().text
    assert caller.call().state == "unknown"
    board.ask(outside, address(board, "StatusCallback"), CallStatus="ringing")
    assert caller.call().state == "ringing"
    assert pressed(board, outside).find("Dial") is not None


def test_a_second_tap_rings_once(caller: Caller, board: Switchboard) -> None:
    caller.ring()
    assert "rings for this call already" in caller.ring().text
    assert len(board.placed) == 1


def test_who_has_no_number_on_record_dials_by_hand(place: Place, board: Switchboard) -> None:
    sam = Caller(place, "sam")
    assert f'href="tel:{THEIRS}"' in sam.look()
    assert sam.ring().status_code == 409
    assert board.placed == []


def test_the_outcome_is_one_form_with_one_button_each(caller: Caller) -> None:
    page = caller.look()
    for outcome in ("reached", "voicemail", "no_answer", "wrong_number", "other_person",
                    "declined"):  # fmt: skip
        assert f'name="outcome" value="{outcome}"' in page
    file = caller.do("contact", channel="phone", outcome="voicemail", asked_flags="yes",
                     flag="no_voicemail", after="2026-11-03T17:00")  # fmt: skip
    who = file.correspondent
    assert who is not None
    assert (who.no_voicemail, who.interpreter) == (True, False)
    assert who.call_after_at is not None
    assert "Call not before" in caller.look()
    assert "no voicemail: hang up" in caller.look()


def test_nobody_is_rung_before_the_time_they_named(caller: Caller, board: Switchboard) -> None:
    caller.do("contact", channel="phone", outcome="other_person", asked_flags="yes",
              after="2026-11-03T17:00")  # fmt: skip
    assert caller.ring().status_code == 409
    caller.place.now += DAY + 9 * HOUR
    caller.browser.sign_in(DIRECTOR)
    assert caller.ring().status_code == 303
    assert len(board.placed) == 1


def test_checking_who_they_are_is_shown_first(caller: Caller) -> None:
    assert "before their care is discussed, check two identifiers" in caller.look()
    caller.do("identify", identifier=["name", "date_of_birth"])
    assert "before their care is discussed, check" not in caller.look()


def test_where_the_patient_has_died_one_senior_person_calls(caller: Caller, place: Place) -> None:
    place.add(a_person("lee", Role.DIRECTOR))
    caller.do("care-of", care_of="deceased")
    sam = Caller(place, "sam")
    assert "a director, manager or chief calls" in sam.refused(
        "contact", channel="phone", outcome="reached"
    )
    caller.do("contact", channel="phone", outcome="voicemail")
    lee = Caller(place, "lee")
    assert "that is Dana Field" in lee.refused("contact", channel="phone", outcome="reached")
    assert caller.do("contact", channel="phone", outcome="reached").case.contact_how == "reached"


def test_a_death_stops_what_was_to_leave_by_itself(caller: Caller, place: Place) -> None:
    caller.do("point", email="pat@quill.example")
    file = caller.file()
    point = next(each for each in file.points if each.channel == "email")
    text = "Hello, please call us at +1 212 555 0100 whenever it suits you."
    asked = conversation.write(file, point, text, "A word from us", moment(),
                               not_before=place.now + DAY)  # fmt: skip
    assert place.store.apply([asked]).applied
    after = caller.do("care-of", care_of="deceased")
    assert [(notice.state, notice.code) for notice in after.notices] == [("suppressed", "deceased")]
