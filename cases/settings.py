"""Every knob, in one place: from the environment (AMENDS_...) or `amends.toml` beside the data."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


_PLUS_ABLE = re.compile(r"[A-Za-z0-9._-]{1,20}@[A-Za-z0-9.-]+")  # RFC 5321, 4.5.3.1.1: 64 in all


class SettingsError(ValueError):
    """A setting cannot be used. The message names it, its value and the remedy."""


class Settings(BaseSettings):
    """What one installation is told. Unsafe combinations are refused, not warned about.

    `mail` and `texts` are unset until somebody says where messages go: then notices wait, loudly,
    instead of vanishing. "local" writes them to files, for trying things out.
    """

    model_config = SettingsConfigDict(env_prefix="AMENDS_", extra="forbid")

    data: Path = Path("data")
    database_url: str = Field(default="", repr=False)  # may hold a password
    keyring: SecretStr = SecretStr("")  # its text; otherwise the file `keyring.json` in `data`
    public_url: str = "http://localhost:8000"
    session_idle_minutes: int = Field(default=15, ge=1, le=720)  # 45 CFR 164.312(a)(2)(iii)

    mail: Literal["", "local", "smtp"] = ""
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_ca: Path | None = None
    smtp_timeout: float = Field(default=600, ge=1)  # RFC 5321, 4.5.3.2.6: ten minutes
    mail_reply_to: str = ""  # its plus-addresses reach Amends ("care+..."); none: to mail_from
    bounce_domain: str = ""  # "bounces+..." there reaches Amends; none: bounces go to mail_from
    dkim_key: Path | None = None  # an RSA private key in PEM; none: the mail server signs
    dkim_selector: str = "amends"
    dkim_domain: str = ""  # none: the domain of mail_from
    auto_ack: bool = False  # tell a patient who writes that it has come in: at most once a case in
    auto_ack_days: int = Field(default=7, ge=1, le=90)  # so many days

    texts: Literal["", "local", "twilio"] = ""
    twilio_account: str = ""
    twilio_token: SecretStr = SecretStr("")
    twilio_service: str = ""  # a Messaging Service, or:
    twilio_from: str = ""
    twilio_url: str = "https://api.twilio.com"
    twilio_timeout: float = Field(default=10, gt=0, le=60)

    # How many leave in a minute at most, as the provider allows it; 0: as many as wait.
    mails_per_minute: int = Field(default=0, ge=0)
    texts_per_minute: int = Field(default=0, ge=0)

    # What each source needs to sign in: [sources.NAME] in amends.toml. Kept out of any printing.
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)

    private_page_days: int = Field(default=14, ge=1, le=90)  # so long a patient's page opens
    calls: Literal["", "twilio"] = ""  # "": a call is a tel: link on whatever one holds
    sqlite_wait_seconds: float = Field(default=30, gt=0, le=600)  # for another who writes
    # Asked for once a minute while all is well; whoever waits there for it notices a silence.
    heartbeat_url: str = Field(default="", repr=False)
    lease_minutes: int = Field(default=15, ge=11)  # longer than the longest call to a mail server

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @model_validator(mode="after")
    def _complete(self) -> Settings:
        for name, where in self._lacking():
            raise ValueError(f"{name} is needed when {where}; set AMENDS_{name.upper()}")
        if self.smtp_security == "none" and self.smtp_host not in ("", *_LOOPBACK):
            raise ValueError(
                "smtp_security = 'none' sends patients' addresses in the clear; it is allowed for "
                "this machine only: use 'starttls' or 'tls'"
            )
        if self.mail_reply_to and not _PLUS_ABLE.fullmatch(self.mail_reply_to):
            raise ValueError(
                "mail_reply_to must be one address with at most 20 characters before the @: a "
                "token of 43 is put beside them"
            )
        if (
            self.twilio_url.startswith("http://")
            and urlsplit(self.twilio_url).hostname not in _LOOPBACK
        ):
            raise ValueError("twilio_url must begin with https://")
        return self

    def _lacking(self) -> list[tuple[str, str]]:
        wanted = (
            ("mail_from", "mail", "smtp"),
            ("smtp_host", "mail", "smtp"),
            ("twilio_account", "texts", "twilio"),
            ("twilio_token", "texts", "twilio"),
            ("twilio_account", "calls", "twilio"),
            ("twilio_token", "calls", "twilio"),
        )
        lacking = [
            (name, f"{which} = '{value}'")
            for name, which, value in wanted
            if getattr(self, which) == value and not _text(getattr(self, name))
        ]
        if self.texts == "twilio" and not (self.twilio_service or self.twilio_from):
            lacking.append(("twilio_service", "texts = 'twilio' and no twilio_from is set"))
        return lacking

    @property
    def url(self) -> str:
        """Return the database's address; without one, a file in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'amends.db'}"

    @property
    def keyring_path(self) -> Path:
        return self.data / "keyring.json"

    @property
    def mail_domain(self) -> str:
        """Return the domain our Message-IDs carry: that of the sender."""
        return self.mail_from.rpartition("@")[2].strip(" >") or "amends.invalid"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, _file(init_settings))
        return init_settings, env_settings, toml


def _file(given: PydanticBaseSettingsSource) -> Path:
    data = given().get("data") or os.environ.get("AMENDS_DATA") or "data"
    return Path(data).expanduser() / "amends.toml"


def _text(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def load(data: Path | None = None, **given: Any) -> Settings:
    """Read the settings. Raises SettingsError with the name, the value's place and the remedy."""
    if data is not None:
        given["data"] = data
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError("\n".join(map(_told, error.errors()))) from None
    except ValueError as error:  # amends.toml is no TOML
        raise SettingsError(f"amends.toml in the data folder: {error}") from None


def _told(error: Any) -> str:
    name = ".".join(map(str, error["loc"]))
    what = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        what = "there is no such setting; check how it is spelt"
    return f"setting {name}: {what}" if name else what
