"""Templates: named slots and nothing else, checked as they are saved, every version kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checking.compliance import Level, check_private
from cases.models import TemplateVersion
from cases.store import Store
from cases.talking import templates
from cases.talking.templates import (
    CHANNELS,
    LANGUAGES,
    PURPOSES,
    SAMPLE,
    SLOTS,
    Template,
    TemplateFault,
)
from tests.builders import MANAGER, a_clinic, found_practice, moment

EVERY = [(p, c, lang) for p in PURPOSES for c in CHANNELS for lang in LANGUAGES]
MAIL = Template(
    "follow_up", "email", "en", "Hello {{ name }}, please call {{ phone }}.", "From {{ clinic }}"
)


@pytest.mark.parametrize("key", EVERY)
def test_what_is_shipped_may_be_saved_and_sent_as_it_is(key: tuple[str, str, str]) -> None:
    template = templates.shipped(*key)
    assert templates.faults(template) == []
    filled = templates.fill(template, SAMPLE)
    found = check_private(f"{filled.subject}\n{filled.body}")
    assert [each for each in found if each.level is Level.BLOCK] == []
    assert "{" not in filled.body + filled.subject
    if template.channel == "sms":
        assert len(filled.body) <= 160
        assert filled.body.isascii()
        assert "STOP" in filled.body


def test_slots_are_filled_and_what_nobody_recorded_cannot_be_sent_unnoticed() -> None:
    clinic = a_clinic(email="", sender_name="Elm Care")
    slots = templates.slots_of(clinic, name="Pat", sender="Dana Field")
    text = "{{ name }}|{{ clinic }}|{{ person }}|{{ role }}|{{ phone }}|{{ email }}|{{ sender }}"
    filled = templates.fill(replace(MAIL, body=text), slots)
    assert filled.body == (
        "Pat|Elm Care|Dana Field|clinical director|+1 212-555-0100|[email]|Dana Field"
    )
    assert "placeholder" in [each.code for each in check_private(filled.body)]
    assert slots.keys() == SLOTS.keys() == SAMPLE.keys()


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ name.upper() }}",
        "{{ name|upper }}",
        "{{ name ~ phone }}",
        "{{ 7 * 7 }}",
        "{{ name[0] }}",
        "{% for n in range(10**9) %}x{% endfor %}",
        "{% if name %}x{% endif %}",
        "{% set name = 1 %}{{ name }}",
        "{% include 'staff.html' %}",
        "{{ self }}",
        "{{ cycler.__init__.__globals__ }}",
    ],
)
def test_code_in_a_template_is_refused_and_never_run(body: str) -> None:
    (fault,) = templates.faults(replace(MAIL, body=body))
    assert "the name of a slot" in fault or "is no slot" in fault


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"body": "Hello {{ nme }}"}, "nme is no slot"),
        ({"body": "Hello {{ name"}, "not closed"),
        ({"body": "  "}, "empty"),
        ({"body": "{# nothing #}"}, "empty"),
        ({"subject": ""}, "has a subject"),
        ({"subject": "one\ntwo"}, "one line"),
        ({"body": "x" * 4001}, "at most 4000"),
        ({"channel": "sms", "subject": "no"}, "has no subject"),
        ({"channel": "sms", "subject": "", "body": "{{ name }} " + "word " * 40}, "word"),
        ({"purpose": "praise"}, "no 'praise'"),
        ({"language": "fr"}, "no 'fr'"),
        ({"body": "Please delete your review, {{ name }}."}, "review"),
        ({"body": "We give you a $50 gift card for your time."}, "gift card"),
        ({"body": "Your test results are in, {{ name }}."}, "results"),
        ({"body": "Call [number], {{ name }}."}, "[number]"),
    ],
)
def test_what_may_not_be_sent_may_not_be_saved(changes: dict[str, Any], told: str) -> None:
    assert told in " ".join(templates.faults(replace(MAIL, **changes)))


@given(st.text(max_size=200))
def test_no_text_breaks_the_check(body: str) -> None:
    template = replace(MAIL, body=body)
    if not templates.faults(template):
        assert templates.fill(template, SAMPLE).body.strip()


def save(store: Store, template: Template, by: str = MANAGER) -> None:
    change = templates.save(template, store.templates(), store.practice(), moment(by=by))
    assert store.apply([change]).applied


def test_every_version_is_kept_and_the_newest_counts(store: Store) -> None:
    found_practice(store)
    save(store, MAIL)
    save(store, replace(MAIL, body="Hello again {{ name }}."))
    save(store, MAIL)  # an older one once more is a new version
    kept = store.templates()
    assert [(each.number, each.saved_by) for each in kept] == [(n, MANAGER) for n in (1, 2, 3)]
    assert kept[1].body == "Hello again {{ name }}."
    stands = templates.in_force(kept, "follow_up", "email", "en")
    assert (stands.body, stands.number) == (MAIL.body, 3)
    spanish = templates.in_force(kept, "follow_up", "email", "es")
    assert spanish == templates.shipped("follow_up", "email", "es")


def test_two_people_saving_at_once_make_one_version(store: Store) -> None:
    found_practice(store)
    practice, known = store.practice(), store.templates()
    both = [
        templates.save(replace(MAIL, body=f"Hello {n}."), known, practice, moment(by=MANAGER))
        for n in ("one", "two")
    ]
    applied = store.apply(both)
    assert (len(applied.applied), len(applied.stale)) == (1, 1)


def test_what_is_like_that_already_is_no_new_version() -> None:
    from cases.models import Practice

    shipped = templates.shipped("follow_up", "email", "en")
    versions: list[TemplateVersion] = []
    with pytest.raises(TemplateFault, match="like that already"):
        templates.save(shipped, versions, Practice(id="p"), moment())
