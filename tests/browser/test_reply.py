"""The public reply at a real browser: findings come while one types, and one press mends."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.seat import Seat
from tests.builders import a_seen_review, take

HOT = "We appreciate your recent visit to the office. THIS IS NOT FAIR!!!"


def test_findings_come_while_one_types_and_one_press_mends(seat: Seat) -> None:
    take(seat.place.store, a_seen_review())
    seat.sign_in()
    seat.open()
    part = seat.section("reply")
    field = part.get_by_label("The whole world reads this")
    good = field.input_value()
    field.fill(f"{good} {HOT}")
    expect(part.locator("#reply-found .finding-block").first).to_contain_text("recent visit")
    expect(part.locator("#reply-length")).to_have_text(str(len(good) + 1 + len(HOT)))
    seat.fits()
    with seat.page.expect_navigation():
        part.locator("#reply-found .finding-block .fix").first.click()
    seat.fits()
    part = seat.section("reply")
    assert "recent visit" not in part.get_by_label("The whole world reads this").input_value()
    assert seat.case().replies == []


def test_a_draft_is_taken_over_and_kept(seat: Seat) -> None:
    take(seat.place.store, a_seen_review())
    seat.sign_in()
    seat.open()
    part = seat.section("reply")
    part.get_by_text("Begin with other words").click()
    seat.fits()
    chosen = part.locator(".offers .letter").nth(1).inner_text()
    with seat.page.expect_navigation():
        part.get_by_role("button", name="Use this").nth(1).click()
    part = seat.section("reply")
    expect(part.get_by_label("The whole world reads this")).to_have_value(chosen)
    seat.press(part, "Save draft")
    assert seat.case().replies[0].text == chosen
