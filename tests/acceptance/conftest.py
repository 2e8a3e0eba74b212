"""What a deadline may be trusted with: each test shows one thing other engines are known to fail.

The threads in brackets are where people told of it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cases.store import Store
from tests.builders import Desk


@pytest.fixture
def desk(sqlite_store: Store) -> Iterator[Desk]:
    """A case just taken in; whatever is done, its history must hold."""
    found = Desk(sqlite_store)
    yield found
    assert found.store.broken_chains() == []
