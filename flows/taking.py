"""How reviews are taken in, wherever they come from: known, recognised by another route, or new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.arriving.joining import join, joins
from cases.arriving.opening import Practised, Route, author_key
from cases.arriving.recognising import link, recognise
from cases.arriving.seeing import answer, is_news, judge
from cases.assignment import Load, counted
from cases.casefile import CaseFile
from cases.changes import Change
from cases.models import Clinic, Review
from cases.ports import SeenReview
from cases.store import Applied
from cases.viewers import ENGINE
from flows.house import Counts, House, alone
from reviews import ability

HISTORY = timedelta(days=14)  # what was posted longer ago is recorded, but opens no case
Key = tuple[str, str]


@dataclass(frozen=True)
class _Batch:
    """What is known when a batch is answered."""

    house: House
    known: Mapping[Key, Review]
    others: Mapping[tuple[str, str, str], Sequence[Review]]  # by platform, clinic and handle
    route: Route
    since: datetime | None

    def answer(self, seen: SeenReview, practised: Practised) -> Change | None:
        known = self.known.get((seen.platform, seen.external_id))
        if known is None:
            handle = (seen.platform, practised.clinic.id, author_key(seen.author))
            other = recognise(seen, self.others.get(handle, ()))
            if other is not None:
                return self._linked(seen, other, practised)
        if not is_news(seen, known, self.route):
            return None
        if known is None and (talk := self._talk(seen, practised)) is not None:
            judged = judge(seen, practised.playbook, self.route)
            return join(seen, judged, practised, talk, self.house.moment())
        judged = judge(seen, practised.playbook, self.route)
        case_id = known.case_id if known is not None else None
        file = self.house.store.case_file(case_id, ENGINE) if case_id else None
        return answer(seen, judged, known, file, practised, self.since, self.house.moment())

    def _talk(self, seen: SeenReview, practised: Practised) -> CaseFile | None:
        """Return the case a private message goes on with."""
        if seen.kind != "message":
            return None
        store = self.house.store
        case_id = store.talk_with(seen.platform, seen.author_id, practised.clinic.id)
        file = store.case_file(case_id, ENGINE) if case_id else None
        return file if file is not None and joins(seen, file, self.house.moment()) else None

    def _linked(self, seen: SeenReview, other: Review, practised: Practised) -> Change:
        came = self.house.store.source(other.source_id) if other.source_id else None
        can = ability(came) if came is not None else None
        leads = can is not None and (can.look or can.reply)
        judged = judge(seen, practised.playbook, self.route)
        return link(seen, other, leads, self.route, judged, self.house.moment())


def take_batch(
    house: House,
    batch: Sequence[SeenReview],
    done: Counts,
    since: datetime | None,
    clinic: str,
    route: Route | None = None,
) -> None:
    """Answer one batch and write the answers; counts go to `done`.

    `since`: what was posted before is history and opens no case; `clinic`: the slug of those that
    name none; `route`: how they came, None where somebody handed them in.
    """
    for some in _apart(batch):
        _take_some(house, some, done, since, clinic, route or Route())


def _apart(batch: Sequence[SeenReview]) -> list[Sequence[SeenReview]]:
    """Return private messages each for itself: the second goes on with the first one's case."""
    public = [each for each in batch if each.kind != "message"]
    private = [[each] for each in batch if each.kind == "message"]
    return [some for some in (public, *private) if some]


def _take_some(
    house: House,
    batch: Sequence[SeenReview],
    done: Counts,
    since: datetime | None,
    clinic: str,
    way: Route,
) -> None:
    places = _places(house, batch, clinic)
    known = house.store.known_reviews((each.platform, each.external_id) for each in batch)
    others = _by_other_routes(house, batch, known, places, way)
    at_hand = _Batch(house, known, others, way, since)
    people, playbook = house.store.people(), house.store.playbook()
    loads: Mapping[str, Load] = house.store.loads()
    changes: dict[Key, Change] = {}
    for each in batch:
        done["seen"] += 1
        place = places.get(each.clinic)
        if place is None:
            done["no_clinic"] += 1
            continue
        with alone("a review", done, "refused"):
            practised = Practised(place, people, playbook, route=way, loads=loads)
            change = at_hand.answer(each, practised)
            if change is not None:  # of two in one batch, the later one is how it stands
                changes[each.platform, each.external_id] = change
                loads = counted(loads, change)
    _count(house.apply(*changes.values()), done)


def _places(house: House, batch: Sequence[SeenReview], clinic: str) -> Mapping[str, Clinic | None]:
    """Return the clinic by the name a review gives it; nobody need name the only one."""
    by_slug = {c.slug: c for c in house.store.clinics().values()}
    usual = clinic or (next(iter(by_slug), "") if len(by_slug) == 1 else "")
    return {name: by_slug.get(name or usual) for name in {each.clinic for each in batch}}


def _by_other_routes(
    house: House,
    batch: Sequence[SeenReview],
    known: Mapping[Key, Review],
    places: Mapping[str, Clinic | None],
    route: Route,
) -> Mapping[tuple[str, str, str], list[Review]]:
    """Return reviews under the handles of those not known yet, that came another way."""
    found: defaultdict[tuple[str, str, str], list[Review]] = defaultdict(list)
    if route.source_id is None:
        return found  # a file handed in twice may hold two alike
    wanted: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for each in batch:
        place, handle = places.get(each.clinic), author_key(each.author)
        if place is not None and handle and (each.platform, each.external_id) not in known:
            wanted[each.platform, place.id].add(handle)
    for (platform, clinic_id), handles in wanted.items():
        for other in house.store.lookalikes(platform, clinic_id, handles, route.source_id):
            found[platform, clinic_id, other.author_key].append(other)
    return found


def _count(applied: Applied, done: Counts) -> None:
    for change in applied.applied:
        kinds = [event.kind for part in change.whole() for event in part.events]
        done["new"] += kinds.count("seen")
        done["edited"] += kinds.count("edited")
        done["cases"] += kinds.count("opened")
        done["linked"] += kinds.count("also_seen")
    done["refused"] += len(applied.refused)
