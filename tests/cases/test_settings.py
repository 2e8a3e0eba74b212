"""Every knob: where it is read from, who wins, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cases.settings import SettingsError, load

SMTP: dict[str, Any] = {
    "mail": "smtp",
    "mail_from": "Elm <care@elm.example>",
    "smtp_host": "mail.elm.example",
}
TWILIO: dict[str, Any] = {
    "texts": "twilio",
    "twilio_account": "AC0",
    "twilio_token": "t",
    "twilio_service": "MG0",
}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine this runs on reaches a test."""
    for name in [name for name in os.environ if name.upper().startswith("AMENDS_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write(folder: Path, toml: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "amends.toml").write_text(toml)


# Where they come from


def test_without_any_setting_there_is_a_folder_and_no_way_out() -> None:
    settings = load()
    assert settings.data == Path.cwd() / "data"
    assert settings.url == f"sqlite:///{Path.cwd() / 'data' / 'amends.db'}"
    assert (settings.mail, settings.texts) == ("", "")


def test_a_setting_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMENDS_PUBLIC_URL", "https://amends.example")
    assert load().public_url == "https://amends.example"


def test_a_setting_comes_from_the_file_beside_the_data(tmp_path: Path) -> None:
    write(tmp_path, 'public_url = "https://amends.example"\nsmtp_port = 2525')
    settings = load(tmp_path)
    assert (settings.public_url, settings.smtp_port) == ("https://amends.example", 2525)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "smtp_port = 2525\nlease_minutes = 20")
    monkeypatch.setenv("AMENDS_SMTP_PORT", "465")
    settings = load(tmp_path)
    assert (settings.smtp_port, settings.lease_minutes) == (465, 20)


def test_what_is_said_on_the_command_line_wins_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "smtp_port = 2525")
    monkeypatch.setenv("AMENDS_SMTP_PORT", "465")
    assert load(tmp_path, smtp_port=587).smtp_port == 587


def test_the_folder_from_the_environment_is_where_the_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "elsewhere", "smtp_port = 2525")
    monkeypatch.setenv("AMENDS_DATA", str(tmp_path / "elsewhere"))
    settings = load()
    assert (settings.data, settings.smtp_port) == (tmp_path / "elsewhere", 2525)


def test_a_folder_in_the_home_has_its_file_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path / "clinic", "smtp_port = 2525")
    settings = load(Path("~/clinic"))
    assert (settings.data, settings.smtp_port) == (tmp_path / "clinic", 2525)


def test_a_database_named_by_address_is_used_instead_of_the_file() -> None:
    assert load(database_url="postgresql+psycopg://db.example/amends").url == (
        "postgresql+psycopg://db.example/amends"
    )


@pytest.mark.parametrize(
    ("sender", "domain"),
    [
        ("care@elm.example", "elm.example"),
        ("Elm Street <care@elm.example>", "elm.example"),
        ("", "amends.invalid"),
    ],
)
def test_a_message_id_carries_the_domain_of_the_sender(sender: str, domain: str) -> None:
    assert load(mail_from=sender).mail_domain == domain


# What is refused


@pytest.mark.parametrize("missing", ["mail_from", "smtp_host"])
def test_mail_over_smtp_without_all_it_needs_is_refused(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is needed.*AMENDS_{missing.upper()}"):
        load(**{**SMTP, missing: ""})


@pytest.mark.parametrize("missing", ["twilio_account", "twilio_token", "twilio_service"])
def test_texts_over_twilio_without_all_they_need_are_refused(missing: str) -> None:
    with pytest.raises(SettingsError, match=f"{missing} is needed.*AMENDS_{missing.upper()}"):
        load(**{**TWILIO, missing: ""})


def test_a_number_of_ones_own_does_instead_of_a_messaging_service() -> None:
    given = {**TWILIO, "twilio_service": "", "twilio_from": "+12125550100"}
    assert load(**given).twilio_from == "+12125550100"


@pytest.mark.parametrize("host", ["mail.elm.example", "192.0.2.1", "127.0.0.1.elm.example"])
def test_mail_in_the_clear_to_another_machine_is_refused(host: str) -> None:
    with pytest.raises(SettingsError, match="use 'starttls' or 'tls'"):
        load(**{**SMTP, "smtp_host": host, "smtp_security": "none"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_mail_in_the_clear_within_this_machine_is_allowed(host: str) -> None:
    assert load(**{**SMTP, "smtp_host": host, "smtp_security": "none"}).smtp_host == host


def test_mail_in_the_clear_is_refused_though_file_and_environment_each_say_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 'smtp_security = "none"')
    monkeypatch.setenv("AMENDS_SMTP_HOST", "mail.elm.example")
    with pytest.raises(SettingsError, match="in the clear"):
        load(tmp_path)


def test_an_unknown_name_in_the_file_is_refused_by_that_name(tmp_path: Path) -> None:
    write(tmp_path, 'smtp_hots = "mail.elm.example"')
    with pytest.raises(SettingsError, match="smtp_hots"):
        load(tmp_path)


@pytest.mark.parametrize("toml", ["smtp_port = ", "= 1", "[mail", 'a = "open'])
def test_a_file_that_is_no_toml_is_refused_by_its_name(tmp_path: Path, toml: str) -> None:
    write(tmp_path, toml)
    with pytest.raises(SettingsError, match=r"amends\.toml in the data folder"):
        load(tmp_path)


WRONG: list[tuple[str, Any]] = [
    ("smtp_port", "many"),
    ("smtp_security", "ssl"),
    ("mail", "pigeon"),
    ("texts", "smtp"),
    ("smtp_timeout", 0),
    ("twilio_timeout", 61),
    ("lease_minutes", 10),  # shorter than the longest call to a mail server
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_value_that_cannot_be_is_refused_by_the_setting_it_is_for(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=f"setting {name}: "):
        load(**{name: value})


def test_every_wrong_setting_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as told:
        load(smtp_port="many", mail="pigeon")
    assert {line.split(":")[0] for line in str(told.value).splitlines()} == {
        "setting smtp_port",
        "setting mail",
    }


def test_no_secret_is_shown_in_a_refusal_or_in_print() -> None:
    secrets: dict[str, Any] = {
        "smtp_password": "hunter2",
        "twilio_token": "hunter2",
        "keyring": "hunter2",
    }
    assert "hunter2" not in repr(load(**secrets))
    with pytest.raises(SettingsError) as told:
        load(**secrets, mail="smtp", smtp_security="ssl")
    assert "hunter2" not in str(told.value)
