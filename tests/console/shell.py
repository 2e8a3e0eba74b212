"""The command line as people meet it: words in; an exit code, an answer and complaints out."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DANA = "dana@elm.example"
ELM = (
    "clinic", "add", "elm-street", "--name", "Elm Street", "--zone", "America/New_York",
    "--hours", "mon-fri 09:00-17:00", "--phone", "+1 212 555 0100", "--email", "care@elm.example",
    "--point-person", "Dana Field", "--director", DANA,
)  # fmt: skip
# A Monday morning in New York; nothing here asks for the real time.
MONDAY = "2026-11-02T09:30"
REVIEWS = (
    "Date,Rating,Review,Author\n"
    "2026-11-01,1,Two hours late and nobody said sorry.,quiet_river\n"
    "2026-11-01,5,Kind and quick.,tall_pine\n"
    "2026-10-31,2,The bill was wrong twice.,red_kite\n"
)


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """A terminal in which `AMENDS_DATA` and `AMENDS_AS` are set."""

    def __init__(self, run: Callable[[list[str]], Answer], folder: Path, data: Path) -> None:
        self._run, self.folder, self.data = run, folder, data

    def __call__(self, *words: str | Path | int) -> Answer:
        answer = self._run([str(word) for word in words])
        assert "Traceback" not in answer.err + answer.out
        assert "should not happen" not in answer.err
        return answer

    def done(self, *words: str | Path | int) -> Answer:
        """Run a command that must succeed."""
        answer = self(*words)
        assert answer.code == 0, answer.err
        return answer

    def act(self, number: int, move: str, *words: str, now: str = MONDAY) -> Answer:
        return self("act", number, move, *words, "--now", now)

    def stage(self, number: int) -> str:
        return str(self.done("case", number, "--json").json()["stage"])

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path
