"""Facebook pages: recommendations where it still shows them, comments, mentions, messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from cases.models import Source
from cases.ports import (
    Capabilities,
    Page,
    PlatformError,
    PublicReply,
    Published,
    SeenReview,
    reply_mark,
    unsupported,
)
from reviews.access import Access
from reviews.facebook_edges import COMMENT, FIELDS, MOST_PAGES, Edges
from reviews.facebook_graph import NAME, Graph
from reviews.facebook_push import FacebookPushes
from reviews.facebook_seen import (
    HASHED,
    PRIVATE,
    after_of,
    ident,
    is_ours,
    place_of,
    remark,
    rows_of,
    when,
)
from reviews.guide import Guide
from reviews.wire import Raw, part, said

__all__ = ["CAN", "GUIDE", "Facebook", "FacebookPushes"]

CAN = Capabilities(
    pull=True,
    push=True,
    reply=True,
    edit_reply=True,
    delete_reply=True,
    look=True,
    hide=True,
    block=True,
    reply_limit=8000,
    note="Facebook hides and deletes comments only, never a recommendation: report that one.",
)
_WITHOUT = (
    "Facebook shows this page's recommendations to programs no more (error 12): read its alert "
    "mails for them. Comments, mentions and private messages still come by themselves."
)
GUIDE = Guide(
    home="https://business.facebook.com/latest/inbox",
    steps=(
        "Sign in to Facebook and switch to the practice's page.",
        "Open the recommendation or comment by its link, or in the page's Reviews.",
        "Answer as the page, not as yourself; paste the approved text and change no word.",
        "Copy the address from the time shown beside your answer, and come back with it.",
    ),
    report_url="https://www.facebook.com/help/report",
    report_steps=(
        "Open the menu (...) on the recommendation and choose to report it.",
        "Name the Community Standard it breaks; the answer comes to the page's Support Inbox.",
    ),
    report_kinds=(
        ("spam", "Spam"),
        ("fake", "Fake or misleading"),
        ("harassment", "Bullying or harassment"),
        ("hate", "Hate speech"),
        ("violence", "Violence or threats"),
        ("irrelevant", "Not relevant to this page"),
    ),
    hosts=("facebook.com",),
)


class Facebook:
    """One page, by its own token. `place` is the page's id.

    Settings: page_token, app_secret; verify_token for its webhook; version; `read`, which of
    EDGES are read. Whether recommendations are shown is found out while reading, and `can` says.
    """

    name = NAME

    def __init__(self, source: Source, access: Access, http: httpx.Client | None = None) -> None:
        self._page = source.place
        self._graph = Graph(access, http)
        self._edges = Edges(self._graph, access, self._page)

    def close(self) -> None:
        self._graph.close()

    @property
    def can(self) -> Capabilities:
        """Return what it can do, as far as is known by now."""
        return replace(CAN, note=_WITHOUT) if self._edges.closed else CAN

    def pages(self, since: datetime, cursor: str = "", full: bool = False) -> Iterator[Page]:  # noqa: ARG002
        """Yield messages, recommendations, mentions and comments, one edge after the other."""
        yield from self._edges.pages(since, cursor)

    def look(self, external_id: str) -> SeenReview | None:
        """Return it as it stands now, with our answer; None where it is gone.

        Facebook says the same of what is gone and of what a token may see no more, so the page's
        feed is asked for before a removal is believed. Raises PlatformError.
        """
        if external_id.startswith(HASHED):
            return self._listed(external_id)
        if external_id.startswith(PRIVATE):
            raise unsupported(NAME)  # what was sent in private is not taken down
        try:
            row = self._graph.get(external_id, fields=COMMENT)
        except PlatformError as error:
            return self._no_comment(external_id, error)
        if not self._is_remark(row):
            return self._listed(external_id) or self._post(external_id)
        found = remark(row, self._page, self._graph.as_of)
        return self._with_reply(found) if found is not None else None

    def publish(self, reply: PublicReply) -> Published:
        """Answer as the page, once: our earlier answer is changed, and another's never unasked.

        Raises PlatformError, "facebook-foreign-reply" where another answer stands there.
        """
        if reply.external_id.startswith((HASHED, *PRIVATE)):
            raise unsupported(NAME)  # no object to comment on
        if len(reply.text) > CAN.reply_limit:
            raise PlatformError(f"{NAME}-too-long", "over 8,000 characters", permanent=True)
        standing = self._answers(reply.external_id)
        same = _same(standing, reply.text)
        if same is not None:
            return _published(same)  # posted before, and the answer to that was lost
        old = _to_change(standing, reply)
        path = (old,) if old else (reply.external_id, "comments")
        try:
            made = self._graph.post(*path, message=reply.text)
        except PlatformError as error:
            return self._settled(reply, error)
        return _published(old or ident(made.get("id")) or reply.external_id)

    def state(self, reply: PublicReply) -> Published:
        """Return how our answer stands; "facebook-...-gone" where it was taken away."""
        row = self._graph.get(reply.posted_id, fields="id,is_hidden,permalink_url")
        if row.get("is_hidden") is True:
            return Published(reply.posted_id, state="rejected", reason="hidden")
        return _published(ident(row.get("id")) or reply.posted_id)

    def hide(self, external_id: str) -> None:
        """Hide a comment. Facebook offers that for nothing else."""
        try:
            row = self._graph.get(external_id, fields="can_hide,is_hidden")
        except PlatformError as error:
            raise unsupported(NAME) if error.code == f"{NAME}-100" else error from None
        if row.get("is_hidden") is True:
            return
        if row.get("can_hide") is not True:
            raise unsupported(NAME)
        self._done(self._graph.post(external_id, is_hidden="true"))

    def block(self, author_id: str) -> None:
        """Keep somebody from writing on the page; what they wrote stays where it is."""
        kind, _, number = author_id.rpartition(":")
        given = {"psid": number} if kind == "psid" else {"user": number}
        answer = self._graph.post(self._page, "blocked", **given)
        if answer.get(number) is not True:
            self._done(answer)

    def delete_reply(self, external_id: str) -> None:
        """Take our answer to this back; nothing happens where there is none."""
        for each in self._answers(external_id)[:1]:
            self._done(self._graph.delete(ident(each.get("id"))))

    def _listed(self, external_id: str) -> SeenReview | None:
        """Return a recommendation from the list: Facebook has no other way to ask for one."""
        found = self._edges.listed(external_id)
        if found is None:
            if external_id.startswith(HASHED) and self._edges.closed:
                raise unsupported(NAME)  # nobody can know whether it still stands
            return None
        return found if external_id.startswith(HASHED) else self._with_reply(found)

    def _with_reply(self, seen: SeenReview) -> SeenReview:
        answers = self._answers(seen.external_id)
        return replace(seen, reply=said(answers[0].get("message")) if answers else "")

    def _no_comment(self, external_id: str, error: PlatformError) -> SeenReview | None:
        """Look elsewhere for what is no comment; believe a removal if all else can be seen."""
        if error.trouble not in ("gone", "unsupported") and error.code != f"{NAME}-100":
            raise error
        found = self._listed(external_id)
        if found is not None:
            return found
        if error.trouble == "gone":
            self._graph.get(self._page, "feed", fields="id", limit="1")
            return None
        if error.trouble == "unsupported":
            raise error
        return self._post(external_id)

    def _post(self, external_id: str) -> SeenReview | None:
        row = self._graph.get(external_id, fields=FIELDS["tagged"])
        return remark(row, self._page, self._graph.as_of)

    @staticmethod
    def _is_remark(row: Raw) -> bool:
        return bool(part(row, "from")) or bool(said(row.get("message")))

    def _answers(self, external_id: str) -> list[Raw]:
        """Return what the page wrote under something, oldest first."""
        found: list[Raw] = []
        after = ""
        for _ in range(MOST_PAGES):
            answer = self._graph.get(
                external_id, "comments", fields=COMMENT, limit="100", after=after
            )
            found += [row for row in rows_of(answer) if is_ours(row, self._page)]
            before, after = after, after_of(answer)
            if not after or after == before:
                break
        late = datetime.max.replace(tzinfo=UTC)
        return sorted(found, key=lambda row: when(row.get("created_time")) or late)

    def _settled(self, reply: PublicReply, error: PlatformError) -> Published:
        """Look whether it was posted after all: nobody else writes these very words there."""
        if error.sent is None or error.code == f"{NAME}-506":
            try:
                same = _same(self._answers(reply.external_id), reply.text)
            except PlatformError:
                raise error from None
            if same is not None:
                return _published(same)
        raise error

    @staticmethod
    def _done(answer: Raw) -> None:
        if answer.get("success") is not True:
            raise PlatformError(f"{NAME}-not-done", "Facebook did not do it", permanent=True)


def _same(standing: Sequence[Raw], text: str) -> str | None:
    wanted = reply_mark(text)
    found = (row for row in standing if reply_mark(said(row.get("message"))) == wanted)
    return next((ident(row.get("id")) for row in found), None)


def _to_change(standing: Sequence[Raw], reply: PublicReply) -> str:
    """Return the answer of ours to be changed, "" where there is none yet."""
    if not standing:
        return ""
    for row in standing:
        mine = ident(row.get("id")) == reply.posted_id
        if mine or reply_mark(said(row.get("message"))) in reply.may_replace:
            return ident(row.get("id"))
    raise PlatformError(f"{NAME}-foreign-reply", "the page has answered there", permanent=True)


def _published(comment: str) -> Published:
    return Published(comment, place_of(comment))
