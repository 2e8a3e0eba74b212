"""The command line: every move of a case, scriptable; every mistake told plainly."""

from __future__ import annotations

import os
import sys

import typer

from cases.addresses import AddressError
from cases.clocks import ClockError
from cases.hours import WorktimeError
from cases.playbook import PlaybookError
from cases.practice import PracticeError
from cases.sealing import KeyringError, SealError
from cases.settings import SettingsError
from cases.stages import IllegalMove
from cases.store import StoreError
from cases.store.views import NotFound
from console.commands import (
    acting,
    cases,
    demo,
    doctor,
    judge,
    playbook,
    practice,
    reviews,
    running,
)
from console.commands.shared import UserError, err
from reviews.files import FileError

# What people can mend themselves: told in their own words, without a traceback.
_TOLD = (
    UserError, IllegalMove, ClockError, NotFound, FileError, PlaybookError, PracticeError,
    AddressError, WorktimeError, SettingsError, KeyringError, SealError, StoreError,
)  # fmt: skip

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Amends turns each negative review into a case and sees it through.",
)
for _part in (reviews, cases, acting, running, judge, playbook, practice, doctor, demo):
    _part.register(app)


def main() -> None:
    """Run a command. Exit code 0: done; 1: it could not be done; 2: it was asked wrongly."""
    try:
        app()
    except _TOLD as error:
        for line in str(error).splitlines():
            err.print(f"amends: {line}", markup=False)
        sys.exit(1)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        err.print("amends: stopped")
        sys.exit(130)
