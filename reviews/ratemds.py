"""RateMDs: no way in for programs; its alert mails come by `mail`, replies go out by hand."""

from __future__ import annotations

from cases.ports import Capabilities
from reviews.guide import Guide

CAN = Capabilities(
    reply_limit=1000,
    note="Replies come from a claimed profile; a bad review may be contested before it shows.",
)
GUIDE = Guide(
    home="https://www.ratemds.com/",
    steps=(
        "Sign in to the claimed profile of the doctor.",
        "Open its ratings and find the review by its date and first words.",
        "Paste the approved text without changing a word, and post it.",
        "Come back with the address of the page and the time.",
    ),
    report_url="https://www.ratemds.com/",
    report_steps=(
        "Within the window, use Contest rating in the mail that announced the review.",
        "After it, use the flag beside the review on the public page.",
        "What is given as evidence must hold nothing about a patient.",
    ),
    report_kinds=(("contest", "Contest rating"), ("flag", "Flag beside the review")),
    hosts=("ratemds.com",),
    contest_days=7,
)
