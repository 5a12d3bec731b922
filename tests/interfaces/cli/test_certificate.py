"""Where the password of a certificate comes from, and when it is asked for."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, pkcs12

from passwright.apple import certificate as apple
from passwright.apple import development
from passwright.interfaces.cli import certificate

WORDS = "secret wörds"


@pytest.fixture(scope="module")
def leaf() -> development.DevelopmentCertificate:
    now = datetime.now(UTC)
    return development.development_authority(now).issue("pass.example.members", "TEAM123456", "Toy Town", now)


@pytest.fixture
def files(leaf: development.DevelopmentCertificate, tmp_path: Path) -> dict[str, tuple[bytes, Path | None]]:
    """Encrypted, as Keychain and OpenSSL write them: the certificate's bytes, and where its key lies."""
    how = BestAvailableEncryption(WORDS.encode())
    key = tmp_path / "pass.key"
    key.write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how))
    return {
        "pem": (leaf.certificate_pem, key),
        "p12": (pkcs12.serialize_key_and_certificates(b"pass", leaf.key, leaf.certificate, None, how), None),
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A terminal with somebody before it who knows the password."""
    questions: list[str] = []

    def answer(question: str, *, hide_input: bool, err: bool) -> str:
        assert hide_input
        assert err
        questions.append(question)
        return WORDS

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr(click, "prompt", answer)
    return questions


@pytest.mark.parametrize("form", ["pem", "p12"])
class TestEncrypted:
    def test_a_missing_password_is_asked_for(
        self,
        files: dict[str, tuple[bytes, Path | None]],
        asked: list[str],
        form: str,
        leaf: development.DevelopmentCertificate,
    ) -> None:
        found, key, _ = certificate.opened(*files[form], None)
        assert found == leaf.certificate
        assert key.private_numbers() == leaf.key.private_numbers()
        assert asked == ["Password"]

    def test_a_given_one_is_not(self, files: dict[str, tuple[bytes, Path | None]], asked: list[str], form: str) -> None:
        certificate.opened(*files[form], WORDS)
        with pytest.raises(apple.WrongPassword):
            certificate.opened(*files[form], "another")
        assert asked == []

    def test_without_a_terminal_it_is_told_how_to_give_it(
        self, files: dict[str, tuple[bytes, Path | None]], monkeypatch: pytest.MonkeyPatch, form: str
    ) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO())
        with pytest.raises(click.ClickException, match="--password-file or PASSWRIGHT_CERTIFICATE_PASSWORD"):
            certificate.opened(*files[form], None)


def test_what_is_not_encrypted_needs_none(
    leaf: development.DevelopmentCertificate, asked: list[str], tmp_path: Path
) -> None:
    key = tmp_path / "pass.key"
    key.write_bytes(leaf.key_pem)
    assert certificate.opened(leaf.certificate_pem, key, None)[0] == leaf.certificate
    assert asked == []


def test_the_file_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSWRIGHT_CERTIFICATE_PASSWORD", raising=False)
    assert certificate.given_password(None) is None
    monkeypatch.setenv("PASSWRIGHT_CERTIFICATE_PASSWORD", "from there")
    assert certificate.given_password(None) == "from there"
    assert certificate.given_password(io.BytesIO(f" {WORDS} \r\n".encode())) == f" {WORDS} "
    assert certificate.given_password(io.BytesIO(b"")) == ""
    with pytest.raises(click.BadParameter):
        certificate.given_password(io.BytesIO(b"\xff"))
