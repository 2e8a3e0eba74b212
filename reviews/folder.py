"""A folder as a review platform: for what an aggregator exports, and for demonstrations.

in/*.csv|json|jsonl[.gz]   the reviews as they stand; a later file, by name, overrides an earlier
gone.txt                   ids of reviews taken down, one a line ("id" or "platform:id")
replies/                   one JSON file for each review answered
rejects/                   what of each file could not be read, and why

Rows keep the platform they name; `platform` counts for those that name none. Whoever exports into
in/ should write under another name (".part", ".tmp" or a leading dot) and rename when done.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import cast

from cases.models import Source
from cases.ports import (
    Capabilities,
    Page,
    PlatformError,
    PublicReply,
    Published,
    SeenReview,
    unsupported,
)
from reviews import mapped_files
from reviews.access import Access
from reviews.files import FileError, Rejected, read, write_rejects
from reviews.guide import WHERE_IT_STANDS
from reviews.map_file import MapError, named

_READ = re.compile(r"[^.].*\.(csv|json|jsonl)(\.gz)?", re.IGNORECASE)
_UNSETTLED = 2_000_000_000  # ns: a file changed this lately may change again within one tick

_log = logging.getLogger(__name__)

_Key = tuple[str, str]  # platform, external id
_State = tuple[tuple[str, int, int, int], ...]
_Read = tuple[_State, Mapping[_Key, SeenReview]]


CAN = Capabilities(
    pull=True,
    reply=True,
    edit_reply=True,
    delete_reply=True,
    look=True,
    note="Replies are written as files into replies/; whoever reads the folder posts them.",
)
GUIDE = WHERE_IT_STANDS


class Folder:
    """Reviews in a folder, replies beside them.

    `zone` is that of times which name none; `map`, of the settings, reads other people's shapes.
    What cannot be read is written to rejects/ and
    logged by file and count; it never keeps the other rows or files from being read.
    """

    name = "folder"
    can = CAN

    def __init__(
        self,
        source: Source,
        access: Access | None = None,
        http: object = None,  # noqa: ARG002
    ) -> None:
        access = access or Access(source.name)
        self.root, self._known = Path(source.place), cast("_Read | None", None)
        self.platform, self.zone = access.text("platform", "folder"), access.text("zone", "UTC")
        self.map = access.text("map")

    def pages(
        self,
        since: datetime,  # noqa: ARG002
        cursor: str = "",  # noqa: ARG002
        full: bool = False,  # noqa: ARG002
    ) -> Iterator[Page]:
        """Yield every review that stands, whatever its date, in its newest state; one page.

        A folder cannot be read in part, nor does it list all: files come and go, and only
        gone.txt says what is gone. Raises PlatformError where there is no folder to read from.
        """
        reviews, gone = self._read_all(self._files()), self._gone()
        yield Page(tuple(seen for key, seen in reviews.items() if not _is_gone(key, gone)))

    def look(self, external_id: str, platform: str = "") -> SeenReview | None:
        """Return the review's newest state, or None where it is gone or was never there.

        Raises PlatformError, also where several platforms have this id and none is named.
        """
        gone = self._gone()
        found = [
            seen
            for key, seen in self._newest().items()
            if key[1] == external_id and platform in {"", key[0]} and not _is_gone(key, gone)
        ]
        if len(found) > 1:
            raise PlatformError(
                "folder-ambiguous", "several platforms have this id: name one", permanent=True
            )
        return found[0] if found else None

    def publish(self, reply: PublicReply) -> Published:
        """Write the reply into replies/, once; another reply to the same review replaces it.

        A reply published before is not written again: it returns as it did, though no longer
        `live` where another has replaced it. Raises PlatformError.
        """
        path = self._reply_path(reply.platform, reply.external_id)
        there = _reply_at(path)
        earlier = [str(each) for each in _listed(there.get("earlier"))]
        current = there.get("reply_id")
        if reply.reply_id == current and reply.text != there.get("text"):
            raise PlatformError(
                "folder-reply-differs", "this reply was published in other words", permanent=True
            )
        if reply.reply_id != current and reply.reply_id not in earlier:
            earlier += [str(current)] if current else []
            self._write(path, reply, earlier)
            current = reply.reply_id
        url = path.relative_to(self.root).as_posix()
        return Published(reply.reply_id, url, live=reply.reply_id == current)

    def state(self, reply: PublicReply) -> Published:
        """Return whether this reply still stands as the newest one. Raises PlatformError."""
        path = self._reply_path(reply.platform, reply.external_id)
        there = _reply_at(path)
        if not there:
            raise PlatformError("folder-reply-gone", "no such reply", permanent=True)
        stands = there.get("reply_id") == reply.reply_id
        return Published(reply.reply_id, path.relative_to(self.root).as_posix(), live=stands)

    def delete_reply(self, external_id: str) -> None:
        """Take our replies to this review back, on whatever platform it stands."""
        found = self.look(external_id)
        platform = found.platform if found else self.platform
        self._reply_path(platform, external_id).unlink(missing_ok=True)

    def hide(self, external_id: str) -> None:  # noqa: ARG002
        """Raise: nobody sees a folder."""
        raise unsupported("folder")

    def block(self, author_id: str) -> None:  # noqa: ARG002
        """Raise: nobody writes into a folder by a handle."""
        raise unsupported("folder")

    def _reply_path(self, platform: str, external_id: str) -> Path:
        return self.root / "replies" / f"{_safe(platform, external_id)}.json"

    def _write(self, path: Path, reply: PublicReply, earlier: list[str]) -> None:
        content = {
            **{"reply_id": reply.reply_id, "platform": reply.platform},
            **{"external_id": reply.external_id, "text": reply.text, "earlier": earlier},
        }
        try:
            _write_whole(path, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        except (OSError, UnicodeError) as error:
            raise PlatformError("folder-write", f"the reply was not written: {error}") from error

    def _files(self) -> list[Path]:
        try:
            found = [path for path in (self.root / "in").iterdir() if _READ.fullmatch(path.name)]
        except OSError as error:
            words = f"{self.root / 'in'}: {error.strerror}; make this folder and put files there"
            raise PlatformError("folder-missing", words, permanent=True) from error
        return sorted(found, key=lambda path: path.name)

    def _newest(self) -> Mapping[_Key, SeenReview]:
        """Return the newest states, read again only where a file has changed."""
        files = self._files()
        state = _state(files)
        if self._known and self._known[0] == state:
            return self._known[1]
        reviews, began = self._read_all(files), time.time_ns()
        settled = all(changed < began - _UNSETTLED for _, _, changed, _ in state)
        self._known = (state, reviews) if settled and state == _state(files) else None
        return reviews

    def _read_all(self, files: list[Path]) -> dict[_Key, SeenReview]:
        reviews: dict[_Key, SeenReview] = {}
        for path in files:
            rejects: list[Rejected] = []
            for row in self._rows(path):
                if isinstance(row, Rejected):
                    rejects.append(row)
                else:
                    reviews[row.platform, row.external_id] = row
            self._report(path, rejects)
        return reviews

    def _rows(self, path: Path) -> Iterator[SeenReview | Rejected]:
        try:
            if self.map:
                yield from mapped_files.read(path, named(self.map))
                return
            yield from read(path, platform=self.platform, zone=self.zone)
        except MapError as error:
            raise PlatformError("folder-map", str(error)) from None
        except FileError as error:
            yield Rejected(0, str(error), "")

    def _report(self, path: Path, rejects: list[Rejected]) -> None:
        """Keep rejects/ in step with the file: what was mended is no longer listed."""
        report = self.root / "rejects" / f"{path.name}.csv"
        try:
            if not rejects:
                report.unlink(missing_ok=True)
                return
            _log.warning("%s: %d rows could not be read, see rejects/", path.name, len(rejects))
            report.parent.mkdir(exist_ok=True)
            write_rejects(report, rejects)
        except (OSError, FileError):
            _log.warning("%s: its rejects could not be written", path.name)

    def _gone(self) -> set[str]:
        try:
            text = (self.root / "gone.txt").read_text("utf-8-sig")
        except FileNotFoundError:
            return set()
        except (OSError, UnicodeDecodeError) as error:
            raise PlatformError("folder-gone-unreadable", f"gone.txt: {error}") from error
        return {line.strip() for line in text.splitlines() if line.strip()}


def _is_gone(key: _Key, gone: set[str]) -> bool:
    return key[1] in gone or ":".join(key) in gone


def _state(files: list[Path]) -> _State:
    try:
        facts = [(path.name, path.stat()) for path in files]
    except OSError as error:
        raise PlatformError("folder-changing", "a file went away while looking") from error
    return tuple((name, at.st_size, at.st_mtime_ns, at.st_ino) for name, at in facts)


def _safe(platform: str, external_id: str) -> str:
    """Return a file name that is this review's alone, on any file system."""
    told = f"{platform}:{external_id}"
    readable = re.sub(r"[^A-Za-z0-9]+", "-", told).strip("-")[:60]
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    return f"{readable}-{digest}".lstrip("-")


def _reply_at(path: Path) -> dict[str, object]:
    """Return the reply published there, empty where there is none. Raises PlatformError."""
    try:
        there = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    if not isinstance(there, dict):
        raise _unreadable(path)
    return there


def _unreadable(path: Path) -> PlatformError:
    words = f"{path.name} cannot be read: look what was published, then remove or mend it"
    return PlatformError("folder-reply-unreadable", words, permanent=True, sent=None)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _write_whole(path: Path, text: str) -> None:
    """Write so that a reader sees the old file or the new one, and a crash leaves either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
