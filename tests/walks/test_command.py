"""The installed command, as an operator uses it."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from passwright.apple import certificate as apple
from passwright.apple import development
from tests.walks.conftest import Installation


def test_an_organization_is_made_with_its_credentials(installation: Installation) -> None:
    made = installation.run("organization", "create", "Toy Town", "--json")
    assert made.stderr == ""
    credentials = json.loads(made.stdout)
    assert set(credentials) == {"id", "api_username", "api_password"}
    assert uuid.UUID(credentials["id"])
    kept = installation.one(
        "SELECT encode(api_password_hash, 'hex') FROM organization WHERE id = %s", credentials["id"]
    )
    assert credentials["api_password"] not in kept
    assert len(kept) == 64
    for_people = installation.run("organization", "create", "Toy Town")
    assert "Store the password now: only its hash is kept." in for_people.stdout
    refused = installation.run("organization", "create", "   ")
    assert refused.returncode == 2
    assert "Write a name for the organization." in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_development_root_is_printed_and_certificates_are_listed(installation: Installation) -> None:
    root = installation.run("certificate", "dev-root")
    assert root.stderr == ""
    assert root.stdout.startswith("-----BEGIN CERTIFICATE-----\n")
    assert apple.is_issued_by(*[apple.load_certificate(root.stdout.encode())] * 2)
    listed = installation.run("certificate", "list")
    assert "pass.dev.passwright.generic" in listed.stdout
    assert listed.stdout.count("PASSWRIGHT") == 5


def test_a_certificate_is_requested_and_imported(installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "apple files"
    requested = installation.run(
        "certificate", "request", str(folder), "--name", "Toy Town", "--email", "a@example.org"
    )
    assert requested.returncode == 0, requested.stderr
    assert stat.S_IMODE((folder / "pass.key").stat().st_mode) == 0o600
    again = installation.run("certificate", "request", str(folder), "--name", "Toy Town", "--email", "a@example.org")
    assert again.returncode == 1
    assert "exists already" in again.stderr

    now = datetime.now(UTC)
    authority = development.development_authority(now)
    leaf = authority.issue("pass.example.members", "TEAM123456", "Toy Town", now)
    file = tmp_path / "pass.p12"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"pass", leaf.key, leaf.certificate, [authority.intermediate], BestAvailableEncryption(b"secret words")
        )
    )
    organization = installation.organization()["id"]
    words, wrong = tmp_path / "words", tmp_path / "wrong"
    words.write_text("secret words\n")
    wrong.write_text("no")
    command = ("certificate", "import", str(file), "--organization", organization)
    refused = installation.run(*command, "--password-file", str(wrong))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: ")
    assert "Traceback" not in refused.stderr
    unknown = installation.run("certificate", "import", str(file), "--organization", str(uuid.uuid4()))
    assert "no organization has this id" in unknown.stderr
    missing = installation.run(*command)
    assert missing.stderr == (
        "Error: A password is needed: give it with --password-file or PASSWRIGHT_CERTIFICATE_PASSWORD.\n"
    )
    no_certificate = installation.run(*command, "--password-file", str(words), "--intermediate", str(words))
    assert no_certificate.returncode == 1
    assert no_certificate.stderr.startswith("Error: The file holds no certificate.")
    imported = installation.run(*command, "--password-file", str(words))
    assert imported.returncode == 0, imported.stderr
    assert "pass.example.members" in imported.stdout
    assert "secret words" not in imported.stdout + imported.stderr


def test_processes_refuse_old_tables_and_a_taken_address(installation: Installation) -> None:
    with installation.rows() as connection:
        connection.execute("DELETE FROM django_migrations WHERE app = 'data'")
    refused = installation.run("web")
    assert refused.returncode == 1
    assert refused.stderr == "Error: The tables are older than this version. Run: passwright migrate\n"


def test_a_taken_address_is_one_line(installation: Installation) -> None:
    import socket

    with socket.socket() as taken:
        host, port = installation.base.removeprefix("http://").split(":")
        taken.bind((host, int(port)))
        taken.listen()
        for command in ("web", "up", "demo"):
            refused = installation.run(command)
            assert refused.returncode == 1
            assert f"Error: PASSWRIGHT_LISTEN: {host}:{port} cannot be used: Address already in use." in refused.stderr
            assert "Traceback" not in refused.stderr


def test_a_machine_with_another_secret_is_refused(installation: Installation) -> None:
    key = installation.home / "secret.key"
    kept = key.read_text()
    key.unlink()
    for command in ("web", "worker", "migrate"):
        refused = installation.run(command)
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"Error: {key} is missing, and this database was made with a secret key.")
        assert refused.stderr.count("\n") == 1
    assert not key.exists()
    key.write_text(kept)
    assert installation.run("migrate").returncode == 0


SHOW = """
from passwright.interfaces import web
from passwright.interfaces.cli.main import cli

def show(server):
    from django.db import connection
    with connection.cursor() as cursor:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout", "application_name"):
            cursor.execute(f"SHOW {name}")
            print(*cursor.fetchone())

web.WebServer.run = show
cli(["web"])
"""


def test_statements_of_the_web_have_a_time_limit(installation: Installation) -> None:
    """And only those: a session of its own has none. What DATABASE_URL asks for stays."""
    url = f"{installation.url}&options=-c%20application_name%3Dtoys"
    environment = {**installation.environment, "DATABASE_URL": url}
    shown = subprocess.run([sys.executable, "-c", SHOW], env=environment, capture_output=True, text=True, check=False)
    assert shown.stdout.split() == ["30s", "1min", "toys"], shown.stderr
    assert installation.one("SHOW statement_timeout") == "0"
