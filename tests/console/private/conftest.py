"""A practice whose case has a private page, and the patient it was sent to."""

from __future__ import annotations

import pytest

from tests.builders import a_seen_review, take
from tests.console.private.patient import HERE, Patient, invite
from tests.console.web import Place


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    found = Place(sqlite_store, tmp_path, public_url=HERE, mail="local", texts="local")
    take(found.store, a_seen_review())
    invite(found)
    return found


@pytest.fixture
def patient(place: Place) -> Patient:
    return Patient(place)
