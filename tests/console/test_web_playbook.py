"""The playbook's page: the whole written policy, as the engine keeps it."""

import html
import re

import pytest

from cases import practice
from cases.answering.samples import sample_replies
from cases.playbooks.playbook import ready_made
from cases.store import Store
from tests.builders import DIRECTOR, moment
from tests.console.web import Place


@pytest.fixture
def page(sqlite_store: Store, tmp_path) -> str:
    place = Place(sqlite_store, tmp_path, mail="local", texts="local")
    text = ready_made()["hospital"].read_text("utf-8")
    change = practice.adopt(text, "hospital", sqlite_store.practice(), moment())
    assert sqlite_store.apply([change]).applied
    return place.signed_in(DIRECTOR).get("/playbook").text


def test_the_page_shows_what_is_in_force_with_its_overrides_and_sample_replies(page: str):
    assert "This is the playbook hospital (version 2) in words." in page
    assert "Platform facebook or x" in page
    assert "acknowledge: it runs 2 duty hours, instead of 4 duty hours." in page
    begins = [html.escape(each.text.split(".")[0]) for each in sample_replies()]
    assert all(each in page for each in begins)
    assert "the written answer is sent" in page


def test_every_line_of_its_contents_leads_somewhere(page: str):
    targets = re.findall(r'<li><a href="#(s\d+)"', page)
    assert len(targets) >= 8
    assert all(f'id="{target}"' in page for target in targets)
