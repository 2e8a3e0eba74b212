"""How grave a review is: which allegations are meant, and the words that make them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import chain

from cases.judging import weighing
from cases.judging.reading import Because, Hit, Reading
from cases.lexicons import table

PLAIN_ENOUGH = 3.0  # friendly words about something else do not hide a plain allegation
NEARBY = 160  # characters round an allegation whose tone says whom it is about
TOGETHER = 320  # characters within which the second half of an allegation must follow the first
ENOUGH = 0.999  # of the weights of signs, which are shares of what is enough
LOOK_BACK = 12  # first halves looked at for each second half: keeps a hostile text linear


class Severity(StrEnum):
    """How grave: GRAVE starts the safety clock, ELEVATED is told to the owner at once."""

    ROUTINE = "routine"
    ELEVATED = "elevated"
    GRAVE = "grave"


def allegations(
    reading: Reading, bad: bool, sour: bool, english: bool
) -> tuple[Severity, list[Because]]:
    """Return how grave the text is, with the fullest words found for each reason.

    `bad`: the review is a negative one. `sour`: at least its text reads like one.
    A negative one in English is weighed as a whole; what it alleges but does not bear is ELEVATED.
    """
    stands = _meant(reading, bad, sour)
    told = _told(reading, bad, stands)
    grave = told.plain or told.added
    if bad and english:
        heavy = weighing.is_heavy(reading, told)
        grave = (grave or weighing.heaviest(reading, told.signs)) if heavy else []
    if grave:
        return Severity.GRAVE, _fullest(grave, Severity.GRAVE, reading)
    near = [*told.plain, *told.added, *stands(reading.of(Severity.ELEVATED))]
    severity = Severity.ELEVATED if near else Severity.ROUTINE
    return severity, _fullest(near, severity, reading)


def alleged(reading: Reading, bad: bool, sour: bool) -> weighing.Told:
    """Return what the text tells of harm, and means."""
    return _told(reading, bad, _meant(reading, bad, sour))


def _told(reading: Reading, bad: bool, stands: Callable[[list[Hit]], list[Hit]]) -> weighing.Told:
    plain = stands([*reading.of(Severity.GRAVE), *_told_in_two(reading)])
    added = _added_up(stands(reading.of("sign"))) if bad else []
    return weighing.Told(plain, added, stands(reading.of("weighed")) if bad else [])


def _meant(reading: Reading, bad: bool, sour: bool) -> Callable[[list[Hit]], list[Hit]]:
    """Return what keeps of the hits those that are meant."""
    guarded = _covered(reading.of("guard"))
    return lambda hits: [hit for hit in hits if _stands(hit, reading, guarded, bad, sour)]


def _fullest(meant: list[Hit], severity: Severity, reading: Reading) -> list[Because]:
    """Return for each reason the longest words it rests on."""
    ordered = sorted(meant, key=lambda hit: hit.end - hit.start)
    said = {hit.rule.reason.partition("#")[0]: hit for hit in ordered}
    return [reading.because(f"{severity}: {why}", said[why]) for why in said]


def _covered(guards: list[Hit]) -> list[tuple[int, int]]:
    """Return the stretches guards cover, in order and joined where they overlap."""
    joined: list[tuple[int, int]] = []
    for guard in guards:
        start, end = guard.start, guard.end
        if joined and start < joined[-1][1]:
            start, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((start, end))
    return joined


def _is_guarded(hit: Hit, guarded: list[tuple[int, int]]) -> bool:
    """Tell whether a guard overlaps a hit: the last one that begins before the hit ends."""
    place = bisect_left(guarded, (hit.end, 0)) - 1
    return place >= 0 and guarded[place][1] > hit.start


def _stands(
    hit: Hit, reading: Reading, guarded: list[tuple[int, int]], bad: bool, sour: bool
) -> bool:
    """Whether an allegation is meant: not denied, no figure of speech, not of somebody else."""
    if hit.negated or _is_guarded(hit, guarded):
        return False
    if bad:
        return True
    if not (hit.rule.always or sour):
        return False
    friendly = PLAIN_ENOUGH if hit.rule.always else 0
    return reading.tone(hit.start - NEARBY, hit.end + NEARBY) < friendly


def _added_up(signs: list[Hit]) -> list[Hit]:
    """Return the signs of the first stretch in which they weigh ENOUGH together, topic by topic."""
    by_topic: dict[str, list[Hit]] = {}
    for hit in signs:
        by_topic.setdefault(hit.rule.reason.partition("#")[0], []).append(hit)
    topics = table("signs.toml")["signs"]
    return [h for topic, each in by_topic.items() for h in _enough(each, topics[topic]["within"])]


def _enough(signs: list[Hit], within: int) -> list[Hit]:
    """Return the signs that weigh enough together, each counted once; none where none do."""
    latest: dict[str, Hit] = {}
    for hit in signs:
        latest[hit.rule.reason] = hit
        near = [each for each in latest.values() if each.start >= hit.start - within]
        if sum(each.rule.weight for each in near) >= ENOUGH:
            return near
    return []


def _told_in_two(reading: Reading) -> Iterator[Hit]:
    """Yield what only two passages together allege, as one hit from the first to the second."""
    ordered = sorted(
        chain(reading.of("first"), reading.of("then")), key=lambda hit: (hit.start, hit.end)
    )
    waiting: dict[str, list[Hit]] = {}
    for hit in ordered:
        firsts = waiting.setdefault(hit.rule.reason, [])
        if hit.rule.kind == "first":
            firsts.append(hit)
            continue
        near = [f for f in firsts[-LOOK_BACK:] if f.end <= hit.start <= f.end + TOGETHER]
        if near and not hit.negated:
            yield Hit(hit.rule, near[-1].start, hit.end, negated=False)
