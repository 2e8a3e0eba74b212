"""The style sheet stands in the elements, as premailer would have put it there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment
from lxml import html as tree
from premailer import Premailer

from notifications.previews import to_patient, to_staff
from notifications.styles import StyledLoader, sheet
from notifications.wording import TEMPLATES

CSS = (TEMPLATES / "mail.css").read_text()


def styles(page: str) -> list[tuple[str, frozenset[str]]]:
    """Return every element's tag and what it looks like, in order."""
    body = tree.fromstring(page).find("body")
    return [(str(each.tag), _look(each)) for each in body.iter() if isinstance(each.tag, str)]


def _look(element: tree.HtmlElement) -> frozenset[str]:
    style = re.sub(r"\s*([:,;])\s*", r"\1", element.get("style", "")).replace("#ffffff", "#fff")
    return frozenset(filter(None, style.split(";")))


@pytest.mark.parametrize("name", ["staff", "correspondent", "digest"])
def test_ours_looks_as_premailers(name: str) -> None:
    sources = {path.name: path.read_text() for path in Path(TEMPLATES).glob("*.html")}
    knows = {
        "language": "en", "subject": "A", "place": "Case 7", "person": "Dana", "lines": ["One."],
        "link": "https://amends.example", "button": "Open", "body": [["One", "two"]],
        "foot": ["Elm"], "opt_out": "https://amends.example/x", "opt_out_words": "No more",
        "sections": [("New", [{"case": 7, "clinic": "Elm"}], 2)], "zone": "UTC",
        "base": "https://amends.example",
    }  # fmt: skip
    pages = []
    for loader in (DictLoader(sources), StyledLoader(TEMPLATES)):
        environment = Environment(loader=loader, autoescape=True)
        environment.filters |= {"paragraphs": lambda body: body, "owed": str, "local": str}
        pages.append(environment.get_template(f"{name}.html").render(knows))
    reference = Premailer(
        pages[0].replace("/* media */", CSS),
        keep_style_tags=True,
        cssutils_logging_level="CRITICAL",
        disable_validation=True,
        include_star_selectors=False,
        disable_basic_attributes=["width", "bgcolor", "align"],
    ).transform()
    ours, theirs = styles(pages[1]), styles(reference)
    assert len(ours) > 10
    assert ours == theirs


def test_no_class_is_left_but_those_a_small_screen_needs() -> None:
    page = to_staff("remind", "https://amends.example").html
    classes = {name for found in re.findall(r'class="([^"]*)"', page) for name in found.split()}
    assert classes <= {"around", "sheet", "button", "press", "action"}
    assert "@media (max-width: 480px)" in page


def test_a_class_nobody_described_is_an_error() -> None:
    with pytest.raises(KeyError, match="fancy"):
        sheet(CSS).into('<p class="fancy">')


def test_text_that_looks_like_markup_is_left_alone() -> None:
    assert sheet(CSS).into('say class= "link"') == 'say class= "link"'


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_mail_is_small_enough_to_be_shown_whole(language: str) -> None:
    assert len(to_patient("follow_up", language).html.encode()) < 100_000  # Gmail clips at 102 kB
