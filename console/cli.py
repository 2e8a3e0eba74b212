"""The command line: every move of a case, scriptable; every mistake told plainly."""

from __future__ import annotations

import os
import sys

import typer

from cases.access import AccessError
from cases.addresses import AddressError
from cases.calendars.hours import WorktimeError
from cases.clockwork.clocks import ClockError
from cases.needs import IllegalMove
from cases.playbooks.playbook import PlaybookError
from cases.practice import PracticeError
from cases.sealing import KeyringError, SealError
from cases.settings import SettingsError
from cases.store import StoreError
from cases.store.views import NotFound
from console.commands import (
    access,
    acting,
    alerts,
    cases,
    clinics,
    consent,
    demo,
    doctor,
    drafting,
    inbox,
    invite,
    judge,
    menu,
    people,
    playbook,
    practice,
    report,
    reviews,
    running,
    simulate,
    sources,
    up,
    watchdog,
)
from console.commands.shared import AskedWrongly, UserError, err
from reviews.files import FileError

# What people can mend themselves: told in their own words, without a traceback.
_ASKED_WRONGLY = (AskedWrongly, AccessError, PracticeError, AddressError)
_TOLD = (
    UserError, IllegalMove, ClockError, NotFound, FileError, PlaybookError, WorktimeError,
    SettingsError, KeyringError, SealError, StoreError,
)  # fmt: skip
_WANT_ALL = "AMENDS_TRACEBACK"  # set: what nobody foresaw is shown whole

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Amends turns each negative review into a case and sees it through.",
)
for _part in (
    reviews,
    cases,
    acting,
    alerts,
    menu,
    running,
    judge,
    drafting,
    playbook,
    report,
    simulate,
    people,
    practice,
    sources,
    inbox,
    invite,
    clinics,
    consent,
    access,
    doctor,
    demo,
    up,
    watchdog,
):
    _part.register(app)


def main() -> None:
    """Run a command. Exit code 0: done; 1: it could not be done; 2: it was asked wrongly."""
    try:
        app()
    except _ASKED_WRONGLY as error:
        _say(str(error))
        sys.exit(2)
    except _TOLD as error:
        _say(str(error))
        sys.exit(1)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a folder that cannot be written, a full disk
        _say(f"{error.filename or 'the answer'}: {error.strerror or error}; look at the disk")
        sys.exit(1)
    except KeyboardInterrupt:
        _say("stopped")
        sys.exit(130)
    except Exception as error:
        if os.environ.get(_WANT_ALL):
            raise
        # Only its kind: the text of an error nobody foresaw may hold what was written in a case.
        _say(f"this should not happen ({type(error).__name__}); what was not yet written is not")
        _say(f"written. Please report it, with what {_WANT_ALL}=1 shows")
        sys.exit(1)


def _say(text: str) -> None:
    for line in text.splitlines():
        err.print(f"amends: {line}", markup=False)
