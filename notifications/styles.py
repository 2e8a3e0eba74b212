"""Style sheets written into the elements of a template as it is loaded: once, not for each mail.

Ready-made inliners read HTML, and a Jinja template is none yet. Ours knows classes only, which is
all that our one sheet uses; a test holds the result against premailer's.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}")
_RULE = re.compile(r"\.([a-z-]+)\s*\{([^{}]*)\}")
_CLASS = re.compile(r' class="([a-z -]+)"')
_HERE = "/* media */"  # where a template wants what cannot be inlined


@dataclass(frozen=True, slots=True)
class Sheet:
    """A style sheet: what each class means, and what only a mail program's own screen decides."""

    rules: dict[str, str]
    media: str

    def into(self, template: str) -> str:
        """Return the template with every class spelt out. Raises KeyError for an unknown one."""
        return _CLASS.sub(self._spelt, template.replace(_HERE, self.media))

    def _spelt(self, found: re.Match[str]) -> str:
        names = found[1].split()
        style = "".join(self.rules[name] for name in names)
        kept = [name for name in names if re.search(rf"\.{name}\b", self.media)]
        again = f' class="{" ".join(kept)}"' if kept else ""
        return f'{again} style="{style}"'


def sheet(css: str) -> Sheet:
    """Read a style sheet of classes and @media blocks."""
    css = _COMMENT.sub("", css)
    media = " ".join(" ".join(_MEDIA.findall(css)).split())
    rules = {name: _tight(body) for name, body in _RULE.findall(_MEDIA.sub("", css))}
    return Sheet(rules, media)


def _tight(body: str) -> str:
    parts = (part.partition(":") for part in body.split(";") if part.strip())
    return "".join(f"{name.strip()}:{value.strip()};" for name, _, value in parts)


class StyledLoader(FileSystemLoader):
    """Loads templates; those of HTML come with the folder's mail.css written into them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._sheet = sheet((folder / "mail.css").read_text(encoding="utf-8"))

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        source, name, fresh = super().get_source(environment, template)
        return (self._sheet.into(source) if template.endswith(".html") else source), name, fresh
