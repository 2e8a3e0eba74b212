"""The console as a person meets it: a phone's width and a desk's, a real browser, no script."""

from __future__ import annotations

from playwright.sync_api import expect

from cases import following
from cases.answering import replies
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Who
from tests.browser.seat import Seat
from tests.builders import DAY, Desk, a_seen_review, take

GOOD = (
    "Thank you for taking the time to write. We are sorry to hear this, and we take long waits "
    "seriously. Privacy law keeps us from saying more here. Please reach Dana Field, our clinical "
    "director, at +1 212-555-0100 or care@elm.example; she would like to listen."
)
BAD = (
    "Two hours late. <script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"
    "<svg onload='window.ran = 1'></svg> averyveryveryveryveryverylongwordwithoutanyspaceinit" * 2
)

TWICE = """
[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, i, all) => all.indexOf(id) < i)
"""
NAMELESS = """
[...document.querySelectorAll('input:not([type=hidden]), textarea, select')]
  .filter(e => !e.labels.length && !e.ariaLabel).map(e => e.outerHTML)
"""


def test_a_review_is_answered(seat: Seat) -> None:
    take(seat.place.store, a_seen_review())
    seat.sign_in()
    seat.page.get_by_role("link", name="Answer the review").click()
    expect(seat.page.get_by_role("heading", name="Case 1")).to_be_visible()
    reply = seat.section("reply")
    reply.get_by_label("The whole world reads this").fill("We saw you on Monday, and are sorry.")
    seat.press(reply, "Check it")
    expect(reply.locator("mark.block").first).to_be_visible()
    reply.get_by_label("The whole world reads this").fill(GOOD)
    seat.press(reply, "Save draft")
    expect(seat.page.get_by_role("status")).to_contain_text("The draft is kept.")
    seat.press(seat.section("reply"), "Approve this exact text")
    posted = seat.section("reply")
    posted.get_by_label("Address of the reply").fill("https://reviews.example/r1#reply")
    seat.press(posted, "It is posted")
    assert seat.case().case.acknowledged_how == "attested"
    assert seat.case().replies[-1].text == GOOD


def test_a_call_is_logged_with_one_tap(seat: Seat) -> None:
    desk = Desk(seat.place.store)
    who = Who("Pat Quill", "patient", "self", "they rang us")
    point = correspondents.Point(
        "phone", "+12125550123", seat.place.store.index("phone", "+12125550123")
    )
    desk.do(correspondents.match, who, [point])
    seat.sign_in()
    seat.open()
    call = seat.section("call")
    assert (
        call.get_by_role("link", name="Dial +12125550123").get_attribute("href")
        == "tel:+12125550123"
    )
    call.get_by_label("A remark (optional)").first.fill("Rang twice.")
    seat.press(call, "Voicemail")
    (tried,) = seat.case().contacts
    assert (tried.outcome, tried.note, tried.point_id is not None) == (
        "voicemail",
        "Rang twice.",
        True,
    )


def test_a_case_is_closed(seat: Seat) -> None:
    desk = Desk(seat.place.store)
    desk.do(replies.decide_on_none, "no_reply_needed")
    desk.do(conversation.looked_for, False, "")
    desk.do(conversation.give_up, "unidentified")
    desk.do(following.resolve, "wait_time", "Two more people at the desk.", False)
    desk.now += 15 * DAY
    desk.do(following.look, "stands")
    seat.place.now = desk.now
    seat.sign_in()
    seat.open()
    seat.page.get_by_role("link", name="Close the case").click()
    seat.press(seat.section("close"), "They are content")
    assert seat.case().case.outcome == "satisfied"
    expect(seat.page.get_by_text("The case is closed: they are content.")).to_be_visible()


def test_a_review_that_carries_a_script_runs_nothing(seat: Seat) -> None:
    take(seat.place.store, a_seen_review(BAD, author="<img src=x onerror='window.ran = 1'>"))
    seat.sign_in()
    seat.open()
    expect(seat.page.get_by_text("<script>window.ran = 1</script>").first).to_be_visible()
    reply = seat.section("reply")
    reply.get_by_label("The whole world reads this").fill(BAD)
    seat.press(reply, "Check it")
    assert seat.page.evaluate("window.ran") is None
    assert seat.page.locator("img, svg, main script").count() == 0


def test_what_was_typed_is_still_there_when_a_move_cannot_be_made(seat: Seat) -> None:
    take(seat.place.store, a_seen_review())
    seat.sign_in()
    seat.open()
    part = seat.section("who")
    part.get_by_label("Name", exact=True).fill("Pat Quill")
    part.get_by_label("How do we know?").fill("they rang us")
    part.get_by_label("To call").fill("12")
    seat.expected = "422"
    seat.press(part, "Record them")
    expect(seat.page.get_by_role("alert")).to_contain_text("too short")
    expect(seat.section("who").get_by_label("Name", exact=True)).to_have_value("Pat Quill")


def test_every_part_of_a_case_opens_and_fits(seat: Seat) -> None:
    take(seat.place.store, a_seen_review())
    seat.sign_in()
    seat.open()
    for part in seat.page.locator("details.section").all():
        if part.get_attribute("open") is None:
            part.locator("summary").first.click()
    seat.fits()
    assert seat.page.evaluate(TWICE) == []
    assert seat.page.evaluate(NAMELESS) == []


def test_the_other_pages_fit(seat: Seat) -> None:
    take(seat.place.store, a_seen_review())
    seat.sign_in()
    for address in (
        "/",
        "/cases",
        "/people",
        "/clinics",
        "/playbook",
        "/engine",
        "/paste",
        "/queue",
    ):
        seat.page.goto(f"{seat.address}{address}")
        seat.fits()
