"""A wrong setting is one clear line, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from passwright.environment import Environment, MailServer, WrongSetting, mail_server_of, read_environment
from passwright.settings import database

WRONG = [
    ("PASSWRIGHT_LISTEN", "8000", "host:port"),
    ("PASSWRIGHT_LISTEN", "127.0.0.1:0", "host:port"),
    ("PASSWRIGHT_LISTEN", "127.0.0.1:65536", "host:port"),
    ("PASSWRIGHT_LISTEN", "http://localhost:8000", "host:port"),
    ("PASSWRIGHT_URL", "passes.example.org", "https://"),
    ("PASSWRIGHT_URL", "ftp://passes.example.org", "https://"),
    ("PASSWRIGHT_URL", "https://", "https://"),
    ("PASSWRIGHT_URL", "https://passes.example.org:port", "https://"),
    ("PASSWRIGHT_URL", "https://passes.example.org/?a=b", "https://"),
    ("PASSWRIGHT_ENV", "staging", "development"),
    ("PASSWRIGHT_DEV_CA", "perhaps", "boolean"),
    ("PASSWRIGHT_ENFORCE_LIMITS", "sometimes", "boolean"),
    ("PASSWRIGHT_THREADS", "0", "1"),
    ("PASSWRIGHT_THREADS", "many", "integer"),
    ("DATABASE_URL", "mysql://localhost/passes", "postgresql://"),
    ("DATABASE_URL", "postgresql://host/db?no_such_option=1", "percent-encoded"),
    ("DATABASE_URL", "postgresql://u:S3cretPw@[::1/db", "percent-encoded"),
    ("DATABASE_URL", "postgresql://u:S3cretPw%zz@host/db", "percent-encoded"),
    ("DATABASE_URL", "postgresql://u:S3cret/Pw@host/db", "percent-encoded"),
    ("DATABASE_URL", "postgresql://u:S3cret@Pw@host/db", "percent-encoded"),
    ("PASSWRIGHT_HOME", "~nosuchuser/x", "absolute path"),
    ("PASSWRIGHT_METRICS_LISTEN", "9100", "host:port"),
    ("PASSWRIGHT_WORKER_LISTEN", "localhost", "host:port"),
    ("PASSWRIGHT_METRICS_TOKEN", "S3cret", "16 characters"),
    ("PASSWRIGHT_METRICS_TOKEN", "S3cret with spaces in it", "16 characters"),
    ("PASSWRIGHT_DRAIN_SECONDS", "-1", "0"),
    ("PASSWRIGHT_DRAIN_SECONDS", "301", "300"),
    ("PASSWRIGHT_WEBHOOK_HOSTS", "http://a", "hooks.internal"),
    ("PASSWRIGHT_WEBHOOK_HOSTS", "a:0", "hooks.internal"),
    ("PASSWRIGHT_WEBHOOK_HOSTS", "a,,b", "hooks.internal"),
    ("PASSWRIGHT_APNS_URL", "http://api.push.apple.com", "https://"),
    ("PASSWRIGHT_APNS_URL", "https://api.push.apple.com/3/device", "https://"),
    ("PASSWRIGHT_APNS_URL", "https://api.push.apple.com:port", "https://"),
    ("PASSWRIGHT_APNS_CA", "/nonexistent/root.pem", "cannot be read"),
    ("PASSWRIGHT_APNS_CA", "/dev/null", "PEM"),
    ("PASSWRIGHT_WALLETUNION_URL", "push.example.org", "https://"),
    ("PASSWRIGHT_PASS2U_KEY", "two words", "no space"),
    ("PASSWRIGHT_SMTP_URL", "mail.example.org", "smtps://"),
    ("PASSWRIGHT_SMTP_URL", "smtp://user:S3cret@mail.example.org", "TLS alone"),
    ("PASSWRIGHT_SMTP_URL", "smtps://user:S3cret@mail.example.org:port", "smtps://"),
    ("PASSWRIGHT_SMTP_URL", "smtp://mail.example.org?tls", "smtps://"),
    ("PASSWRIGHT_SMTP_URL", "smtp://us@er:S3c/ret@mail.example.org?starttls", "percent-encoded"),
    ("PASSWRIGHT_SMTP_CA", "/nonexistent/root.pem", "cannot be read"),
    ("PASSWRIGHT_MAIL_FROM", "Toy Town <passes@example.org>", "passes@example.org"),
    ("PASSWRIGHT_MAIL_FROM", "passes@example.org\nBcc: x@example.org", "passes@example.org"),
    ("PASSWRIGHT_PUSH_HOSTS", "https://push.example.org", "host names"),
    ("PASSWRIGHT_PUSH_HOSTS", "push.example.org;push.example.com", "host names"),
    ("PASSWRIGHT_TRUSTED_PROXIES", "proxy.internal", "10.0.0.0/8"),
    ("PASSWRIGHT_TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
    ("PASSWRIGHT_TRUSTED_PROXIES", "127.0.0.1,", "10.0.0.0/8"),
    ("PASSWRIGHT_TRUSTED_PROXIES", "*", "10.0.0.0/8"),
    ("PASSWRIGHT_PROXY_HEADER", "X-Real-IP", "X-Forwarded-For"),
    ("PASSWRIGHT_CLAIMS_PER_HOUR", "0", "1"),
    ("PASSWRIGHT_ALL_CLAIMS_PER_HOUR", "none", "integer"),
]


@pytest.mark.parametrize(("name", "value", "hint"), WRONG)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str, hint: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSetting) as refused:
        read_environment()
    line = str(refused.value)
    assert line.startswith(f"passwright: {name}: ")
    assert hint in line
    assert "S3cret" not in line
    assert "Pw" not in line
    assert "\n" not in line


def test_the_command_says_it_in_one_line() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "passwright", "migrate"],
        env={**os.environ, "PASSWRIGHT_LISTEN": "nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr == "passwright: PASSWRIGHT_LISTEN: write host:port, such as 127.0.0.1:8000.\n"


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    url = f"postgresql://nobody@/nothing?host={tmp_path}"
    run = subprocess.run(
        [sys.executable, "-m", "passwright", "migrate"],
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("Error: DATABASE_URL: the database cannot be reached: ")
    assert run.stderr.count("\n") == 1


def test_an_empty_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("PASSWRIGHT_HOME", "")
    monkeypatch.setenv("PASSWRIGHT_LISTEN", "")
    assert read_environment().home == tmp_path / ".local" / "share" / "passwright"
    assert read_environment().listen == "127.0.0.1:8000"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert read_environment().home == tmp_path / ".local" / "share" / "passwright"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert read_environment().home == tmp_path / "data" / "passwright"


def test_a_user_without_a_home_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSWRIGHT_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(WrongSetting, match=r"^passwright: PASSWRIGHT_HOME: "):
        read_environment()


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:S3cretPw@host/db")
    monkeypatch.setenv("PASSWRIGHT_SECRET_KEY", "ab" * 32)
    monkeypatch.setenv("PASSWRIGHT_METRICS_TOKEN", "T0ken" * 4)
    shown = repr(read_environment()) + str(read_environment())
    assert "S3cretPw" not in shown
    assert "abab" not in shown
    assert "T0ken" not in shown


@pytest.mark.parametrize(
    ("listen", "url", "expected"),
    [
        ("127.0.0.1:8000", "", "http://127.0.0.1:8000"),
        ("0.0.0.0:80", "", "http://localhost:80"),
        ("[::]:8080", "", "http://localhost:8080"),
        ("127.0.0.1:8000", "https://passes.example.org/", "https://passes.example.org"),
    ],
)
def test_the_public_url(monkeypatch: pytest.MonkeyPatch, listen: str, url: str, expected: str) -> None:
    monkeypatch.setenv("PASSWRIGHT_LISTEN", listen)
    monkeypatch.setenv("PASSWRIGHT_URL", url)
    assert read_environment().public_url == expected


def test_development_certificates_are_off_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSWRIGHT_DEV_CA", raising=False)
    monkeypatch.setenv("PASSWRIGHT_ENV", "production")
    assert not Environment().development_ca
    monkeypatch.setenv("PASSWRIGHT_DEV_CA", "1")
    assert Environment().development_ca


def test_database_urls_with_sockets_and_options() -> None:
    settings = database("postgresql://user:p%40ss@/db?host=/run/some%20folder&sslmode=disable")
    assert settings["NAME"] == "db"
    assert settings["USER"] == "user"
    assert settings["PASSWORD"] == "p@ss"
    assert settings["HOST"] == "/run/some folder"
    assert settings["OPTIONS"] == {"sslmode": "disable"}


def test_hosts_of_webhooks_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWRIGHT_WEBHOOK_HOSTS", "Hooks.internal, 10.0.0.5:8080,[::1]:99,[fd00::1]")
    assert read_environment().allowed_webhook_hosts == {"hooks.internal", "10.0.0.5:8080", "::1:99", "fd00::1"}
    monkeypatch.setenv("PASSWRIGHT_WEBHOOK_HOSTS", "")
    assert read_environment().allowed_webhook_hosts == frozenset()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", ("localhost", 25, "", "", "")),
        ("smtp://user:pw@127.0.0.1:2525", ("127.0.0.1", 2525, "user", "pw", "")),
        ("smtp://u%40x:p%3A%2F@mail.example.org?starttls", ("mail.example.org", 587, "u@x", "p:/", "starttls")),
        ("smtps://u:p@mail.example.org/", ("mail.example.org", 465, "u", "p", "always")),
    ],
)
def test_a_mail_server_is_read(url: str, server: tuple[str, int, str, str, str]) -> None:
    found = mail_server_of(url)
    assert tuple(found or ()) == server
    assert "p:/" not in repr(found)
    assert isinstance(found, MailServer)


def test_a_mail_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWRIGHT_SMTP_URL", "smtp://localhost")
    with pytest.raises(WrongSetting, match="PASSWRIGHT_MAIL_FROM"):
        read_environment()
    monkeypatch.setenv("PASSWRIGHT_SMTP_URL", "console")
    assert read_environment().sends_mail
