"""What messages to patients begin as: shipped in two languages, made its own by each practice.

A template only begins a message: a person approves the text that came of it. So a slot is a name in
{{ }} and nothing else: no code, no conditions, no attribute of anything (sandboxed besides).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, about
from cases.checking import compliance
from cases.checking.compliance import Level
from cases.lexicons import table
from cases.models import Clinic, Person, Practice, TemplateVersion

PURPOSES: Mapping[str, str] = {
    "first_contact": "The first contact",
    "resolution_note": "What we did about it",
    "follow_up": "Whether anything else can be done",
    "invitation": "An invitation to talk",
}
CHANNELS, LANGUAGES = ("email", "sms"), ("en", "es")
SLOTS: Mapping[str, str] = {
    "name": "the person we write to",
    "clinic": "the clinic, as patients' mails call it",
    "person": "its point person",
    "role": "the point person's role",
    "phone": "its telephone",
    "email": "its e-mail address",
    "sender": "whoever writes",
}
# What a template is tried with as it is saved.
SAMPLE: Mapping[str, str] = {
    "name": "Pat Doe",
    "clinic": "Elm Street Clinic",
    "person": "Dana Field",
    "role": "clinical director",
    "phone": "+1 212-555-0100",
    "email": "care@elm.example",
    "sender": "Dana Field",
}
LONGEST_SUBJECT, LONGEST_BODY, ONE_TEXT = 120, 4000, 160  # characters


class TemplateFault(ValueError):
    """A template cannot be saved like that: `faults` says what to mend, one by one."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Template:
    """What a message begins as. `number` 0: as shipped."""

    purpose: str
    channel: str
    language: str
    body: str
    subject: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its slots filled, for a person to finish."""

    body: str
    subject: str = ""


_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name)


@cache
def shipped(purpose: str, channel: str, language: str) -> Template:
    """Return a template as it comes with the program. Raises KeyError where there is none."""
    entry = table("messages.toml")[purpose][language]
    if channel == "sms":
        return Template(purpose, channel, language, entry["sms"])
    return Template(purpose, channel, language, entry["body"].strip(), entry["subject"])


def in_force(
    versions: Iterable[TemplateVersion], purpose: str, channel: str, language: str
) -> Template:
    """Return the practice's newest version of a template, or the shipped one."""
    key = (purpose, channel, language)
    own = [v for v in versions if (v.purpose, v.channel, v.language) == key]
    if not own:
        return shipped(*key)
    last = max(own, key=lambda version: version.number)
    return Template(*key, last.body, last.subject, last.number)


def slots_of(clinic: Clinic, name: str = "", sender: str = "") -> dict[str, str]:
    """Return what the slots hold; what nobody recorded keeps its name in brackets.

    Compliance finds those brackets: a text with one is approved by nobody.
    """
    known = {
        "name": name,
        "clinic": clinic.sender_name or clinic.name,
        "person": clinic.point_person,
        "role": clinic.point_role,
        "phone": _spoken(clinic.phone),
        "email": clinic.email,
        "sender": sender,
    }
    return {slot: value or f"[{slot}]" for slot, value in known.items()}


def _spoken(number: str) -> str:
    return re.sub(r"^\+1(\d{3})(\d{3})(\d{4})$", r"+1 \1-\2-\3", number)


def fill(template: Template, slots: Mapping[str, str]) -> Filled:
    """Return the template's text with its slots filled. Raises TemplateFault for what is none."""
    body, subject = _filled(template.body, slots), _filled(template.subject, slots)
    if template.channel == "sms":
        body = _plain_letters(body)  # another alphabet would cut a text to 70 characters
    return Filled(body, " ".join(subject.split()))


def _plain_letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-"))
    return plain.encode("ascii", "ignore").decode()


def begun(template: Template, file: CaseFile, sender: Person) -> Filled:
    """Return what a message of this case begins as, in the name of whoever writes it."""
    who = file.correspondent
    name = (who.name if who else "") or ""
    return fill(template, slots_of(file.clinic, name, sender.name))


def _filled(text: str, slots: Mapping[str, str]) -> str:
    try:
        return str(_ENVIRONMENT.from_string(text).render(slots))
    except TemplateError as error:
        raise TemplateFault([_said(error)]) from None


def faults(template: Template) -> list[str]:
    """Return what is wrong with a template, tried with a sample; nothing where it may be saved."""
    found = [*_of_another_kind(template), *_of_length(template)]
    found += _of_slots("subject", template.subject) + _of_slots("text", template.body)
    return found or _of_words(template)


def _of_another_kind(template: Template) -> list[str]:
    known = (PURPOSES, CHANNELS, LANGUAGES)
    given = (template.purpose, template.channel, template.language)
    return [f"there is no {each!r} here" for each, ones in zip(given, known, strict=True)
            if each not in ones]  # fmt: skip


def _of_length(template: Template) -> list[str]:
    found = []
    if not template.body.strip():
        found.append("the text is empty")
    if template.channel == "email" and not template.subject.strip():
        found.append("an e-mail has a subject")
    if template.channel == "sms" and template.subject:
        found.append("a text has no subject")
    if "\n" in template.subject or len(template.subject) > LONGEST_SUBJECT:
        found.append(f"a subject is one line of at most {LONGEST_SUBJECT} characters")
    if len(template.body) > LONGEST_BODY:
        found.append(f"a text has at most {LONGEST_BODY} characters")
    return found


def _of_slots(where: str, text: str) -> list[str]:
    """Return what in a text is no plain slot: the names are a list, and nothing is computed."""
    try:
        tree = _ENVIRONMENT.parse(text)
    except TemplateError as error:
        return [f"the {where}: {_said(error)}"]
    found = list(tree.find_all(nodes.Node))
    if any(not isinstance(each, _ALLOWED) for each in found):
        return [f"the {where}: between {{{{ and }}}} stands the name of a slot, and nothing else"]
    names = [each.name for each in found if isinstance(each, nodes.Name)]
    unknown = sorted({name for name in names if name not in SLOTS})
    told = f"there are: {', '.join(SLOTS)}"
    return [f"the {where}: {', '.join(unknown)} is no slot; {told}"] if unknown else []


def _said(error: TemplateError) -> str:
    line = getattr(error, "lineno", None)
    return f"a slot is not closed or misspelt{f', line {line}' if line else ''}"


def _of_words(template: Template) -> list[str]:
    """Return what compliance finds in the sample: the same that is asked as a message is approved.

    A text must fit into 160 characters with the sample's slots.
    """
    sample = fill(template, SAMPLE)
    limit = ONE_TEXT if template.channel == "sms" else None
    if not sample.body.strip():
        return ["the text is empty"]
    found = compliance.check_private(f"{sample.subject}\n{sample.body}".strip(), limit=limit)
    return [f'"{each.words}" {each.why} {each.instead}' for each in found if _forbids(each)]


def _forbids(finding: compliance.Finding) -> bool:
    return finding.level is Level.BLOCK or finding.code in ("too_long_platform", "placeholder")


def save(
    template: Template, versions: Iterable[TemplateVersion], practice: Practice, moment: Moment
) -> Change:
    """Keep a new version of a template. Raises TemplateFault where it may not be used."""
    if found := faults(template):
        raise TemplateFault(found)
    now_is = in_force(versions, template.purpose, template.channel, template.language)
    if (now_is.body, now_is.subject) == (template.body, template.subject):
        raise TemplateFault(["it is like that already"])
    values = {
        "id": moment.new_id(),
        "purpose": template.purpose,
        "channel": template.channel,
        "language": template.language,
        "number": now_is.number + 1,
        "subject": template.subject,
        "body": template.body,
        "saved_at": moment.now,
        "saved_by": moment.by,
    }
    facts = {name: values[name] for name in ("purpose", "channel", "language", "number")}
    return Change(
        about(practice),
        moment,
        adds=[Add(TemplateVersion, values)],
        events=[Happened("template_saved", facts)],
    )
