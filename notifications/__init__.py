"""How people are told: one file per channel, all alike."""

from __future__ import annotations

from cases.ports import Channel
from cases.settings import Settings
from notifications.dkim import Signature, read_signature
from notifications.email import Email
from notifications.local import LocalMail, LocalTexts
from notifications.sms import Sms


def channels(settings: Settings) -> dict[str, Channel]:
    """Return the channels somebody configured, by name.

    Without any, notices wait: nothing is swallowed, and whoever runs `deliver` is told how many.
    """
    found: dict[str, Channel] = {}
    if settings.mail == "smtp":
        found["email"] = _email(settings)
    elif settings.mail == "local":
        found["email"] = LocalMail(settings.data / "outbox", settings.mail_from or _NOBODY)
    if settings.texts == "twilio":
        found["sms"] = _sms(settings)
    elif settings.texts == "local":
        found["sms"] = LocalTexts(settings.data / "outbox")
    return found


_NOBODY = "Amends <amends@amends.example>"


def _email(settings: Settings) -> Email:
    return Email(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.mail_from,
        security=settings.smtp_security,
        username=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        ca_bundle=str(settings.smtp_ca) if settings.smtp_ca else None,
        final_timeout=settings.smtp_timeout,
        signature=_signature(settings),
        bounce_domain=settings.bounce_domain,
    )


def _signature(settings: Settings) -> Signature | None:
    if settings.dkim_key is None:
        return None
    domain = settings.dkim_domain or settings.mail_domain
    return read_signature(domain, settings.dkim_selector, settings.dkim_key)


def _sms(settings: Settings) -> Sms:
    return Sms(
        account_sid=settings.twilio_account,
        auth_token=settings.twilio_token.get_secret_value(),
        messaging_service_sid=settings.twilio_service,
        from_="" if settings.twilio_service else settings.twilio_from,
        public_url=settings.public_url if settings.public_url.startswith("https://") else "",
        base_url=settings.twilio_url,
        timeout=settings.twilio_timeout,
    )
