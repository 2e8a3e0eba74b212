"""Numbers and addresses as they are kept: one spelling each, so that equal ones are found equal."""

from __future__ import annotations

import phonenumbers
from email_validator import EmailNotValidError, validate_email


class AddressError(ValueError):
    """A number or address that cannot be one. The message says the value and the remedy."""


def phone(written: str, region: str = "US") -> str:
    """Return a telephone number in E.164 ("+12125550100"). Raises AddressError."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise AddressError(
            f"{written!r} is no telephone number; write it like +1 212 555 0100"
        ) from None
    if not phonenumbers.is_possible_number(number):
        raise AddressError(
            f"{written!r} cannot be a telephone number: too short or too long; "
            "write it with its area code, like +1 212 555 0100"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def email(written: str) -> str:
    """Return one e-mail address, lower-cased. Raises AddressError."""
    try:
        # The test environment allows .test, which samples and tests are full of; mail to it fails.
        found = validate_email(written, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise AddressError(f"{written!r} is no e-mail address: {error}") from None
    return found.normalized.lower()


def normal(channel: str, written: str) -> str:
    """Return a number or address in the spelling its channel keeps. Raises AddressError."""
    return email(written) if channel == "email" else phone(written)
