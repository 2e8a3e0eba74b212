"""Guesses at the staff: read as people write them, drawn within their bounds."""

from datetime import timedelta
from random import Random

import pytest

from cases.simulating.staffing import Staffing, StaffingError, delay

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def test_a_fixed_delay_is_always_the_same() -> None:
    assert {delay("fixed:1.5h").draw(Random(n)) for n in range(20)} == {90 * MINUTE}


def test_a_uniform_delay_stays_within_its_bounds() -> None:
    drawn = [delay("uniform:10m,2h").draw(Random(n)) for n in range(500)]
    assert 10 * MINUTE <= min(drawn) < 20 * MINUTE
    assert 110 * MINUTE < max(drawn) <= 2 * HOUR


def test_a_lognormal_delay_has_its_median_and_a_tail_that_ends() -> None:
    chance = Random(1)
    drawn = sorted(delay("lognormal:45m,1.0").draw(chance) for _ in range(4_000))
    assert 42 * MINUTE < drawn[2_000] < 48 * MINUTE
    assert max(drawn) < 45 * MINUTE * 34


@pytest.mark.parametrize(
    "written",
    ["", "soon", "fixed:", "fixed:5", "uniform:2h,1h", "lognormal:45m", "lognormal:45m,-1",
     "lognormal:45m,9", "normal:1h,1", "fixed:1h,2h"],
)  # fmt: skip
def test_what_is_no_delay_is_told_with_the_remedy(written: str) -> None:
    with pytest.raises(StaffingError, match="lognormal:MEDIAN,SIGMA"):
        delay(written)


@pytest.mark.parametrize("facts", [{"people": 0}, {"people": 501}, {"reached": 1.2}])
def test_a_staff_that_cannot_be_is_refused(facts: dict[str, float]) -> None:
    with pytest.raises(StaffingError):
        Staffing(**facts)  # type: ignore[arg-type]
