"""The edges of a Facebook page, newest first: messages, recommendations, mentions, comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from cases.ports import Page, PlatformError, SeenReview
from reviews.access import Access
from reviews.facebook_graph import Graph
from reviews.facebook_seen import (
    after_of,
    ident,
    is_ours,
    message,
    recommendation,
    remark,
    replies,
    rows_of,
    when,
)
from reviews.wire import Raw, part

EDGES = ("conversations", "ratings", "tagged", "feed")
FIELDS = {
    "ratings": "created_time,has_rating,has_review,rating,recommendation_type,review_text,"
    "reviewer{id,name},open_graph_story{id}",
    "tagged": "id,message,from{id,name},created_time,permalink_url",
    "feed": "id,message,from{id,name},created_time,updated_time,permalink_url",
    "conversations": "id,updated_time,messages.limit(25)"
    "{id,message,from{id,name},created_time,attachments{mime_type}}",
}
COMMENT = "id,message,from{id,name},created_time,permalink_url,parent{id}"
_LIMITS = {"ratings": "100", "tagged": "50", "feed": "25", "conversations": "25"}
# Recommendations are changed, and posts commented on, long after they were written.
_LOOK_BACK = {"ratings": timedelta(days=30), "feed": timedelta(days=90)}
_ASK_AGAIN = timedelta(days=7)  # whether recommendations are shown after all
_AUTOMATIC = timedelta(seconds=30)  # nobody reads a message and answers it that fast
MOST_PAGES = 1000  # of one edge; an edge that goes in circles has no end
_FACEBOOK_BEGAN = datetime(2004, 2, 4, tzinfo=UTC)


class Edges:
    """What one page's token may read. `closed`: Facebook shows it no recommendations.

    Whether it does is found out while reading, and once a week again.
    """

    def __init__(self, graph: Graph, access: Access, page: str) -> None:
        self._graph, self._access, self._page = graph, access, page
        wanted = access.listed("read") or EDGES
        self._names = tuple(each for each in EDGES if each in wanted)
        self.closed = self._closed_lately()

    def pages(self, since: datetime, cursor: str) -> Iterator[Page]:
        """Yield what was written since. A cursor is "edge|Facebook's own".

        Raises "facebook-usage-limit" before Facebook refuses.
        """
        edge, _, after = cursor.partition("|")
        names = self._names
        for at in range(names.index(edge) if edge in names else 0, len(names)):
            following = f"{names[at + 1]}|" if at + 1 < len(names) else ""
            yield from self._edge(names[at], since, after, following)
            after = ""

    def listed(self, external_id: str) -> SeenReview | None:
        """Return a recommendation from the list of all; None where it is not on it."""
        if "ratings" not in self._names:
            return None
        for page in self._edge("ratings", _FACEBOOK_BEGAN + _LOOK_BACK["ratings"], "", ""):
            for each in page.reviews:
                if each.external_id == external_id:
                    return each
        return None

    def _edge(self, name: str, since: datetime, after: str, following: str) -> Iterator[Page]:
        """Read one edge, newest first, until it ends or is older than wanted."""
        wanted = since - _LOOK_BACK.get(name, timedelta())
        for _ in range(MOST_PAGES):
            self._graph.rest()
            answer = self._first_of(name, after)
            if answer is None:
                return
            rows, here = rows_of(answer), f"{name}|{after}"
            before, after = after, after_of(answer)
            ended = not after or after == before or _all_older(rows, wanted)
            beyond = following if ended else f"{name}|{after}"
            yield from self._seen(name, rows, since, here, beyond)
            if ended:
                return

    def _first_of(self, name: str, after: str) -> Raw | None:
        """Return a page of an edge; None where this edge is closed to programs."""
        if name == "ratings" and self._closed_lately():
            return None
        try:
            answer = self._graph.get(
                self._page, name, fields=FIELDS[name], limit=_LIMITS[name], after=after
            )
        except PlatformError as error:
            if name != "ratings" or error.trouble != "unsupported":
                raise
            self._is_closed()
            return None
        if name == "ratings":
            self.closed = False
        return answer

    def _seen(
        self, name: str, rows: Sequence[Raw], since: datetime, here: str, beyond: str
    ) -> Iterator[Page]:
        as_of = self._graph.as_of
        if name == "ratings":
            found = [recommendation(row, self._page, as_of) for row in rows]
        elif name == "conversations":
            found = [each for row in rows for each in self._messages(row)]
        elif name == "tagged":
            found = [remark(row, self._page, as_of, "mention") for row in rows]
        else:
            found = [remark(row, self._page, as_of) for row in rows]
            yield from self._comments(rows, since, here)
        yield Page(tuple(each for each in found if each is not None), beyond)

    def _comments(self, posts: Sequence[Raw], since: datetime, here: str) -> Iterator[Page]:
        """Yield the comments of posts where something happened lately."""
        for post in posts:
            touched = when(post.get("updated_time")) or when(post.get("created_time"))
            if ident(post.get("id")) and (touched is None or touched >= since):
                rows = list(self._all_comments(ident(post.get("id")), since))
                answers = replies(rows, self._page)
                as_of = self._graph.as_of
                found = (
                    remark(row, self._page, as_of, reply=answers.get(ident(row.get("id")), ""))
                    for row in rows
                )
                yield Page(tuple(each for each in found if each is not None), here)

    def _all_comments(self, post: str, since: datetime) -> Iterator[Raw]:
        after = ""
        for _ in range(MOST_PAGES):
            self._graph.rest()
            answer = self._graph.get(
                post, "comments", fields=COMMENT, filter="stream", limit="100",
                order="reverse_chronological", after=after,
            )  # fmt: skip
            rows, before, after = rows_of(answer), after, after_of(answer)
            yield from rows
            if not after or after == before or _all_older(rows, since):
                return

    def _messages(self, conversation: Raw) -> Iterator[SeenReview]:
        """Yield what they wrote and nobody has answered yet; an instant answer is a machine's."""
        rows = rows_of(part(conversation, "messages"))
        rows.sort(key=lambda row: when(row.get("created_time")) or datetime.min.replace(tzinfo=UTC))
        owed: list[SeenReview] = []
        for row in rows:
            if is_ours(row, self._page):
                owed = [each for each in owed if _is_instant(row, each)]
                continue
            author = part(row, "from")
            found = message(
                row.get("id"), author.get("id"), row.get("message"), row.get("created_time"),
                row.get("attachments"), author.get("name"),
            )  # fmt: skip
            owed += [found] if found is not None else []
        yield from owed

    def _closed_lately(self) -> bool:
        """Tell whether Facebook said lately, of this version, that recommendations are closed."""
        version, _, since = self._access.secret("ratings_closed").get_secret_value().partition(" ")
        at = when(since)
        recent = at is not None and datetime.now(UTC) - at < _ASK_AGAIN
        return recent and version == self._graph.version

    def _is_closed(self) -> None:
        self._access.keep("ratings_closed", f"{self._graph.version} {datetime.now(UTC):%FT%TZ}")
        self.closed = True


def _all_older(rows: Sequence[Raw], than: datetime) -> bool:
    """Tell whether an edge has come to what is older than wanted; what has no date is not."""
    dates = [when(row.get("updated_time")) or when(row.get("created_time")) for row in rows]
    return bool(dates) and all(each is not None and each < than for each in dates)


def _is_instant(answer: Raw, seen: SeenReview) -> bool:
    at = when(answer.get("created_time"))
    return at is not None and seen.posted_at is not None and at - seen.posted_at < _AUTOMATIC
