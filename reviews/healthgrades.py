"""Healthgrades: no way in for programs; its alert mails come by `mail`, replies go out by hand."""

from __future__ import annotations

from cases.ports import Capabilities
from reviews.guide import Guide

CAN = Capabilities(
    reply_limit=1000,
    note="Healthgrades takes replies only in the provider's profile; keep them general.",
)
GUIDE = Guide(
    home="https://update.healthgrades.com/",
    steps=(
        "Sign in to the provider's profile and open its patient reviews.",
        "Check that it is the right provider: one sign-in may hold several.",
        "Find the review by its date and first words, and choose to respond.",
        "Paste the approved text without changing a word, and post it.",
        "Come back with the address of the profile and the time.",
    ),
    report_url="https://update.healthgrades.com/",
    report_steps=(
        "Open the review in the provider's profile and choose Flag Comment.",
        "Say which of the site's rules it breaks; name no patient and no fact of care.",
    ),
    report_kinds=(("flag", "Flag Comment"),),
    hosts=("healthgrades.com",),
)
