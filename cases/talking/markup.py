"""HTML of a mail put into plain lines, what somebody quoted marked with ">" as in plain mail."""

from __future__ import annotations

from lxml import etree, html  # type: ignore[import-untyped]

_MOST = 512 * 1024  # characters
_DEEPEST = 30  # quotes within quotes; deeper ones are marked no further
_LEFT_OUT = ("script", "style", "head", "title", "template", "noscript", "object", "svg")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "th",
        "tr",
        "ul",
    ]
)


def tree(written: str) -> html.HtmlElement | None:
    """Return the parsed HTML, without scripts and comments; None where there is nothing in it."""
    try:
        root = html.document_fromstring(written[:_MOST].replace("\0", " "))
    except (etree.LxmlError, ValueError, AssertionError):
        return None
    etree.strip_elements(root, *_LEFT_OUT, with_tail=False)
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    return root


def plain(written: str) -> str:
    """Return the words of HTML line by line; lines in a <blockquote> begin with "> "."""
    root = tree(written) if written.strip() else None
    if root is None:
        return ""
    lines, depth = _Lines(), 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in _BLOCKS:
            lines.end(depth)
        if tag == "blockquote":
            depth += 1 if event == "start" else -1
        lines.add((node.text if event == "start" else node.tail) or "")
        if event == "end" and tag == "p":
            lines.blank(depth)
    lines.end(depth)
    return lines.text()


class _Lines:
    """Lines as they grow, each ended where a block begins or ends."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._open: list[str] = []

    def add(self, words: str) -> None:
        if words:
            self._open.append(words)

    def end(self, depth: int) -> None:
        line = " ".join("".join(self._open).split())
        self._open.clear()
        if line:
            self._done.append("> " * min(depth, _DEEPEST) + line)

    def blank(self, depth: int) -> None:
        if self._done and self._done[-1].strip("> "):
            self._done.append(("> " * min(depth, _DEEPEST)).rstrip())

    def text(self) -> str:
        return "\n".join(self._done).strip("\n")
