"""Mail that comes in: answers, complaints, bounces, alerts; machines are never answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from cases.arriving.opening import Route
from cases.changes import About, Add, Change, Happened, Moment
from cases.models import Arrival, ArrivalState, Clinic, NoticeState
from cases.needs import IllegalMove
from cases.ports import Capabilities, SeenReview
from cases.talking import tokens
from cases.talking.conversation import write
from cases.talking.inbox import assigned, ignored
from cases.viewers import ENGINE
from flows import mail
from flows.house import House
from flows.intake import take
from tests.builders import DIRECTOR, MINUTE, a_clinic
from tests.posting import PAT, a_mail, add_mailbox, mailbox_of, post, sample, talk_with_pat
from tests.story import Story


@pytest.fixture
def box(story: Story) -> Story:
    add_mailbox(story)
    return story


def moment_of(story: Story) -> Moment:
    return Moment(story.now, DIRECTOR, story.ids)


def waiting(story: Story) -> list[Arrival]:
    return story.store.unplaced(ENGINE)


def write_to_pat(story: Story) -> str:
    """Send Pat a message; return its Message-ID."""
    story.act(write, story.way("email"), "When may we call you?", "Your visit")
    (letter,) = [each for each in story.mail.accepted if each.to == PAT]
    return str(letter.message["Message-ID"])


def test_an_answer_to_the_case_s_own_address_starts_the_answer_clock(box: Story) -> None:
    to = talk_with_pat(box)
    text = "Call me after five.\n\nOn Fri, Nov 27, 2026 at 9:01 AM Elm <c@e.example> wrote:\n> Hi"
    assert post(box, a_mail(text, to=to))["replies"] == 1
    (heard,) = [each for each in box.case().contacts if each.inbound]
    assert (heard.note, heard.doubt, heard.channel) == ("Call me after five.", "", "email")
    assert heard.point_id == box.way("email").id
    assert box.clock("answer").ended_at is None
    assert box.case().case.contact_how == "reached"


def test_an_answer_is_placed_by_the_mail_it_answers(box: Story) -> None:
    talk_with_pat(box)
    sent = write_to_pat(box)
    assert post(box, a_mail("Tomorrow.", In_Reply_To=sent))["replies"] == 1
    assert [each.note for each in box.case().contacts if each.inbound] == ["Tomorrow."]


def test_the_raw_mail_is_kept_sealed_with_its_case(box: Story) -> None:
    to = talk_with_pat(box)
    raw = a_mail("Call me.", to=to)
    post(box, raw)
    (heard,) = [each for each in box.case().contacts if each.inbound]
    kept = box.store.arrival(heard.arrival_id or "")
    assert kept is not None
    assert kept.case_id == box.case().case.id
    sealed = next(a for a in box.store.arrivals((ArrivalState.READ,), ("mail",)))
    assert "Call me" not in (sealed.body or "")
    assert kept.body is not None


def test_a_mail_fetched_twice_is_one_arrival(box: Story) -> None:
    to = talk_with_pat(box)
    raw = a_mail("Call me.", to=to)
    post(box, raw, b"Received: from elsewhere\n" + raw)
    assert post(box, raw)["arrived"] == 0
    assert sum(each.inbound for each in box.case().contacts) == 1


def test_nobody_can_keep_a_mail_out_by_sending_another_under_its_id(box: Story) -> None:
    to = talk_with_pat(box)
    post(box, a_mail("Ignore me.", to=to), a_mail("Call me.", to=to))
    assert sum(each.inbound for each in box.case().contacts) == 2


def test_a_mail_nobody_vouches_for_is_shown_as_that_and_reaches_nobody(box: Story) -> None:
    to = talk_with_pat(box)
    post(box, a_mail("Call my new number.", to=to, vouched=False))
    (heard,) = [each for each in box.case().contacts if each.inbound]
    assert heard.doubt == "unverified"
    assert box.case().case.contact_how == ""
    assert box.clock("answer").ended_at is None  # a person looks all the same


def test_an_unverified_stop_changes_no_consent(box: Story) -> None:
    to = talk_with_pat(box)
    post(box, a_mail("Stop writing to me.", to=to, vouched=False))
    assert box.case().usable(box.way("email"))


def test_forged_findings_below_our_own_server_s_are_not_believed(box: Story) -> None:
    to = talk_with_pat(box)
    forged = a_mail("Stop writing to me.", to=to)
    ours = b"Authentication-Results: mx.elm.example; dkim=none; spf=fail\n"
    post(box, ours + forged)
    assert box.case().usable(box.way("email"))
    (heard,) = [each for each in box.case().contacts if each.inbound]
    assert heard.doubt == "unverified"


def test_stop_writing_to_me_stops_e_mail_at_once(box: Story) -> None:
    to = talk_with_pat(box)
    later = box.now + timedelta(days=1)
    point = box.way("email")
    approved = write(
        box.case(), point, "Shall we call?", "Your visit", moment_of(box), not_before=later
    )
    assert box.store.apply([approved]).applied
    post(box, a_mail("Please stop writing to me.", to=to))
    assert not box.case().usable(box.way("email"))
    assert {n.state for n in box.case().notices} == {NoticeState.SUPPRESSED}


def test_another_address_of_theirs_is_heard_and_changes_no_contact_data(box: Story) -> None:
    to = talk_with_pat(box)
    before = box.case().points
    post(box, a_mail("From my office.", sender="P Q <pq@work.example>", to=to))
    (heard,) = [each for each in box.case().contacts if each.inbound]
    assert (heard.doubt, heard.point_id) == ("other_address", None)
    assert box.case().points == before


@pytest.mark.parametrize("name", ["vacation", "vacation-spanish", "newsletter", "loop", "robot"])
def test_what_no_person_wrote_opens_nothing_and_owes_nothing(box: Story, name: str) -> None:
    talk_with_pat(box)
    sent = len(box.mail.accepted)
    assert post(box, sample(f"machines/{name}"))["automatic"] == 1
    box.run("deliver")
    assert not any(each.kind == "answer" for each in box.case().clocks)
    assert len(box.mail.accepted) == sent
    assert waiting(box) == []


def test_a_vacation_note_to_the_case_s_address_starts_no_clock(box: Story) -> None:
    to = talk_with_pat(box)
    post(box, a_mail("Away until Monday.", to=to, Auto_Submitted="auto-replied"))
    assert not any(each.inbound for each in box.case().contacts)


def test_a_mail_about_no_known_case_waits_and_somebody_is_told_once(box: Story) -> None:
    assert post(box, a_mail("When do you open on Friday?"))["queued"] == 1
    (came,) = waiting(box)
    assert came.code == "which_case"
    box.run("receive", "deliver")
    assert sum("knows which case" in str(x.message["Subject"]) for x in box.mail.accepted) == 1


def told_again(story: Story) -> list[str]:
    story.run("receive", "deliver")
    return [each for each in story.mail_to("alex") if "still wait" in each]


def test_what_nobody_has_placed_is_told_again_once_a_day_until_somebody_does(box: Story) -> None:
    box.it_is(5, "16:30")  # a Thursday
    post(box, a_mail("When do you open?"), a_mail("And on Friday?", message_id="<2@quill.example>"))
    box.now += 29 * MINUTE
    assert told_again(box) == []  # an answer may take an office hour
    box.it_is(6, "09:29")
    assert told_again(box) == []
    box.it_is(6, "09:30")
    assert len(told_again(box)) == 1
    assert "2 still wait for somebody" in told_again(box)[0]
    box.it_is(6, "16:59")
    assert len(told_again(box)) == 1
    box.it_is(8, "12:00")  # a Sunday
    assert len(told_again(box)) == 1
    box.it_is(9, "09:00")
    assert len(told_again(box)) == 2
    for each in waiting(box):
        box.store.apply([ignored(each, moment_of(box))])
    box.it_is(10, "12:00")
    assert len(told_again(box)) == 2


def test_a_mail_is_let_go_of_as_it_came_after_a_month_and_its_words_stay(box: Story) -> None:
    to = talk_with_pat(box)
    post(box, a_mail("Call me.", to=to), a_mail("Any news?", message_id="<2@quill.example>"))
    (heard,) = [each for each in box.case().contacts if each.inbound]
    box.now += timedelta(days=29)
    assert box.run("intake")["purged"] == 0
    box.now += timedelta(days=1)
    assert box.run("intake")["purged"] == 1
    kept = box.store.arrival(heard.arrival_id or "")
    assert kept is not None
    assert (kept.body, kept.state, kept.code) == (None, ArrivalState.READ, "reply")
    assert [each.note for each in box.case().contacts if each.inbound] == ["Call me."]
    (queued,) = waiting(box)  # nobody has looked at it yet
    assert queued.body is not None
    assert box.run("intake")["purged"] == 0


def test_what_no_person_wrote_is_let_go_of_at_once(box: Story) -> None:
    to = talk_with_pat(box)
    post(box, sample("machines/vacation"), a_mail("Call me.", to=to))
    assert box.run("intake")["purged"] == 1
    codes = {a.code: a.body for a in box.store.arrivals((ArrivalState.READ,), ("mail",))}
    assert codes["vacation"] is None
    assert codes["reply"] is not None


def test_a_person_says_which_case_and_an_answer_is_owed(box: Story) -> None:
    talk_with_pat(box)
    post(box, a_mail("Any news?"))
    (came,) = waiting(box)
    box.act(lambda file, moment: assigned(came, file, "email", "Any news?", moment))
    assert waiting(box) == []
    assert box.clock("answer").ended_at is None
    (heard,) = [each for each in box.case().contacts if each.inbound]
    assert heard.doubt == "placed_by_hand"
    with pytest.raises(IllegalMove):
        assigned(box.store.arrival(came.id), box.case(), "email", "Any news?", moment_of(box))


def test_what_is_put_aside_leaves_no_words_behind(box: Story) -> None:
    post(box, a_mail("Cheap printers for your office"))
    (came,) = waiting(box)
    box.store.apply([ignored(came, moment_of(box))])
    kept = box.store.arrival(came.id)
    assert kept is not None
    assert (kept.body, kept.state) == (None, ArrivalState.REFUSED)


def test_a_complaint_by_mail_opens_a_case_and_its_words_are_sealed(box: Story) -> None:
    words = "I waited two hours, nobody said sorry, and the front desk was rude."
    assert post(box, a_mail(words, subject="A complaint"))["complaints"] == 1
    review = box.case().review
    assert (review.platform, review.kind, review.text) == ("email", "message", "")
    assert words in (review.sealed_text or "")
    assert box.case().case.acknowledged_how.startswith("none")


def test_praise_by_mail_opens_no_case_and_is_kept(box: Story) -> None:
    done = post(box, a_mail("Thank you so much, everybody was kind and wonderful. Best practice!",
                            subject="Thank you"))  # fmt: skip
    assert (done["praise"], done["cases"], done["new"]) == (1, 0, 1)


def test_a_complaint_in_one_of_two_clinics_waits_for_a_person(box: Story) -> None:
    other = a_clinic(id="oak", slug="oak", name="Oak").model_dump(
        exclude={"version", "head_seq", "head_mac"}
    )
    box.store.apply([Change(About(Clinic, "oak", 0), moment_of(box), adds=[Add(Clinic, other)],
                            events=[Happened("added")])])  # fmt: skip
    assert post(box, a_mail("I waited two hours and everybody was rude."))["queued"] == 1
    assert [each.code for each in waiting(box)] == ["no_clinic"]


def a_bounce(story: Story, to: str, original: str = "", status: str = "5.1.1") -> bytes:
    return (
        "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.far.example>\n"
        f"To: {to}\nSubject: Undelivered\nMessage-ID: <{status}.b1@mx.far.example>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nYour mail did not arrive.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.far.example\n\n"
        f"Final-Recipient: rfc822; {PAT}\nAction: failed\nStatus: {status}\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {original}\nTo: {PAT}\n\n--b--\n"
    ).encode()


def test_a_bounce_closes_the_address_and_somebody_telephones(box: Story) -> None:
    talk_with_pat(box)
    sent = write_to_pat(box)
    assert post(box, a_bounce(box, "care@elm.example", sent))["bounces"] == 1
    assert box.way("email").closed_why == "bounced"
    (notice,) = box.case().notices
    assert (notice.state, notice.code) == (NoticeState.REFUSED, "bounce-5.1.1")
    (task,) = [each for each in box.case().tasks if each.kind == "call"]
    assert task.done_at is None
    box.run("deliver")
    assert any("could not be delivered" in each for each in box.mail_to("dana"))


def test_a_bounce_is_known_by_the_address_it_comes_back_to(box: Story) -> None:
    talk_with_pat(box)
    write_to_pat(box)
    (notice,) = box.case().notices
    back = f"bounces+{tokens.for_notice(box.store.sealer, notice.id)}@elm.example"
    assert post(box, a_bounce(box, back))["bounces"] == 1
    assert box.way("email").closed_at is not None


def test_a_bounce_that_is_not_final_leaves_the_address_open(box: Story) -> None:
    talk_with_pat(box)
    sent = write_to_pat(box)
    post(box, a_bounce(box, "care@elm.example", sent, status="4.4.7"))
    assert box.way("email").closed_at is None
    assert [each.kind for each in box.case().tasks] == ["call"]


def test_a_forged_bounce_closes_nothing(box: Story) -> None:
    talk_with_pat(box)
    write_to_pat(box)
    assert post(box, a_bounce(box, "care@elm.example", "<made-up@elm.example>"))["queued"] == 1
    assert box.way("email").closed_at is None


@pytest.mark.parametrize(
    "name", ["google", "facebook", "x", "yelp", "healthgrades", "vitals", "ratemds-contest"]
)
def test_an_alert_of_each_platform_opens_a_case(box: Story, name: str) -> None:
    done = post(box, sample(f"alerts/{name}"))
    assert (done["alerts"], done["cases"]) == (1, 1)
    review = box.case().review
    assert review.platform == name.partition("-")[0]
    assert review.text
    assert review.url.startswith("https://")


def test_an_alert_nobody_can_read_opens_a_case_with_its_link_and_a_task(box: Story) -> None:
    post(box, sample("alerts/google-unreadable"))
    assert box.case().review.url == "https://business.google.com/n/987/reviews"
    (task,) = box.case().tasks
    assert task.what.startswith("Needs details by hand")


def test_praise_in_an_alert_is_kept_without_a_case(box: Story) -> None:
    done = post(box, sample("alerts/google-praise"))
    assert (done["alerts"], done["new"], done["cases"]) == (1, 1, 0)


def test_an_alert_our_server_does_not_vouch_for_opens_nothing(box: Story) -> None:
    done = post(box, sample("alerts/google-spoofed"))
    assert (done["cases"], done["queued"]) == (0, 1)
    assert [each.code for each in waiting(box)] == ["unverified_alert"]


def test_the_window_to_contest_a_rating_has_a_clock_that_ends_with_it(box: Story) -> None:
    post(box, sample("alerts/ratemds-contest"))
    (task,) = [each for each in box.case().tasks if each.kind == "appeal"]
    assert task.due_at == datetime.fromisoformat("2026-12-04T12:00+00:00")
    assert box.clock("appeal").due_at == task.due_at
    post(box, sample("alerts/ratemds-contest").replace(b"Message-ID: <", b"Message-ID: <again-"))
    assert len(box.case().tasks) == 1


def test_the_same_review_by_alert_and_by_api_is_one(box: Story) -> None:
    post(box, sample("alerts/google-cut"))
    whole = "We waited two hours and nobody said sorry. When we finally got in, he was gone."
    seen = SeenReview("google", "accounts/1/reviews/9", whole, "Quiet River", Decimal(2),
                      clinic="elm-street")  # fmt: skip
    house = House(box.settings, box.store, "intake", box.now, box.ids)
    done = take(house, [seen], since=None, route=Route("api", Capabilities(look=True, reply=True)))
    assert (done["linked"], done["new"]) == (1, 0)
    assert box.case().review.text == whole
    assert box.case().review.external_id == "accounts/1/reviews/9"


def test_five_failures_leave_a_mail_where_a_person_sees_it(
    box: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(mail, "understand", broken)
    for _ in range(5):
        post(box, a_mail("Hello"))
        box.now += MINUTE
    assert [each.state for each in waiting(box)] == [ArrivalState.UNREAD]
    assert mailbox_of(box).failed_at is None
