"""The sample practice shows every stage, and what a director must be able to recognise."""

import subprocess
from pathlib import Path

from sqlalchemy import func, select

from cases.models import Case, Event, Stage
from cases.settings import load
from cases.store import open_store
from cases.store.database import open_engine, reading
from cases.store.rows import table
from tests.running import AMENDS, HOME, clean_environment


def test_the_demo_has_cases_in_every_stage_a_grave_one_and_a_suspected_troll(
    tmp_path: Path,
) -> None:
    command = [*AMENDS, "demo", "--no-up", "--data", str(tmp_path / "demo")]
    done = subprocess.run(
        command, cwd=HOME, env=clean_environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

    settings = load(tmp_path / "demo")
    store = open_store(settings)
    assert store.broken_chains() == []
    store.close()
    c, e = table(Case), table(Event)
    engine = open_engine(settings.url)
    with reading(engine) as connection:
        cases = connection.execute(select(c.c.stage, c.c.severity, c.c.troll)).all()
        escalated = select(func.count()).where(e.c.kind == "escalated")
        assert connection.execute(escalated).scalar_one() > 0
    engine.dispose()
    assert {case.stage for case in cases} == set(Stage)
    assert "grave" in {case.severity for case in cases}
    assert "suspected" in {case.troll for case in cases}
