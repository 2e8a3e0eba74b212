"""When each flow last did its work, for another part to see that it stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from cases.models.fields import at
from cases.models.subject import Subject


class Beat(Subject, table=True):
    """A flow's last run that did its work. The flow's name is its id."""

    __tablename__: ClassVar[Any] = "beats"
    at: datetime = at()
    note: str = ""  # what the flow wants to know of its last run
