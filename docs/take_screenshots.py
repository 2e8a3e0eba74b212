"""Make the README's pictures from a running demo: python docs/take_screenshots.py [address].

Needs `amends demo` running and Debian's Chromium; writes docs/console.png and docs/case.png.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def sign_in(page: Page, address: str) -> None:
    """Sign in as the sample practice's director."""
    page.goto(f"{address}/login")
    page.fill("input[name=email]", "dana@elm.example")
    page.fill("input[type=password]", "sample practice, nothing real")
    page.press("input[type=password]", "Enter")
    page.wait_for_load_state()


def main() -> None:
    """Take one picture for a desk and one for a telephone."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=QUIET)
        for name, path, width, height in (
            ("console", "/", 1280, 860),
            ("case", "/cases/20", 390, 844),
        ):
            page = browser.new_page(viewport={"width": width, "height": height})
            sign_in(page, address)
            page.goto(address + path)
            page.screenshot(path=HERE / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
