"""Who is reading: a read takes its viewer, and shows no more than the viewer may see."""

from __future__ import annotations

from dataclasses import dataclass

from cases.models import Person, Role, Visibility

_SEES: dict[Visibility, frozenset[str]] = {
    Visibility.TEAM: frozenset(Role),
    Visibility.RISK: frozenset(
        {Role.MANAGER, Role.CHIEF, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR}
    ),
    # Peer review is privileged under state law: the fewer eyes, the better it stays so.
    Visibility.PEER_REVIEW: frozenset({Role.CHIEF, Role.PRIVACY_OFFICER}),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who reads. `clinics` are ids; None means every clinic."""

    person_id: str
    role: str
    clinics: frozenset[str] | None = None

    def may_see(self, visibility: str) -> bool:
        return self.is_engine or self.role in _SEES[Visibility(visibility)]

    def may_see_clinic(self, clinic_id: str) -> bool:
        return self.clinics is None or clinic_id in self.clinics

    @property
    def is_engine(self) -> bool:
        """Tell whether the program itself reads, to do what people asked of it."""
        return self.role == "engine"


ENGINE = Viewer("engine", "engine")


def viewer_of(person: Person) -> Viewer:
    """Return this person as a reader: no clinics named means all of them."""
    return Viewer(person.id, person.role, frozenset(person.clinics) or None)
