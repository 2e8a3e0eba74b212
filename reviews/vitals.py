"""Vitals and WebMD Care, one owner and one way: alert mails in, replies by hand."""

from __future__ import annotations

from cases.ports import Capabilities
from reviews.guide import Guide

ALSO = ("webmd",)
CAN = Capabilities(
    reply_limit=1000,
    note="Vitals and WebMD Care take replies only from a claimed profile; their limit is unknown.",
)
GUIDE = Guide(
    home="https://care.webmd.com/",
    steps=(
        "Sign in to the claimed profile of the provider.",
        "Open its ratings and find the review by its date and first words.",
        "Paste the approved text without changing a word, and post it.",
        "Look at the public page in a private window: moderation may take some days.",
        "Come back with the address of the page and the time.",
    ),
    report_url="https://care.webmd.com/",
    report_steps=(
        "Open the support form of the claimed profile.",
        "Give the address of the review and the rule it breaks; name no patient.",
    ),
    report_kinds=(("support", "Support form of the profile"),),
    hosts=("vitals.com", "webmd.com"),
)
