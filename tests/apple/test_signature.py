from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from passwright.apple import cms, der, oids
from tests.apple.chain import NOW, authority, leaf, signer

MANIFEST = b'{"pass.json":"9f89c740ceb46d7418c924a78ac57941d5e96520"}'


def test_two_signatures_of_one_instant_are_equal() -> None:
    assert signer().sign(MANIFEST, NOW) == signer().sign(MANIFEST, NOW + timedelta(microseconds=5))
    assert signer().sign(MANIFEST, NOW) != signer().sign(MANIFEST, NOW + timedelta(seconds=1))


def test_another_zone_of_the_same_instant_gives_the_same_bytes() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-8)))
    assert signer().sign(MANIFEST, elsewhere) == signer().sign(MANIFEST, NOW)


def test_an_instant_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        signer().sign(MANIFEST, datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "signed_at", [NOW, datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC)]
)
def test_the_signing_time_is_the_given_one(signed_at: datetime) -> None:
    (signature,) = cms.parse(signer().sign(MANIFEST, signed_at)).signatures
    assert signature.signing_time == signed_at


def test_it_is_detached_der_with_leaf_and_intermediate_and_no_root() -> None:
    written = signer().sign(MANIFEST, NOW)
    signed = cms.parse(written)
    assert signed.detached
    assert signed.is_der
    assert set(signed.certificates) == {leaf().certificate, leaf().intermediate}
    assert der.read(written).raw == written
    assert signed.signatures[0].digest_algorithm == oids.SHA256


def test_the_signed_attributes_are_in_der_order() -> None:
    signed = cms.parse(signer().sign(MANIFEST, NOW)).signatures[0].signed_attributes
    assert signed is not None
    attributes = [child.raw for child in der.read(signed).children]
    assert attributes == sorted(attributes)
    assert len(attributes) == 3


def test_cryptography_s_own_builder_says_the_same() -> None:
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.NoCapabilities]
    theirs = cms.parse(
        pkcs7.PKCS7SignatureBuilder()
        .set_data(MANIFEST)
        .add_signer(leaf().certificate, leaf().key, SHA256())
        .add_certificate(leaf().intermediate)
        .sign(Encoding.DER, options)
    )
    (their,) = theirs.signatures
    assert their.signing_time is not None
    (our,) = cms.parse(signer().sign(MANIFEST, their.signing_time)).signatures
    assert our.signed_attributes == their.signed_attributes
    assert our.value == their.value
    assert (our.issuer, our.serial_number) == (their.issuer, their.serial_number)


def test_cryptography_reads_the_certificates() -> None:
    found = pkcs7.load_der_pkcs7_certificates(signer().sign(MANIFEST, NOW))
    assert set(found) == {leaf().certificate, leaf().intermediate}


def test_the_key_is_not_printed() -> None:
    assert "PRIVATE" not in repr(signer())
    assert "key" not in repr(signer()).lower()


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is not installed")
@pytest.mark.parametrize("year", [2026, 2055])
def test_openssl_verifies_it(tmp_path: Path, year: int) -> None:
    finished = openssl_verify(tmp_path, signer().sign(MANIFEST, NOW.replace(year=year)), MANIFEST, authority().root)
    assert finished.returncode == 0, finished.stderr
    assert "CMS Verification successful" in finished.stderr


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is not installed")
def test_openssl_refuses_another_manifest(tmp_path: Path) -> None:
    assert openssl_verify(tmp_path, signer().sign(MANIFEST, NOW), MANIFEST + b"\n", authority().root).returncode != 0


def openssl_verify(
    folder: Path, signature: bytes, manifest: bytes, root: x509.Certificate
) -> subprocess.CompletedProcess[str]:
    (folder / "signature").write_bytes(signature)
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    command = "openssl cms -verify -binary -inform DER -in signature -content manifest.json -CAfile root.pem"
    command += f" -purpose any -attime {int(NOW.timestamp())} -out checked"
    return subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, timeout=60, check=False)
