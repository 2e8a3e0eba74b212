"""The menu of moves: what each does, which options it takes, what it needs: `amends moves`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cases import custody, following
from cases.answering import incidents, replies, reporting, shielding
from cases.casefile import CaseFile
from cases.models import Visibility
from cases.needs import MOVES, NEEDS, lacking
from cases.talking import calls, consent, conversation, correspondents
from cases.viewers import ENGINE, viewer_of
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Who,
    emit,
    out,
    person_named,
    record,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu. `takes` shows the options as they are typed; [..] may be left out."""

    does: str
    takes: str = ""


_WHERE = "[--to ADDRESS|--channel WAY]"
_SAID = "--text TEXT [--subject TEXT]"
GROUPS: Mapping[str, Mapping[str, Entry]] = {
    "The public reply": {
        "draft": Entry("write a public reply; an older draft is withdrawn", "--text TEXT"),
        "approve": Entry("approve the newest draft as it is", "[--acknowledge CODE]..."),
        "cool": Entry("let the draft cool for an hour: nobody approves it before"),
        "overrule": Entry(
            "let one block of the draft stand, as privacy officer",
            "--finding CODE:START-END --why TEXT",
        ),
        "withdraw": Entry("take back what no platform has yet", "[--why TEXT]"),
        "take-down": Entry("have the reply that stands taken down", "[--why TEXT]"),
        "taken-down": Entry("note that it is gone", "--evidence TEXT"),
        "posted": Entry("attest that the approved reply stands", "--url URL [--at TIME]"),
        "replace-reply": Entry("let it replace one somebody wrote there directly"),
        "no-reply": Entry("decide that no public reply is owed", "--why REASON"),
        "report": Entry(
            "note that the review was reported to its platform",
            "--why REASON --url URL --evidence TEXT [--until TIME]",
        ),
        "report-answered": Entry(
            "note what the platform made of the report",
            "--outcome RESULT [--note TEXT] [--until TIME]",
        ),
    },
    "A reply that revealed something": {
        "incident": Entry("open one: two people are told at once", "--text TEXT [--at TIME]"),
        "incident-decide": Entry(
            "note the four factors, and what follows", "--outcome DECISION --text TEXT"
        ),
        "incident-close": Entry("close it, once every item is done"),
    },
    "Who wrote it": {
        "looked-for": Entry("look for the author in the records", "[--found] [--note TEXT]"),
        "match": Entry(
            "record the correspondent",
            "--name NAME --basis TEXT [--relation R] [--care-of C] [--sureness S] [--language L] "
            "[--zone ZONE] [--phone N]... [--email A]... [--sms N]...",
        ),
        "unmatch": Entry("take a mistaken match back", "--why TEXT"),
        "point": Entry("add one number or address", "--phone N | --email A | --sms N"),
        "identify": Entry(
            "note which identifiers were checked; care may then be discussed",
            "--identifier KIND --identifier KIND [--authority TEXT]",
        ),
        "care-of": Entry("correct whose care it is about", "--care-of C"),
    },
    "The conversation": {
        "contact": Entry(
            "log one attempt to reach them",
            "--outcome OUTCOME [--channel WAY] [--to ADDRESS] [--note TEXT] [--at TIME] "
            "[--flag FLAG]... [--until TIME]",
        ),
        "write": Entry("approve a message to them", f"{_SAID} {_WHERE} [--at TIME]"),
        "link": Entry(
            "invite them to a private page: {link} in a text is its address",
            f"[--text TEXT] [--subject TEXT] {_WHERE}",
        ),
        "received": Entry("take in what they wrote", f"--text TEXT {_WHERE} [--at TIME]"),
        "no-answer": Entry("decide that what they wrote wants no answer", "--why TEXT"),
        "stop": Entry("no more messages to a number or address", f"{_WHERE} [--why TEXT]"),
        "consent": Entry(
            "note what they agreed to, in which words and how; or that they took it back",
            f"--purpose PURPOSE {_WHERE} --text WORDING --why HOW [--outcome OUTCOME]",
        ),
        "hear": Entry(
            "write their own account down",
            '--happened TEXT [--wants TEXT] [--promise "WHAT @ TIME"]...',
        ),
        "unreachable": Entry("end contact: all ways were tried"),
        "unidentified": Entry("end contact: nobody knows who wrote it"),
        "declined": Entry("end contact: they want none"),
    },
    "The solution, and after": {
        "resolve": Entry("note the cause, and what was done", "--cause CAUSE --done TEXT [--told]"),
        "look": Entry("note how the review stands now", "--standing STANDING"),
        "plan-follow-up": Entry(
            "approve the follow-up now, to leave when the window ends", f"{_SAID} {_WHERE}"
        ),
        "follow-up": Entry(
            "ask once more: by telephone (--outcome) or in writing (--text)",
            f"--outcome OUTCOME [--note TEXT] | {_SAID} {_WHERE}",
        ),
        "close": Entry("close the case", "--outcome OUTCOME"),
        "dismiss": Entry("close a case that needs no work", "--why REASON [--note TEXT]"),
        "reopen": Entry(
            "take a closed case up again; one closed long ago gets a new, linked case",
            "[--why TEXT]",
        ),
    },
    "Who has it, and whether it may go on": {
        "take": Entry("take the safety of a grave case"),
        "have-it": Entry("say that you have it: nobody else is told for a while, then again"),
        "hand-over": Entry("give the case to a colleague", "--to EMAIL [--why TEXT]"),
        "about": Entry("say which staff it is about; none given: nobody", "[--person EMAIL]..."),
        "hold": Entry("stop all that goes out", "--why REASON"),
        "release": Entry("end the hold"),
        "pause": Entry(
            "stop clocks for a while; usually reach and listen",
            "--until TIME --why TEXT [--clock CLOCK]...",
        ),
        "resume": Entry("let the paused clocks run"),
        "extend": Entry(
            "ask for more time; somebody else grants it", "--clock CLOCK --until TIME --why TEXT"
        ),
        "grant": Entry("give the time that was asked for"),
        "refuse": Entry("turn it down: the date stays", "--why TEXT"),
        "severity": Entry("correct how grave it is", "--severity SEVERITY --why TEXT"),
        "troll": Entry("confirm a troll, who gets no reply", "--evidence TEXT"),
        "shield": Entry("have a confirmed troll hidden or blocked", "--kind WAY"),
        "not-troll": Entry("say that it is no troll", "[--evidence TEXT]"),
        "merge": Entry("give its review to another case", "--into N --why TEXT"),
        "unmerge": Entry("undo a merge"),
    },
    "Notes and tasks": {
        "note": Entry("leave a remark for colleagues", "--text TEXT [--visibility EYES]"),
        "task": Entry(
            "owe something on a date", "--text TEXT [--due TIME] [--kind KIND] [--to EMAIL]"
        ),
        "task-done": Entry("note that a task is done", "--task ID --evidence TEXT"),
    },
}
MENU: Mapping[str, Entry] = {
    name: each for group in GROUPS.values() for name, each in group.items()
}
# What may stand where the menu shows a word in capitals, by move and option.
_WAYS = {"channel": conversation.CHANNELS}
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "no-reply": {"why": replies.NO_REPLY},
    "report": {"why": reporting.REASONS},
    "report-answered": {"outcome": reporting.RESULTS},
    "incident-decide": {"outcome": incidents.DECISIONS},
    "shield": {"kind": shielding.WAYS},
    "match": {"relation": correspondents.RELATIONS, "care-of": correspondents.CARE_OF},
    "identify": {"identifier": correspondents.IDENTIFIERS},
    "care-of": {"care-of": correspondents.CARE_OF},
    "contact": {"outcome": conversation.OUTCOMES, "flag": calls.FLAGS, **_WAYS},
    "received": _WAYS,
    "write": {"channel": ("email", "sms")},
    "link": {"channel": ("email", "sms")},
    "consent": {"purpose": consent.PURPOSES, "outcome": ("given", "taken_back")},
    "resolve": {"cause": following.CAUSES},
    "look": {"standing": following.STANDINGS},
    "follow-up": {"outcome": ("reached", "voicemail", "declined"), "channel": ("email", "sms")},
    "close": {"outcome": following.OUTCOMES},
    "dismiss": {"why": following.DISMISSALS},
    "hold": {"why": custody.HOLDS},
    "severity": {"severity": custody.SEVERITIES},
    "note": {"visibility": tuple(Visibility)},
}
# Some moves are asked of the table of moves under another name.
_ASKED = {"not-troll": "troll", "plan-follow-up": "look", "stop": "point"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("moves")(moves)


def moves(
    move: Annotated[str, typer.Argument(help="Only this one, with all it needs.")] = "",
    number: Annotated[int, typer.Option("--case", help="What this case lacks for each.")] = 0,
    who: Who = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show the moves `amends act` makes: their options, what they need, what a case lacks."""
    names = [known(move)] if move else list(MENU)
    file = _file(number, who, data) if number else None
    if as_json:
        for name in names:
            emit(_entry(name, file))
    elif move:
        _one(move, file)
    else:
        _all(file)


def known(move: str) -> str:
    """Return the name of a move. Raises AskedWrongly with the ones there are."""
    if move not in MENU:
        raise AskedWrongly(f"there is no move {move!r}; the moves are: {', '.join(sorted(MENU))}")
    return move


def brief() -> str:
    """Return every move by group, for a help text."""
    return "\n\n".join(f"{group}: {', '.join(entries)}." for group, entries in GROUPS.items())


def missing(move: str, file: CaseFile) -> list[str]:
    """Return what a case lacks for a move; nothing: it is legal now."""
    return lacking(_ASKED.get(move, move), file)


def _file(number: int, who: str, data: Any) -> CaseFile:
    with record(data) as (_, store):
        return store.case_file(number, viewer_of(person_named(store, who)) if who else ENGINE)


def _entry(move: str, file: CaseFile | None) -> dict[str, Any]:
    said = MENU[move]
    entry: dict[str, Any] = {"move": move, "does": said.does, "options": said.takes}
    entry["needs"] = [NEEDS[need].remedy for need in MOVES[_ASKED.get(move, move)]]
    entry["words"] = {option: list(words) for option, words in WORDS.get(move, {}).items()}
    if file is not None:
        entry |= {"legal": not missing(move, file), "lacks": missing(move, file)}
    return entry


def _all(file: CaseFile | None) -> None:
    for group, entries in GROUPS.items():
        out.print(f"\n{group}", markup=False)
        for name, entry in entries.items():
            lacks = missing(name, file) if file is not None else []
            mark = "" if file is None else "- " if lacks else "+ "
            out.print(f"  {mark}{name:<15} {entry.does}", markup=False)
            for line in lacks or ([f"{entry.takes}"] if entry.takes else []):
                out.print(f"  {' ' * len(mark)}{'':<15}   {line}", markup=False)
    out.print("\nOne in full: amends moves MOVE. What a case lacks: amends moves --case N.")


def _one(move: str, file: CaseFile | None) -> None:
    for line in _lines(move, file):
        out.print(line, markup=False)


def _lines(move: str, file: CaseFile | None) -> Iterator[str]:
    entry = _entry(move, file)
    yield f"amends act N {move} {entry['options']}".rstrip()
    yield f"  {entry['does']}"
    for option, words in entry["words"].items():
        yield f"  --{option}: {', '.join(words)}"
    for need in entry["needs"]:
        yield f"  refused while: {need}"
    if file is not None:
        number = file.case.number
        yield f"  case {number}: " + ("; ".join(entry["lacks"]) or "may be done now")
