"""How a text sounds: friendly, sour, or so much so that it contradicts its stars.

Weighed by hand in `lexicons/tone.toml`: a linear model learned from openly licensed comments on a
health service was tried beside it and added nothing, so none is shipped.
"""

from __future__ import annotations

from cases.judging.reading import Hit, Reading

SOUR = -1.5  # sum of the weights under which a text reads as a complaint
KIND_WORD = 2.0  # sum from which a text reads as praise
GLOWING, DAMNING = 8.0, -8.0  # sums beyond which a text contradicts its stars ...
DENSE = -0.15  # ... and per word: a long happy story tells of past trouble too
PRAISE_COUNTS = 1.7  # people who complain seldom praise; people who praise tell of past trouble
PER_THEME = 1.0  # what a theme named adds to the blame: "the results took six weeks" is sober ...
HEAVY = 0.6  # ... by words that weigh so much for it
PER_CHARGE = 1.0  # ... and an allegation
PER_INSULT, INSULTS = 2.0, 3  # ... and an insult or wild verdict, three times at most
PER_SNEER = 1.0  # ... and a word of contempt, alone too little: "cheap printers for your office"
PER_WARNING, WARNINGS = 0.5, 2  # ... and "stay away"
AT_LEAST = 1.2  # blame below which nothing is called negative
ASKED = 4.5  # the same for a question: it names a theme, and blames nobody
NEARBY = 60  # characters round some words whose tone says whether they are praise ...
FRIENDLY = 4.0  # ... from here on: "the nurses were wonderful" is no complaint about the nurses
NEGATIVE_FROM = 0.12  # blame over praise, for the root of the length, that makes it negative
_INSULTS = frozenset({"insult", "verdict", "like"})
SHORT = 5  # words added to every length, so that one word alone does not weigh as a page


def reads_negative(reading: Reading, asks: bool) -> bool:
    """Tell whether a text alone, without stars, reads as a negative review. `asks`: a question."""
    blame = sourness(reading) + PER_THEME * len(_themes(reading)) + _contempt(reading)
    blame += PER_CHARGE * len(_named(reading, "grave") | _named(reading, "elevated"))
    praise = sum(weight for _, weight in reading.tones if weight > 0)
    needed = NEGATIVE_FROM * (len(reading.words) + SHORT) ** 0.5
    return blame >= (ASKED if asks else AT_LEAST) and blame - PRAISE_COUNTS * praise > needed


def sourness(reading: Reading) -> float:
    """Return the weight of all sour words, whatever friendly ones stand beside them."""
    return -sum(weight for _, weight in reading.tones if weight < 0)


def _themes(reading: Reading) -> set[str]:
    """Return the themes a text names in so many words."""
    return {
        hit.rule.reason.partition("#")[0]
        for hit in reading.of("theme")
        if hit.rule.weight >= HEAVY and is_plaint(reading, hit)
    }


def _contempt(reading: Reading) -> float:
    """Return what insults, wild verdicts and warnings add to the blame."""
    said = {(hit.rule.reason, hit.start) for hit in reading.of("abuse") if is_plaint(reading, hit)}
    insults = sum(group in _INSULTS for group, _ in said)
    sneers = sum(group == "contempt" for group, _ in said)
    warnings = sum(group == "warning" for group, _ in said)
    scorn = PER_INSULT * min(INSULTS, insults) + PER_SNEER * min(INSULTS, sneers)
    return scorn + PER_WARNING * min(WARNINGS, warnings)


def _named(reading: Reading, kind: str) -> set[str]:
    """Return what a text speaks of, without a "not" and not in friendly words."""
    return {hit.rule.reason for hit in reading.of(kind) if is_plaint(reading, hit)}


def is_plaint(reading: Reading, hit: Hit) -> bool:
    """Tell whether words are a complaint: not denied, and nothing but praise is near them."""
    near = reading.tone(hit.start - NEARBY, hit.end + NEARBY)
    return not hit.negated and near < FRIENDLY


def is_sour(reading: Reading) -> bool:
    """Tell whether a text reads as a complaint, be it a mild one."""
    return reading.tone() < SOUR


def is_friendly(reading: Reading) -> bool:
    """Tell whether a text thanks or praises, if only in a word."""
    return reading.tone() >= KIND_WORD


def is_glowing(reading: Reading) -> bool:
    """Tell whether a text praises so much that bad stars must be a slip."""
    return reading.tone() >= GLOWING


def is_damning(reading: Reading) -> bool:
    """Tell whether a text condemns so much that good stars must be a slip."""
    return reading.tone() <= min(DAMNING, DENSE * len(reading.words))
