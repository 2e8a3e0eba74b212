"""A patient's private page: an address and a code open it; what is told there starts our clocks."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from cases import custody, following
from cases.casefile import CaseFile
from cases.changes import Change, Moment, Set, about
from cases.models import Case, Notice
from cases.talking import conversation, correspondents, links
from cases.talking.correspondents import Point, Who
from cases.talking.links import Pages
from cases.talking.privately import LARGEST, LONGEST
from cases.viewers import ENGINE
from console.web.private import LANGUAGES, spoken
from flows import deliver
from flows.house import House
from tests.builders import DAY, DIRECTOR, HOUR, MINUTE, a_seen_review, moment, take
from tests.console.web import Place, TestClient

HERE = "https://amends.example"
EMAIL, SMS = "pat@quill.example", "+12125550123"
JPEG = b"\xff\xd8\xff\xe1Exif\x00GPS-of-a-kitchen" + b"x" * 50 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"
PDF = b"%PDF-1.7\n" + b"x" * 50 + b"\n%%EOF\n"
ADDRESS = re.compile(r"https://amends\.example/p/[a-z2-7]{26}")


class Patient:
    """Somebody with a telephone: what reached them, and a browser without scripts."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.raw = TestClient(place.app, HERE, follow_redirects=False)
        self.address = ""

    def mails(self) -> list[Any]:
        """Let what waits leave, and return what has arrived so far."""
        sent: list[Any] = []

        class Wire:
            def __init__(self, name: str) -> None:
                self.name = name

            async def send(self, message: Any) -> Any:
                from cases.ports import Accepted

                sent.append(message)
                return Accepted("p1")

        house = House(self.place.settings, self.place.store, "deliver", self.place.now)
        house.__dict__["channels"] = {"email": Wire("email"), "sms": Wire("sms")}
        asyncio.run(deliver._run(house))
        self.got = [each for each in sent if each.to in (EMAIL, SMS)]
        return self.got

    def arrives(self, language: str = "") -> Any:
        """Open the address in the newest message."""
        text = next(each.text for each in self.mails() if ADDRESS.search(each.text))
        found = ADDRESS.search(text)
        assert found
        self.address = found[0].removeprefix(HERE)
        return self.look(f"?lang={language}" if language else "")

    def look(self, query: str = "") -> Any:
        return self.raw.get(self.address + query)

    def send(self, what: str, files: Any = None, **fields: Any) -> Any:
        page = self.look()
        found = re.search(r'name="csrf" value="(\w+)"', page.text)
        data = {"csrf": found[1] if found else "", **fields}
        return self.raw.post(f"{self.address}/{what}", data=data, files=files)

    def code(self) -> str:
        self.send("code")
        text = next(each.text for each in self.mails() if re.search(r"\b\d{6}\b", each.text))
        return re.search(r"\b\d{6}\b", text)[0]  # type: ignore[index]

    def comes_in(self) -> Patient:
        self.arrives()
        assert self.send("open", code=self.code()).status_code == 303
        assert "story-text" in self.look().text
        return self


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    found = Place(sqlite_store, tmp_path, public_url=HERE, mail="local", texts="local")
    take(found.store, a_seen_review())
    invite(found)
    return found


def case(place: Place, number: int = 1) -> CaseFile:
    return place.store.case_file(number, ENGINE)


def invite(
    place: Place, language: str = "en", channels: tuple[str, ...] = ("email", "sms")
) -> None:
    if case(place).correspondent is None:
        values = {"email": EMAIL, "sms": SMS}
        points = [Point(c, values[c], place.store.index(c, values[c])) for c in channels]
        who = Who("Pat Quill", "patient", "self", "they rang us", language=language)
        did(place, correspondents.match(case(place), who, points, now(place)))
    file = case(place)
    point = next(each for each in file.points if each.channel == "email")
    subject, text = links.invitation(file, "email")

    def ask(filled: str) -> Change:
        return conversation.write(file, point, filled, subject, now(place))

    pages = Pages(place.store.sealer.sign, HERE)
    did(place, links.carrying(file, point, text, pages, now(place), ask))


def now(place: Place, by: str = DIRECTOR) -> Moment:
    return moment(place.now, by)


def did(place: Place, change: Change) -> None:
    assert place.store.apply([change]).applied


@pytest.fixture
def patient(place: Place) -> Patient:
    return Patient(place)


def wrote(place: Place) -> list[str]:
    return [contact.note or "" for contact in case(place).contacts if contact.inbound]


def running(place: Place) -> set[str]:
    return {clock.kind for clock in case(place).clocks if clock.ended_at is None}


# The door


def test_the_record_has_the_digest_alone_and_the_approved_text_a_slot(
    place: Place, patient: Patient
) -> None:
    patient.arrives()
    token = patient.address.removeprefix("/p/")
    assert token.encode() not in place.bytes_on_disk()
    (notice,) = case(place).notices
    assert links.SLOT in (notice.body or "")
    assert place.store.link(token) is None


def test_opening_the_address_changes_nothing_and_shows_nothing_of_anybody(
    place: Place, patient: Patient
) -> None:
    page = patient.arrives()
    before = place.store.count_events()
    for _ in range(3):
        patient.look()  # as a mail scanner does
    assert place.store.count_events() == before
    assert page.status_code == 200
    assert not {"Quill", "Two hours late", "case", "Case"} & set(re.findall(r"\w+", page.text))
    assert EMAIL not in page.text
    assert page.headers["x-robots-tag"].startswith("noindex")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"


def test_nothing_on_it_comes_from_elsewhere(place: Place, patient: Patient) -> None:
    patient.comes_in()
    loaded = re.findall(r'(?:src|href|action)="([^"]+)"', patient.look().text)
    elsewhere = [each for each in loaded if not each.startswith(("/", "#", "tel:", "data:,"))]
    assert elsewhere == []


def test_a_code_goes_the_other_way_than_the_address_did(place: Place, patient: Patient) -> None:
    patient.arrives()
    patient.code()
    assert [each.channel for each in patient.got] == ["sms"]


def test_a_code_goes_the_same_way_where_there_is_no_other(sqlite_store, tmp_path) -> None:
    place = Place(sqlite_store, tmp_path, public_url=HERE)
    take(place.store, a_seen_review())
    invite(place, channels=("email",))
    patient = Patient(place).comes_in()
    assert [each.channel for each in patient.got] == ["email"]


def test_the_code_is_nowhere_in_the_record(place: Place, patient: Patient) -> None:
    patient.arrives()
    code = patient.code()
    (notice,) = (each for each in case(place).notices if each.kind == "code")
    assert links.CODE_SLOT in (notice.body or "")
    assert code not in (notice.body or "") + (notice.subject_line or "")


def test_a_code_leaves_at_night_too_since_it_was_asked_for_now(
    place: Place, patient: Patient
) -> None:
    patient.arrives()
    place.now += 13 * HOUR  # 22:00 in New York
    assert len(patient.code()) == 6


def test_five_wrong_codes_lock_the_page_and_staff_are_told(place: Place, patient: Patient) -> None:
    patient.arrives()
    code = patient.code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for tries in range(4):
        assert f">Tries left: {4 - tries}<" in patient.send("open", code=wrong).text
    assert patient.send("open", code=wrong).status_code == 410
    assert patient.send("open", code=code).status_code in (403, 410)
    assert "locked" in patient.look().text
    assert [task.kind for task in case(place).tasks] == ["locked_page"]
    patient.mails()
    told = [n for n in place.store.waiting(place.now + DAY, ["email"]) if n.notice.kind]
    assert told == []  # the owner's mail has left with the others


def test_a_code_works_once_and_not_for_long(place: Place, patient: Patient) -> None:
    patient.arrives()
    code = patient.code()
    place.now += timedelta(minutes=16)
    assert "works no more" in patient.send("open", code=code).text
    code = patient.code()
    other = Patient(place)
    other.address = patient.address
    assert patient.send("open", code=code).status_code == 303
    assert "works no more" in other.send("open", code=code).text


def test_another_browser_does_not_get_in_by_the_address(place: Place, patient: Patient) -> None:
    patient.comes_in()
    other = Patient(place)
    other.address = patient.address
    assert "story-text" not in other.look().text
    assert other.send("story", story="Not theirs").status_code == 422
    assert wrote(place) == []


@pytest.mark.parametrize(
    "what", ["code", "open", "story", "draft", "call", "after", "stop", "leave"]
)
def test_a_form_of_somebody_elses_page_is_refused(
    place: Place, patient: Patient, what: str
) -> None:
    patient.comes_in()
    before = place.store.count_events()
    answer = patient.raw.post(f"{patient.address}/{what}", data={"csrf": "0", "story": "x"})
    assert answer.status_code == 403
    crossed = {"sec-fetch-site": "cross-site"}
    answer = patient.raw.post(f"{patient.address}/{what}", data={}, headers=crossed)
    assert answer.status_code == 403
    assert place.store.count_events() == before


def test_an_address_nobody_made_leads_nowhere_in_both_languages(patient: Patient) -> None:
    page = patient.raw.get("/p/" + "a" * 26)
    assert page.status_code == 404
    assert "not valid" in page.text
    assert "no es válido" in page.text


def test_it_works_for_two_weeks(place: Place, patient: Patient) -> None:
    patient.arrives()
    place.now += 14 * DAY
    assert patient.look().status_code == 410


def test_a_match_taken_back_ends_the_page(place: Place, patient: Patient) -> None:
    patient.comes_in()
    did(place, correspondents.unmatch(case(place), "another Pat", now(place)))
    assert patient.look().status_code == 410
    assert patient.send("story", story="Hello").status_code in (403, 410)


def test_a_hold_lets_no_code_out_and_says_to_call(place: Place, patient: Patient) -> None:
    patient.arrives()
    did(place, custody.hold(case(place), "counsel", now(place)))
    assert "cannot send you a code" in patient.send("code").text


def test_codes_are_not_sent_without_end(place: Place, patient: Patient) -> None:
    patient.arrives()
    assert patient.send("code").status_code == 303
    assert patient.send("code").status_code == 429
    for _ in range(7):
        place.now += MINUTE
        assert patient.send("code").status_code == 303
    place.now += MINUTE
    assert "Too many codes" in patient.send("code").text


# What is told


def test_their_whole_story_starts_the_clock_and_is_sealed(place: Place, patient: Patient) -> None:
    patient.comes_in()
    story = "It began in the waiting room.\n\n" + "And then we waited. " * 900
    answer = patient.send("story", story=story)
    assert answer.headers["location"].endswith("done=story")
    assert wrote(place) == [story]
    assert "answer" in running(place)
    assert b"It began in the waiting room" not in place.bytes_on_disk()
    assert "It began" not in patient.look().text


def test_a_story_longer_than_the_room_keeps_every_word_typed(
    place: Place, patient: Patient
) -> None:
    patient.comes_in()
    answer = patient.send("story", story="x" * (LONGEST + 1))
    assert answer.status_code == 422
    assert "x" * (LONGEST + 1) in answer.text
    assert wrote(place) == []


def test_a_draft_is_kept_without_a_script_and_gone_once_sent(
    place: Place, patient: Patient
) -> None:
    patient.comes_in()
    assert patient.send("story", story="Half a tale", keep="yes").status_code == 303
    assert "Half a tale" in patient.look().text
    assert wrote(place) == []
    assert b"Half a tale" not in place.bytes_on_disk()
    patient.send("story", story="Half a tale, and its end")
    assert "Half a tale" not in patient.look().text


def test_wishes_become_a_flag_and_a_call_somebody_owes(place: Place, patient: Patient) -> None:
    patient.comes_in()
    patient.send("call", way="phone", day=["tue", "thu"], part="evening", no_voicemail="yes",
                 note="My shift ends at five")  # fmt: skip
    who = case(place).correspondent
    assert who is not None
    assert who.wishes == (
        "by telephone; Tue, Thu; evening; no voicemail. They add: My shift ends at five"
    )
    assert who.no_voicemail
    assert [task.kind for task in case(place).tasks] == ["call_back"]
    page = unescape(place.signed_in_https(DIRECTOR).get("/cases/1").text)
    assert "My shift ends at five" in page
    patient.send("call", way="sms")
    assert len(case(place).tasks) == 1


def test_files_are_kept_as_they_are_and_opened_by_staff_only(
    place: Place, patient: Patient
) -> None:
    patient.comes_in()
    sent = [("file", ("bill<1>.pdf", PDF)), ("file", ("photo.jpg", JPEG)), ("file", ("p.png", PNG))]
    assert patient.send("files", files=sent).status_code == 303
    assert wrote(place) == ["They handed in 2 photos and 1 PDF."]
    assert b"GPS-of-a-kitchen" not in place.bytes_on_disk()
    staff = place.signed_in_https(DIRECTOR)
    found = re.findall(r"/cases/1/files/[\w-]+", staff.get("/cases/1").text)
    got = [staff.get(each) for each in found]
    assert [each.content for each in got] == [PDF, JPEG, PNG]
    for each in got:
        assert each.headers["content-disposition"].startswith('attachment; filename="case-1-')
        assert each.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in each.headers["content-security-policy"]
    assert "file_opened" in [event.kind for event in place.events()]
    assert patient.raw.get(found[0]).status_code == 303  # to the log-in
    assert "bill" not in patient.look().text


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html><script>1</script>", "JPEG, PNG"),
        (b"MZ\x90\x00", "JPEG, PNG"),
        (b"%PDF-1.7 cut off", "JPEG, PNG"),
        (b"", "JPEG, PNG"),
        (JPEG[:-2] + b"x" * LARGEST + b"\xff\xd9", "10 MB"),
    ],
    ids=["html", "program", "half-a-pdf", "empty", "too-large"],
)
def test_a_file_that_is_not_what_we_take_is_refused(
    place: Place, patient: Patient, content: bytes, why: str
) -> None:
    patient.comes_in()
    answer = patient.send("files", files=[("file", ("photo.jpg", content))])
    assert answer.status_code == 422
    assert why in answer.text
    assert wrote(place) == []


def test_five_files_are_all_a_page_takes(place: Place, patient: Patient) -> None:
    patient.comes_in()
    four = [("file", (f"{n}.png", PNG)) for n in range(4)]
    assert patient.send("files", files=four).status_code == 303
    assert patient.send("files", files=four[:2]).status_code == 422
    assert patient.send("files", files=four[:1]).status_code == 303


def test_files_are_not_even_read_without_the_code(place: Place, patient: Patient) -> None:
    patient.arrives()
    answer = patient.send("files", files=[("file", ("p.png", PNG))])
    assert answer.status_code == 403


def test_a_request_without_end_is_cut_off(place: Place, patient: Patient) -> None:
    patient.comes_in()
    answer = patient.raw.post(f"{patient.address}/story", content=b"x" * (300 * 1024))
    assert answer.status_code == 413


def settled(place: Place, closed_days_ago: int = 0) -> None:
    """Let the case have been seen through; what led there is told elsewhere."""
    facts: dict[str, Any] = dict.fromkeys(
        ("acknowledged_at", "contact_ended_at", "heard_at", "resolved_at"), place.now
    )
    if closed_days_ago:
        at = place.now - closed_days_ago * DAY
        facts |= {"closed_at": at, "outcome": "satisfied", "stage": "closed"}
    file = case(place)
    from cases.changes import Happened

    done = Change(about(file.case), now(place), sets=[Set(Case, file.case.id, facts)],
                  events=[Happened("noted")])  # fmt: skip
    did(place, done)


def test_the_two_questions_are_asked_once_it_is_resolved(place: Place, patient: Patient) -> None:
    patient.comes_in()
    assert 'name="feels"' not in patient.look().text
    settled(place)
    assert 'name="feels"' in patient.look().text


def test_who_is_unhappy_while_it_is_open_is_owed_an_answer(place: Place, patient: Patient) -> None:
    patient.comes_in()
    settled(place)
    patient.send("after", resolved="no", feels="bad", words="Nobody rang")
    assert wrote(place) == ["Not resolved; not content with us. They add: Nobody rang"]
    assert "answer" in running(place)


def test_who_is_unhappy_after_the_end_has_the_case_taken_up_again(
    place: Place, patient: Patient
) -> None:
    patient.comes_in()
    settled(place, closed_days_ago=3)
    assert patient.send("after", resolved="no", feels="neither").status_code == 303
    assert (case(place).case.closed_at, case(place).case.round) == (None, 2)


def test_who_is_unhappy_long_after_the_end_gets_a_new_linked_case(
    place: Place, patient: Patient
) -> None:
    patient.comes_in()
    settled(place, closed_days_ago=60)
    patient.send("after", resolved="partly", feels="bad")
    assert case(place, 2).case.previous_id == case(place).case.id


def test_who_is_content_is_noted_and_owes_nobody_anything(place: Place, patient: Patient) -> None:
    patient.comes_in()
    settled(place)
    patient.send("after", resolved="yes", feels="good")
    assert wrote(place) == []
    assert "answer" not in running(place)
    assert "content" in [event.kind for event in place.events()]


def test_they_end_any_way_of_reaching_them(place: Place, patient: Patient) -> None:
    patient.comes_in()
    sms = next(each for each in case(place).points if each.channel == "sms")
    page = patient.look().text
    assert "…23" in page
    assert SMS not in page
    assert patient.send("stop", point=sms.id).status_code == 303
    file = case(place)
    assert [each.channel for each in file.points if file.usable(each)] == ["email"]


def test_the_way_the_page_came_by_is_ended_without_a_code(place: Place, patient: Patient) -> None:
    patient.arrives()
    assert patient.send("stop").status_code == 303
    file = case(place)
    assert [each.channel for each in file.points if file.usable(each)] == ["sms"]


def test_a_point_of_somebody_else_is_not_theirs_to_end(place: Place, patient: Patient) -> None:
    patient.comes_in()
    assert patient.send("stop", point="0" * 36).status_code == 422
    assert all(case(place).usable(each) for each in case(place).points)


def test_they_close_the_page_on_a_shared_device(place: Place, patient: Patient) -> None:
    patient.comes_in()
    patient.send("leave")
    assert "story-text" not in patient.look().text


# Languages


def test_it_speaks_their_language_and_can_be_switched(sqlite_store, tmp_path) -> None:
    place = Place(sqlite_store, tmp_path, public_url=HERE)
    take(place.store, a_seen_review())
    invite(place, language="es")
    page = Patient(place).arrives()
    assert '<html lang="es">' in page.text
    assert "Enviarme un código" in page.text
    switched = Patient(place)
    switched.address = re.search(r'href="(/p/\w+)\?lang=en"', page.text)[1]  # type: ignore[index]
    assert "Send me a code" in switched.look("?lang=en").text


def shape(words: Any) -> Any:
    return {key: shape(each) for key, each in words.items()} if isinstance(words, dict) else str


def test_both_languages_say_the_same_things() -> None:
    first, second = (spoken(each) for each in LANGUAGES)
    assert shape(first) == shape(second)
    assert all(
        each.strip() for each in (*first.values(), *second.values()) if isinstance(each, str)
    )


# Made by staff


def test_a_page_goes_with_any_message_that_has_the_slot(place: Place) -> None:
    file = case(place)
    point = next(each for each in file.points if each.channel == "sms")
    pages = Pages(place.store.sealer.sign, HERE)

    def ask(filled: str) -> Change:
        return conversation.write(file, point, filled, "", now(place))

    text = links.invitation(file, "sms")[1]
    change = links.carrying(file, point, text, pages, now(place), ask)
    (notice,) = change.notices
    assert notice["body"] == text
    assert len(text.replace(links.SLOT, pages.sample())) <= 160


def not_asked(_: str) -> Change:
    pytest.fail("the move was made")


@pytest.mark.parametrize(
    ("url", "text"), [("http://amends.example", "Here: {link}"), (HERE, "{link} and {link}")]
)
def test_a_page_that_could_not_be_opened_safely_is_not_made(
    place: Place, url: str, text: str
) -> None:
    file = case(place)
    pages = Pages(place.store.sealer.sign, url)
    with pytest.raises(following.IllegalMove):
        links.carrying(
            file, file.points[0], text, pages, now(place), lambda _: pytest.fail("asked")
        )


def test_a_message_without_the_slot_carries_none(place: Place) -> None:
    file = case(place)

    def ask(filled: str) -> Change:
        return conversation.write(file, file.points[0], filled, "Hello", now(place))

    pages = Pages(place.store.sealer.sign, HERE)
    change = links.carrying(file, file.points[0], "Please call us.", pages, now(place), ask)
    assert [part.subject.table for part in change.whole() if part.subject.table is not Notice] == [
        Case
    ]


def test_whoever_writes_their_account_down_finds_their_own_words_there(
    place: Place, patient: Patient
) -> None:
    patient.comes_in()
    patient.send("story", story="Nobody called me back for a week.")
    page = place.signed_in_https(DIRECTOR).get("/cases/1?open=hear").text
    form = page[page.index('id="hear-happened"') :]
    assert "Nobody called me back for a week." in form[: form.index("</textarea>")]
