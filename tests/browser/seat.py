"""What somebody does at a browser: sign in, open a case, press what a person would press."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from cases.casefile import CaseFile
from cases.viewers import ENGINE
from tests.console.web import PASSWORD, Place

SIZES = ((390, 844), (1280, 800))


class Seat:
    """Somebody at a browser."""

    def __init__(self, page: Page, address: str, place: Place) -> None:
        self.page, self.address, self.place = page, address, place
        self.expected = ""  # an answer the browser logs as an error, and is meant

    def sign_in(self, name: str = "dana") -> None:
        self.page.goto(f"{self.address}/login")
        self.page.get_by_label("E-mail address").fill(f"{name}@elm.example")
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("heading", name="Needs you now")).to_be_visible()

    def open(self, number: int = 1) -> None:
        self.page.goto(f"{self.address}/cases/{number}")
        self.fits()

    def fits(self) -> None:
        """Fail where the page is wider than the screen: nobody scrolls sideways on a phone."""
        wider = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider == 0, f"{self.page.url} is {wider} px too wide"

    def section(self, name: str) -> Locator:
        """Open a part of the page, unless it is open."""
        part = self.page.locator(f"#section-{name}")
        if part.get_attribute("open") is None:
            part.locator("summary").first.click()
        return part

    def press(self, where: Locator | Page, name: str) -> None:
        """Press a button, and see to it that the page which comes fits."""
        with self.page.expect_navigation():
            where.get_by_role("button", name=name, exact=True).click()
        self.fits()

    def case(self, number: int = 1) -> CaseFile:
        return self.place.store.case_file(number, ENGINE)
