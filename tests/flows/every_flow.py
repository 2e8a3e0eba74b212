"""Run by the canary's test in a process of its own: every flow, once well and once failing.

Each failure carries the canary as a careless library would: in its text, its cause and a local.
"""

import logging
import os
import sys
from importlib import import_module

from prefect import flow

from flows.house import FlowError

CANARY, PLANTED = os.environ["CANARY"], os.environ["PLANTED"]
FLOWS = (
    "intake", "receive", "compare", "sweep", "deliver", "publish", "watch", "follow_up", "digest",
    "audit",
)  # fmt: skip


def _fail(house: object) -> None:
    patient = {"name": CANARY}
    try:
        raise ValueError(f"no such row: {patient}")
    except ValueError as cause:
        raise RuntimeError(f"could not write to {CANARY}@mail.example") from cause


@flow(name="careless")
def careless() -> None:
    raise RuntimeError(f"this one leaks: {PLANTED}")


def main() -> None:
    """Leave with 0 if every flow ran, and every failing one left as a code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout)
    for name in FLOWS:
        module = import_module(f"flows.{name}")
        getattr(module, name)()
        module.run = _fail
        try:
            getattr(module, name)()
        except FlowError as error:
            logging.info("failed as a code: %s", error)
        else:
            sys.exit(f"{name} did not fail")
    try:
        careless()
    except RuntimeError:
        logging.info("the careless one failed, too")


if __name__ == "__main__":
    main()
