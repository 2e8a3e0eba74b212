"""Sample replies are ones a person could approve as they stand."""

import pytest

from cases.answering.samples import Sample, sample_replies
from cases.checking.compliance import check_public
from cases.checking.likeness import alike
from cases.lexicons import table

POINT = {"point_person": "Dana Field", "phone": "(212) 555-0100", "email": "care@elm.example"}


@pytest.mark.parametrize("sample", sample_replies(), ids=lambda sample: str(sample.theme))
def test_a_sample_reply_has_nothing_to_mend(sample: Sample):
    assert check_public(sample.filled(**POINT), **POINT) == ()


@pytest.mark.parametrize("sample", sample_replies(), ids=lambda sample: str(sample.theme))
def test_a_sample_reply_leaves_no_slot_but_the_point_persons(sample: Sample):
    bare = sample.text
    for slot in POINT:
        assert bare.count(f"{{{slot}}}") == 1
        bare = bare.replace(f"{{{slot}}}", "")
    assert "{" not in bare


def test_every_theme_a_review_can_have_has_a_sample():
    themes = set(table("themes.toml")["theme"])
    assert {sample.theme for sample in sample_replies()} == themes | {"other"}


def test_no_two_samples_read_alike():
    texts = [sample.text for sample in sample_replies()]
    assert not any(alike(text, texts[:i]) for i, text in enumerate(texts))
