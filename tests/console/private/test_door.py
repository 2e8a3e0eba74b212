"""A private page is opened by an address and a code, and by nothing else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from cases import custody
from cases.talking import correspondents, links
from tests.builders import DAY, HOUR, MINUTE, a_seen_review, take
from tests.console.private.patient import EMAIL, HERE, Patient, case, did, invite, now, wrote
from tests.console.web import Place


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
