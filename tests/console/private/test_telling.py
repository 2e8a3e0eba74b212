"""What is told on a private page is sealed, kept and starts our clocks."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from cases.changes import Change, Set, about
from cases.models import Case
from cases.talking.privately import LARGEST, LONGEST
from tests.builders import DAY, DIRECTOR
from tests.console.private.patient import SMS, Patient, case, did, now, running, wrote
from tests.console.web import Place

JPEG = b"\xff\xd8\xff\xe1Exif\x00GPS-of-a-kitchen" + b"x" * 50 + b"\xff\xd9"
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 50 + b"IEND\xaeB`\x82"
PDF = b"%PDF-1.7\n" + b"x" * 50 + b"\n%%EOF\n"


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
