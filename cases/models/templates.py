"""What messages to patients begin as, in the practice's own words, each version as it was saved."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from cases.models.fields import at, key


class TemplateVersion(SQLModel, table=True):
    """One version of a template; the highest number counts. Never changed, never deleted."""

    __tablename__: ClassVar[Any] = "template_versions"
    __table_args__ = (UniqueConstraint("purpose", "channel", "language", "number"),)
    id: str = key()
    purpose: str
    channel: str  # email, sms
    language: str
    number: int
    subject: str = ""  # of an e-mail
    body: str
    saved_at: datetime = at()
    saved_by: str = ""
