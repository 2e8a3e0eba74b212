"""Sample public replies, theme by theme: what the written policy shows of how we answer."""

from __future__ import annotations

from dataclasses import dataclass

from cases.answering import drafts


@dataclass(frozen=True, slots=True)
class Sample:
    """How a reply to a review about this theme may read, its slots not filled yet."""

    theme: str
    text: str

    def filled(self, point_person: str, phone: str, email: str) -> str:
        """Return it with a clinic's point person and ways to reach them."""
        return self.text.format(point_person=point_person, phone=phone, email=email)


def sample_replies() -> tuple[Sample, ...]:
    """Return a sample for each theme a review can have, in the order people read them.

    They are composed from the library that drafts come from.
    """
    themes = enumerate(drafts.themes())
    return tuple(Sample(theme, drafts.sample(theme, number)) for number, theme in themes)
