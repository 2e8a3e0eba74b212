"""Reads a map from its file, and says file, line and key of what cannot be meant, with a remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]

from cases.settings import SettingsError
from reviews.mapping import Expression, Field, Map
from reviews.signing import Signing, faults

FIELDS = (
    "id", "text", "author", "author_id", "rating", "recommends", "posted_at", "updated_at", "url",
    "clinic", "platform", "reply",
)  # fmt: skip
_KEYS = (
    "name", "version", "items", "only", "gone", "numbered", "prefix", "zone",
    "fields", "constants", "platforms", "clinics", "auth",
)  # fmt: skip
_OPTIONS = ("from", "words", "scale", "formats", "zone", "html", "listed")
_SIGNING = ("kind", "header", "prefix", "encoding", "digest", "signed", "timestamp_header",
            "tolerance")  # fmt: skip


class MapError(SettingsError):
    """A map that cannot be used: file, line, key, and what to do."""


def shipped() -> list[str]:
    """Return the names of the maps that come with the program."""
    found = files("reviews").joinpath("maps").iterdir()
    return sorted(each.name.removesuffix(".toml") for each in found if each.name.endswith(".toml"))


def named(place: str) -> Map:
    """Return a shipped map by its name, or one of a file. Raises MapError."""
    if re.fullmatch(r"[a-z0-9-]+", place) and place in shipped():
        text = files("reviews").joinpath("maps", f"{place}.toml").read_text("utf-8")
        return read(text, f"maps/{place}.toml")
    path = Path(place).expanduser()
    try:
        return read(path.read_text("utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        known = ", ".join(shipped())
        raise MapError(f"{path}: {why}; name a file, or one of: {known}") from None


def read(text: str, file: str) -> Map:
    """Return the map a TOML text holds. Raises MapError."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"{file}: {error}; mend the TOML") from None
    return _Reader(file, text, told).map()


class _Reader:
    """One file while it is read; knows where each key stands."""

    def __init__(self, file: str, text: str, told: Mapping[str, Any]) -> None:
        self._file, self._lines, self._told = file, text.splitlines(), told

    def fault(self, section: str, key: str, why: str) -> MapError:
        line, full = self._line(section, key), f"{section}.{key}" if section else key
        return MapError(f"{self._file}, line {line}: {full} {why}")

    def _line(self, section: str, key: str) -> int:
        """Return the line of a key, in its section where that has a heading of its own."""
        here, best = "", 1
        for number, line in enumerate(self._lines, 1):
            if heading := re.match(r"\s*\[+\s*([^\]]{1,200}?)\s*\]+", line):
                here = heading[1]
                if here in (section, f"{section}.{key}" if section else key):
                    best = number
            name = re.match(r"\s*\"?([\w. -]{1,200}?)\"?\s*=", line)
            if name and (here, name[1]) in _spots(section, key):
                return number
        return best

    def map(self) -> Map:
        self._known("", self._told, _KEYS)
        fields = self._fields()
        return Map(
            name=self._text("", self._told, "name") or Path(self._file).stem,
            version=self._text("", self._told, "version"),
            fields=fields,
            items=self._path("", "items", self._told.get("items", "")),
            only=self._path("", "only", self._told.get("only", "")),
            gone=self._path("", "gone", self._told.get("gone", "")),
            numbered=self._numbered(),
            prefix=self._text("", self._told, "prefix"),
            platforms=self._names("platforms"),
            clinics=self._names("clinics"),
            signing=self._signing(),
        )

    def _known(self, section: str, table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key in table:
            if key not in keys:
                raise self.fault(section, key, f"is unknown; there are: {', '.join(keys)}")

    def _table(self, name: str) -> Mapping[str, Any]:
        found = self._told.get(name, {})
        if not isinstance(found, Mapping):
            raise self.fault("", name, f"must be a table: [{name}]")
        return found

    def _text(self, section: str, table: Mapping[str, Any], key: str) -> str:
        found = table.get(key, "")
        if not isinstance(found, str):
            raise self.fault(section, key, 'must be text in quotes, "like this"')
        return found

    def _path(self, section: str, key: str, told: object) -> Expression | None:
        if not isinstance(told, str):
            raise self.fault(section, key, "must be a JMESPath expression in quotes")
        if not told.strip():
            return None
        try:
            found: Expression = jmespath.compile(told)
        except (JMESPathError, ValueError) as error:
            why = str(error).splitlines()[0][:200]
            raise self.fault(section, key, f"is no JMESPath: {why}; mend it") from None
        return found

    def _zone(self, section: str, key: str, told: object) -> tzinfo:
        if not told:
            return UTC
        try:
            return ZoneInfo(str(told))
        except (ValueError, OSError, KeyError):
            raise self.fault(section, key, "is no zone; write America/New_York") from None

    def _fields(self) -> dict[str, Field]:
        told, constants = self._table("fields"), self._table("constants")
        self._known("fields", told, FIELDS)
        self._known("constants", constants, FIELDS)
        if not {"text", "rating", "recommends"} & told.keys():
            raise self.fault("", "fields", "must say where text, rating or recommends stands")
        fields = {name: self._field(name, each) for name, each in told.items()}
        for name in constants:
            fields[name] = Field(value=self._text("constants", constants, name))
        return fields

    def _field(self, name: str, told: object) -> Field:
        table = {"from": told} if isinstance(told, str) else told
        if not isinstance(table, Mapping):
            raise self.fault("fields", name, 'must be an expression or { from = "..." }')
        section = f"fields.{name}"
        self._known(section, table, _OPTIONS)
        where = ("fields", name) if isinstance(told, str) else (section, "from")
        reads = self._path(*where, table.get("from", ""))
        if reads is None:
            raise self.fault("fields", name, 'is empty; write a JMESPath: "review.text"')
        return Field(
            reads=reads,
            words=self._words(section, table.get("words", {})),
            scale=self._scale(section, table.get("scale", 5)),
            formats=self._formats(section, table.get("formats", [])),
            zone=self._zone(section, "zone", table.get("zone", self._told.get("zone", ""))),
            html=table.get("html") is True,
            listed=table.get("listed") is True,
        )

    def _words(self, section: str, told: object) -> dict[str, str]:
        if not isinstance(told, Mapping):
            raise self.fault(section, "words", "must be a table: words = { FIVE = 5 }")
        return {str(word).casefold(): str(meant) for word, meant in told.items()}

    def _scale(self, section: str, told: object) -> Decimal:
        try:
            found = Decimal(str(told))
        except InvalidOperation:
            found = Decimal(0)
        if not (found.is_finite() and 0 < found <= 1000):
            raise self.fault(section, "scale", "must be a number: what the best rating counts")
        return found

    def _formats(self, section: str, told: object) -> tuple[str, ...]:
        listed = [told] if isinstance(told, str) else told
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise self.fault(section, "formats", 'must be a list: ["%d.%m.%Y", "epoch-ms"]')
        wrong = [each for each in listed if "%" not in each and each not in ("epoch", "epoch-ms")]
        if wrong:
            raise self.fault(section, "formats", f"holds {wrong[0]!r}; write %Y-%m-%d or epoch")
        return tuple(listed)

    def _numbered(self) -> re.Pattern[str] | None:
        told = self._text("", self._told, "numbered")
        if not told:
            return None
        if told.count("{n}") != 1 or told.count("{field}") != 1:
            raise self.fault("", "numbered", 'must hold {n} and {field}: "review_{n}_{field}"')
        pattern = re.escape(told).replace(r"\{n\}", "(?P<n>[0-9]{1,6})")
        return re.compile(pattern.replace(r"\{field\}", "(?P<field>[A-Za-z_.-]{1,60})"))

    def _names(self, section: str) -> dict[str, str]:
        table = self._table(section)
        return {name.casefold(): self._text(section, table, name) for name in table}

    def _signing(self) -> Signing:
        table = self._table("auth")
        try:
            return signing(table)
        except AuthFault as fault:
            raise self.fault("auth", fault.key, fault.why) from None


class AuthFault(ValueError):
    """What is wrong with how pushes are verified: the key, and why."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key} {why}")
        self.key, self.why = key, why


def signing(table: Mapping[str, Any], usual: Signing | None = None) -> Signing:
    """Return how pushes are verified: a table over what is usual. Raises AuthFault."""
    if unknown := next((key for key in table if key not in _SIGNING), None):
        raise AuthFault(unknown, f"is unknown; there are: {', '.join(_SIGNING)}")
    told = {**{key: getattr(usual or Signing(), key) for key in _SIGNING}, **table}
    seconds = told["tolerance"]
    if not isinstance(seconds, timedelta):
        if not isinstance(seconds, int) or not 1 <= seconds <= 86_400:
            raise AuthFault("tolerance", "must be whole seconds, from 1 to 86400")
        told["tolerance"] = timedelta(seconds=seconds)
    if wrong := next((k for k in _SIGNING[:-1] if not isinstance(told[k], str)), None):
        raise AuthFault(wrong, 'must be text in quotes, "like this"')
    told |= {key: told[key].lower() for key in ("header", "timestamp_header", "digest")}
    found = Signing(**told)
    if wrong_ones := faults(found):
        raise AuthFault(*wrong_ones[0])
    return found


def _spots(section: str, key: str) -> tuple[tuple[str, str], ...]:
    """Return where a key may stand: under its heading, or as an inline table's whole line."""
    head, _, last = section.rpartition(".")
    return (section, key), (head, last), ("", f"{section}.{key}")
