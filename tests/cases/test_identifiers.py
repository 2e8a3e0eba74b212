"""Identifiers tell their time, keep their order and replay from a seed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from cases.identifiers import Identifiers
from tests.builders import T0

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = st.datetimes(
    min_value=EPOCH.replace(tzinfo=None),
    max_value=(EPOCH + timedelta(days=365_000)).replace(tzinfo=None),
    timezones=st.just(UTC),
)
MILLISECOND = timedelta(milliseconds=1)


@given(INSTANTS)
def test_an_identifier_is_a_version_7_uuid_that_begins_with_its_time(now: datetime) -> None:
    each = UUID(Identifiers().new(now))
    assert (each.version, each.variant) == (7, RFC_4122)
    assert each.int >> 80 == (now - EPOCH) // MILLISECOND


def test_identifiers_of_one_millisecond_are_in_the_order_they_were_made() -> None:
    ids = Identifiers()
    made = [ids.new(T0) for _ in range(10_000)]
    assert all(one < next_ for one, next_ in pairwise(made))


@given(INSTANTS, st.timedeltas(min_value=MILLISECOND, max_value=timedelta(days=9)))
def test_a_later_identifier_is_greater(now: datetime, later: timedelta) -> None:
    ids = Identifiers()
    assert ids.new(now) < ids.new(now + later)


def test_the_same_instant_in_another_zone_makes_the_same_identifier() -> None:
    there = T0.astimezone(timezone(timedelta(hours=-8)))
    assert Identifiers(seed=7).new(T0) == Identifiers(seed=7).new(there)


def test_the_same_seed_gives_the_same_identifiers_and_another_gives_others() -> None:
    def run(seed: int) -> list[str]:
        ids = Identifiers(seed)
        return [ids.new(T0 + n // 3 * MILLISECOND) for n in range(30)]

    assert run(1) == run(1)
    assert not set(run(1)) & set(run(2))


def test_without_a_seed_no_two_sources_agree() -> None:
    assert len({Identifiers().new(T0) for _ in range(1_000)}) == 1_000


def test_a_clock_that_is_set_back_makes_no_identifier_twice() -> None:
    ids = Identifiers()
    made = [ids.new(T0 - n * MILLISECOND) for n in (0, 1, 0, 1, 0)]
    assert len(set(made)) == 5


def test_threads_that_share_a_source_get_no_identifier_twice() -> None:
    ids = Identifiers()
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: ids.new(T0), range(4_000)))
    assert len(set(made)) == 4_000
