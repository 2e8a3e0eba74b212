"""One finding of the checker's overruled by a privacy officer, with the reason, for good."""

from __future__ import annotations

from cases.answering.replies import findings, newest
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set
from cases.checking.compliance import Finding, Level
from cases.models import Reply, ReplyState, Role
from cases.needs import NEEDS, IllegalMove, legal
from cases.ports import Capabilities
from cases.stages import record


def overrule(
    file: CaseFile, can: Capabilities, code: str, start: int, end: int, why: str, moment: Moment
) -> Change:
    """Let the newest draft stand in spite of one block, found at exactly this place.

    By a privacy officer who did not write it, once for a draft; another text loses it. The reason
    is kept, sealed, in the reply and in the history. Raises IllegalMove.
    """
    legal("overrule", file)
    reply = newest(file, ReplyState.DRAFT)
    if reply is None or reply.text is None:
        raise IllegalMove("overrule", [NEEDS["drafted"].remedy])
    found = findings(file, reply.text, can)
    if missing := _missing(file, reply, moment, why):
        raise IllegalMove("overrule", missing)
    if not any(_is(each, code, start, end) for each in found):
        blocks = (f"{f.code} {f.start}-{f.end}" for f in found if f.level is Level.BLOCK)
        said = ", ".join(blocks) or "none"
        raise IllegalMove(
            "overrule", [f"no block {code} stands at {start}-{end}; there are: {said}"]
        )
    ruled = {
        "code": code,
        "start": start,
        "end": end,
        "by": moment.by,
        "at": moment.now.isoformat(),
    }
    facts = {"reply": reply.id, "code": code, "start": start, "end": end}
    return record(
        file,
        moment,
        Happened("finding_overruled", facts, words=why.strip()),
        sets=[Set(Reply, reply.id, {"overruled": ruled, "overruled_why": why.strip()})],
    )


def _is(finding: Finding, code: str, start: int, end: int) -> bool:
    at = (finding.code, finding.start, finding.end)
    return finding.level is Level.BLOCK and at == (code, start, end)


def _missing(file: CaseFile, reply: Reply, moment: Moment, why: str) -> list[str]:
    person = file.people.get(moment.by)
    missing = []
    if person is None or person.role != Role.PRIVACY_OFFICER:
        missing.append("only a privacy officer overrules a finding")
    elif person.id == reply.drafted_by:
        missing.append("nobody overrules the checker for a text of their own")
    elif person.id in file.case.about:
        missing.append("nobody overrules the checker in a case about themselves")
    if reply.overruled:
        missing.append("one finding of this draft is overruled already; change the text")
    if not why.strip():
        missing.append("say why it may stand: --why")
    return missing
