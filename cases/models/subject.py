"""What every row with a history of its own has in common."""

from __future__ import annotations

from sqlmodel import SQLModel

from cases.models.fields import key


class Subject(SQLModel):
    """What a Change is about: a row with a version and a chain of events."""

    id: str = key()
    version: int = 1
    head_seq: int = 0
    head_mac: str = ""
