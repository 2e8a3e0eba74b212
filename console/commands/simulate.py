"""A history of reviews against a playbook and a guess at the staff: `amends simulate`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from cases.calendars.hours import WorktimeError
from cases.models import Clinic
from cases.playbooks.playbook import PRACTICE, Playbook, PlaybookError, read_playbook
from cases.ports import SeenReview
from cases.settings import load
from cases.simulating.lived import Lived
from cases.simulating.simulation import Tell, simulate
from cases.simulating.staffing import Staffing, StaffingError, delay
from cases.store import open_store
from console.commands.plot import plotted
from console.commands.practice import read_hours
from console.commands.shared import AskedWrongly, DataDir, Json, UserError, emit, err, instant, out
from reviews.files import Rejected, read

_USUAL = (["mon-fri 09:00-17:00"], "America/New_York")


@dataclass(frozen=True, slots=True)
class _Scenario:
    name: str
    playbook: Playbook
    clinics: dict[str, Clinic]
    staffing: Staffing


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate_command)


def simulate_command(
    reviews: Annotated[Path, typer.Option("--reviews", help="CSV, JSON or JSONL; .gz too.")],
    playbook: Annotated[Path | None, typer.Option(help="A file; default: in force.")] = None,
    since: Annotated[str, typer.Option("--from", help="First day: 2026-01-01.")] = "",
    until: Annotated[str, typer.Option("--to", help="First day no longer looked at.")] = "",
    staff: Annotated[int, typer.Option("--staff", help="How many own cases.")] = 2,
    respond: Annotated[
        str, typer.Option(help="Open time until somebody turns to a step.")
    ] = "lognormal:45m,1.0",
    solve: Annotated[str, typer.Option(help="Real time a solution takes.")] = "lognormal:3d,0.6",
    hours: Annotated[
        list[str] | None,
        typer.Option(help='"mon-fri 09:00-17:00"; default: the clinics.'),
    ] = None,
    zone: Annotated[str, typer.Option(help="With --hours.")] = _USUAL[1],
    region: Annotated[str, typer.Option(help="Public holidays, with --hours: US, US-TX.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 1,
    compare: Annotated[
        bool, typer.Option(help="Also with one more person, and an hour more each day.")
    ] = True,
    plot: Annotated[Path | None, typer.Option(help="Draw it into this file (SVG).")] = None,
    events: Annotated[Path | None, typer.Option(help="Write each event, one a line.")] = None,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say which promises would have been missed, and what more people or hours would change.

    The reviews are lived again by the real rules; what people would do is drawn by chance.
    """
    given = _Scenario(
        "as given",
        _playbook(playbook, data),
        _clinics(hours, zone, region, data),
        _staffing(staff, respond, solve),
    )
    seen, undated = _history(reviews, since, until, zone)
    lived = _live(_scenarios(given, compare), seen, seed, events)
    if plot is not None:
        plot.write_text(plotted(lived), encoding="utf-8")
    if as_json:
        emit({"undated": undated, "seed": seed, **{n: each.as_dict() for n, each in lived.items()}})
        return
    _show(lived, undated)
    if plot is not None:
        out.print(f"Drawn into {plot}")


# What is asked for


def _staffing(staff: int, respond: str, solve: str) -> Staffing:
    try:
        return Staffing(people=staff, respond=delay(respond), solve=delay(solve))
    except StaffingError as error:
        raise AskedWrongly(str(error)) from None


def _playbook(file: Path | None, data: Path | None) -> Playbook:
    try:
        if file is not None or not _has_record(data):
            return read_playbook(file or PRACTICE, version=1)
    except PlaybookError as error:
        raise UserError(str(error)) from None
    store = open_store(load(data))
    try:
        return store.playbook()
    finally:
        store.close()


def _has_record(data: Path | None) -> bool:
    settings = load(data)
    return bool(settings.database_url) or (settings.data / "amends.db").exists()


def _clinics(
    hours: list[str] | None, zone: str, region: str, data: Path | None
) -> dict[str, Clinic]:
    if hours or not _has_record(data):
        clinic = Clinic(
            id="clinic", slug="clinic", name="The clinic", zone=zone, region=region,
            hours=read_hours(hours or _USUAL[0]), phone="+12125550100", email="care@clinic.example",
            point_person="the director",
        )  # fmt: skip
        return {"clinic": clinic}
    store = open_store(load(data))
    try:
        found = {clinic.slug: clinic for clinic in store.clinics().values() if clinic.active}
    finally:
        store.close()
    if not found:
        raise UserError("there is no clinic yet; add one: amends clinic add, or give --hours")
    return found


def _history(path: Path, since: str, until: str, zone: str) -> tuple[list[SeenReview], int]:
    """Return the dated reviews of that time, oldest first, and how many name no date."""
    seen, undated = list[SeenReview](), 0
    first = instant(since, zone) if since else None
    last = instant(until, zone) if until else None
    for each in read(path, platform="file", zone=zone):
        if isinstance(each, Rejected):
            err.print(f"{path.name}, line {each.line}: {each.reason}", markup=False)
        elif each.posted_at is None:
            undated += 1
        elif _within(each.posted_at, first, last):
            seen.append(each)
    if not seen:
        raise UserError(
            f"{path.name}: no dated review of that time; look at its columns with "
            "amends import --dry-run, and at --from and --to"
        )
    return sorted(seen, key=lambda each: (str(each.posted_at), each.external_id)), undated


def _within(at: datetime, first: datetime | None, last: datetime | None) -> bool:
    return (first is None or at >= first) and (last is None or at < last)


# Living it


def _scenarios(given: _Scenario, compare: bool) -> list[_Scenario]:
    if not compare:
        return [given]
    more = replace(given.staffing, people=given.staffing.people + 1)
    longer = {slug: _longer(clinic) for slug, clinic in given.clinics.items()}
    return [
        given,
        replace(given, name="one more person", staffing=more),
        replace(given, name="an hour longer each day", clinics=longer),
    ]


def _longer(clinic: Clinic) -> Clinic:
    """Return the clinic with each open day's last interval an hour longer, midnight at most."""
    week = {day: _stretched(list(spans)) for day, spans in clinic.hours.items()}
    values = clinic._asdict() if hasattr(clinic, "_asdict") else clinic.model_dump()
    return Clinic(**{**values, "hours": week})


def _stretched(spans: list[str]) -> list[str]:
    if not spans:
        return spans
    begin, _, end = spans[-1].partition("-")
    hour, _, minute = end.partition(":")
    later = min(int(hour) * 60 + int(minute) + 60, 24 * 60)
    return [*spans[:-1], f"{begin}-{later // 60:02}:{later % 60:02}"]


def _live(
    scenarios: Iterable[_Scenario], seen: list[SeenReview], seed: int, events: Path | None
) -> dict[str, Lived]:
    lived: dict[str, Lived] = {}
    for each in scenarios:
        first = not lived
        with _written(events if first else None) as tell, _watched(seen, each.name) as shown:
            try:
                lived[each.name] = simulate(
                    shown, each.playbook, each.clinics, each.staffing, seed, tell
                )
            except WorktimeError as error:
                raise UserError(f"the clinic's hours: {error}") from None
    return lived


@contextmanager
def _written(path: Path | None) -> Iterator[Tell | None]:
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8") as file:
        yield lambda line: print(json.dumps(line), file=file)


@contextmanager
def _watched(seen: list[SeenReview], name: str) -> Iterator[Iterable[SeenReview]]:
    if not err.is_terminal:
        with nullcontext():
            yield seen
        return
    with Progress(console=err, transient=True) as bar:
        yield bar.track(seen, description=name)


# Telling


def _show(lived: dict[str, Lived], undated: int) -> None:
    given = next(iter(lived.values()))
    out.print(f"{given.reviews} reviews, {given.cases} cases.")
    if undated:
        out.print(f"{undated} reviews name no date and were left out.")
    out.print(_clocks_table(lived))
    out.print(_work_table(given))


def _clocks_table(lived: dict[str, Lived]) -> Table:
    table = Table("promise", "kept", "missed", "late (median)", box=None)
    for name in lived:
        table.add_column(name, justify="right")
    given = next(iter(lived.values()))
    for kind in sorted(given.clocks):
        facts = given.clocks[kind].as_dict()
        shares = [f"{each.clocks[kind].share:.1%}" for each in lived.values()]
        late = f"{facts['late_hours_median']:g} h" if given.clocks[kind].late else ""
        table.add_row(kind, str(facts["kept"]), str(facts["missed"]), late, *shares)
    shares = [f"{each.promised.share:.1%}" for each in lived.values()]
    kept, missed = given.promised.kept, given.promised.missed
    table.add_row("reply within its promise", str(kept), str(missed), "", *shares)
    return table


def _work_table(given: Lived) -> Table:
    table = Table("who", "days with work", "minutes a day", "on a full day", "most", box=None)
    facts = given.as_dict()
    for name, spread in facts["work"].items():
        figures = (f"{spread[key]:g}" for key in ("days", "mean", "p95", "most"))
        table.add_row(name, *figures)
    table.add_section()
    for name, spread in facts["told"].items():
        figures = (f"{spread[key]:g}" for key in ("days", "mean", "p95", "most"))
        table.add_row(f"{name}: messages", *figures)
    return table
