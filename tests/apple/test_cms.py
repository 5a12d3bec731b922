from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import given
from hypothesis import strategies as st

from passwright.apple import cms, der, signature
from passwright.apple.cms import SignatureProblem
from passwright.apple.signature import Signer
from tests.apple.chain import NOW, authority, leaf, signer, stranger

MANIFEST = b"{}"


def problems(written: bytes, *, manifest: bytes = MANIFEST, at: datetime = NOW) -> list[SignatureProblem]:
    return cms.verify(written, manifest, [authority().root], at)


def built(*options: pkcs7.PKCS7Options, digest_intermediate: bool = True) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(MANIFEST).add_signer(leaf().certificate, leaf().key, SHA256())
    if digest_intermediate:
        builder = builder.add_certificate(leaf().intermediate)
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def test_our_own_has_no_problem() -> None:
    assert problems(signer().sign(MANIFEST, NOW)) == []


def test_another_manifest() -> None:
    assert problems(signer().sign(MANIFEST, NOW), manifest=b"{} ") == [SignatureProblem.WRONG_MESSAGE_DIGEST]


def test_a_changed_signature() -> None:
    written = signer().sign(MANIFEST, NOW)
    assert problems(written[:-1] + bytes([written[-1] ^ 1])) == [SignatureProblem.WRONG_SIGNATURE]


def test_a_changed_signing_time() -> None:
    written = signer().sign(MANIFEST, NOW).replace(der.time(NOW), der.time(NOW + timedelta(days=1)))
    assert problems(written) == [SignatureProblem.WRONG_SIGNATURE]


def test_an_unknown_root() -> None:
    other = Signer(stranger().certificate, stranger().key, stranger().intermediate)
    assert problems(other.sign(MANIFEST, NOW)) == [SignatureProblem.UNTRUSTED_ROOT]


def test_the_wrong_intermediate() -> None:
    mixed = Signer(leaf().certificate, leaf().key, stranger().intermediate)
    assert problems(mixed.sign(MANIFEST, NOW)) == [SignatureProblem.INTERMEDIATE_MISSING]


def test_the_root_in_place_of_the_intermediate() -> None:
    assert problems(Signer(leaf().certificate, leaf().key, authority().root).sign(MANIFEST, NOW)) == [
        SignatureProblem.INTERMEDIATE_MISSING
    ]


def test_a_key_that_is_not_the_certificate_s() -> None:
    assert problems(Signer(leaf().certificate, stranger().key, leaf().intermediate).sign(MANIFEST, NOW)) == [
        SignatureProblem.WRONG_SIGNATURE
    ]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW + timedelta(days=500), [SignatureProblem.CERTIFICATE_EXPIRED]),
        (
            NOW + timedelta(days=5000),
            [SignatureProblem.INTERMEDIATE_EXPIRED, SignatureProblem.CERTIFICATE_EXPIRED],
        ),
        (
            NOW - timedelta(days=1),
            [SignatureProblem.INTERMEDIATE_NOT_YET_VALID, SignatureProblem.CERTIFICATE_NOT_YET_VALID],
        ),
    ],
)
def test_validity_at_the_time_of_looking(at: datetime, expected: list[SignatureProblem]) -> None:
    assert problems(signer().sign(MANIFEST, NOW), at=at) == expected


def test_signed_after_the_certificate_expired() -> None:
    written = signer().sign(MANIFEST, NOW + timedelta(days=500))
    assert problems(written) == [SignatureProblem.SIGNED_OUTSIDE_VALIDITY]


def test_without_attributes_there_is_no_signing_time() -> None:
    written = built(pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.NoAttributes)
    assert problems(written) == [SignatureProblem.NO_SIGNED_ATTRIBUTES, SignatureProblem.NO_SIGNING_TIME]


def test_attributes_without_signing_time() -> None:
    written = with_attributes(lambda digest: signature.CONTENT_TYPE + signature.MESSAGE_DIGEST_START + digest)
    assert problems(written) == [SignatureProblem.NO_SIGNING_TIME]


def test_attributes_without_digest_and_of_another_content() -> None:
    wrong = signature.attribute("1.2.840.113549.1.9.3", der.object_identifier("1.2.840.113549.1.9.16.1.4"))
    time = signature.attribute("1.2.840.113549.1.9.5", der.time(NOW))
    written = with_attributes(lambda _digest: wrong + time)
    assert problems(written) == [SignatureProblem.WRONG_CONTENT_TYPE, SignatureProblem.NO_MESSAGE_DIGEST]


def with_attributes(write: Callable[[bytes], bytes]) -> bytes:
    """A signature with these attributes, rightly signed."""
    digest = cms.new_digest("sha256", MANIFEST).digest()
    attributes = write(digest)
    value = leaf().key.sign(der.tagged(der.SET, attributes), signature.PADDING, SHA256())
    return signer()._write_whole(attributes, value)


def test_content_inside() -> None:
    now = datetime.now(tz=NOW.tzinfo)
    found = problems(built(pkcs7.PKCS7Options.NoCapabilities), at=now)
    assert SignatureProblem.NOT_DETACHED in found


def test_no_intermediate() -> None:
    written = built(pkcs7.PKCS7Options.DetachedSignature, digest_intermediate=False)
    assert SignatureProblem.INTERMEDIATE_MISSING in problems(written)


def test_no_certificates_at_all() -> None:
    written = built(pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.NoCerts, digest_intermediate=False)
    assert SignatureProblem.SIGNER_CERTIFICATE_MISSING in problems(written)


def test_an_ordinary_certificate_is_no_pass_certificate() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    plain = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority().intermediate.subject)
        .public_key(leaf().key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(authority().intermediate_key, SHA256())
    )
    written = Signer(plain, leaf().key, authority().intermediate).sign(MANIFEST, NOW)
    assert problems(written) == [SignatureProblem.NO_PASS_TYPE_IDENTIFIER, SignatureProblem.NO_PASS_SIGNING_USAGE]
    below = Signer(plain, leaf().key, leaf().certificate).sign(MANIFEST, NOW)
    assert problems(below)[0] == SignatureProblem.INTERMEDIATE_MISSING


def test_an_intermediate_that_is_not_shaped_like_apple_s() -> None:
    key = authority().intermediate_key
    plain = (
        x509.CertificateBuilder()
        .subject_name(authority().intermediate.subject)
        .issuer_name(authority().intermediate.subject)
        .public_key(key.public_key())
        .serial_number(8)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, SHA256())
    )
    written = Signer(leaf().certificate, leaf().key, plain).sign(MANIFEST, NOW)
    assert cms.verify(written, MANIFEST, [plain], NOW) == [
        SignatureProblem.NOT_AN_AUTHORITY,
        SignatureProblem.NOT_WWDR,
    ]


def test_no_signer() -> None:
    empty = der.tagged(der.SEQUENCE, signature.VERSION, der.set_of(), der.tagged(der.SEQUENCE), der.set_of())
    written = der.tagged(der.SEQUENCE, der.object_identifier("1.2.840.113549.1.7.2"), der.tagged(der.CONTEXT_0, empty))
    assert problems(written) == [SignatureProblem.NO_SIGNER]


def test_text_is_named_as_such() -> None:
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.DetachedSignature]
    builder = pkcs7.PKCS7SignatureBuilder().set_data(MANIFEST).add_signer(leaf().certificate, leaf().key, SHA256())
    with pytest.raises(cms.SignatureInText, match="DER"):
        cms.parse(builder.sign(Encoding.PEM, options))


@pytest.mark.parametrize(
    "data", [b"", b"not a signature", b"\x30\x00", der.integer(7), der.tagged(der.SEQUENCE, der.integer(1))]
)
def test_what_is_no_signature_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(cms.MalformedSignature):
        cms.parse(data)


@given(st.data())
def test_a_damaged_signature_is_refused_or_found_wrong(data: st.DataObject) -> None:
    written = bytearray(signer().sign(MANIFEST, NOW))
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] ^= data.draw(st.integers(1, 255))
    try:
        found = cms.verify(bytes(written), MANIFEST, [authority().root], NOW)
    except cms.MalformedSignature:
        return
    # Some bytes, such as the outer version and the digest list, decide nothing.
    assert isinstance(found, list)


def indefinite(value: der.Value) -> bytes:
    """The same value with indefinite lengths wherever BER allows them, octet strings chopped."""
    if value.tag == der.OCTET_STRING and len(value.content) > 64:
        halves = (value.content[:64], value.content[64:])
        return b"\x24\x80" + b"".join(der.tagged(der.OCTET_STRING, half) for half in halves) + b"\0\0"
    if not value.tag & der.CONSTRUCTED:
        return value.raw
    return bytes((value.tag, 0x80)) + b"".join(indefinite(child) for child in value.children) + b"\0\0"


def test_indefinite_lengths_are_read() -> None:
    outer = der.read(signer().sign(MANIFEST, NOW))
    kind, explicit = outer.children
    version, algorithms, content, certificates, signers = explicit.children[0].children
    # Certificates stay in DER, as every tool writes them.
    inner = b"".join(map(indefinite, (version, algorithms, content))) + certificates.raw + indefinite(signers)
    written = b"\x30\x80" + kind.raw + b"\xa0\x80\x30\x80" + inner + b"\0\0" * 3
    assert problems(written) == [SignatureProblem.NOT_DER]
    assert problems(written, manifest=b"x") == [SignatureProblem.WRONG_MESSAGE_DIGEST, SignatureProblem.NOT_DER]


@pytest.mark.skipif(not shutil.which("openssl"), reason="the openssl command is not installed")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-md sha256", []),
        ("-md sha384", []),
        ("-md sha256 -keyid", []),
        ("-md sha256 -stream", [SignatureProblem.NOT_DETACHED, SignatureProblem.NOT_DER]),
        ("-md sha1", [SignatureProblem.WEAK_DIGEST]),
    ],
)
def test_openssl_s_signatures_are_understood(tmp_path: Path, options: str, expected: list[SignatureProblem]) -> None:
    (tmp_path / "leaf.pem").write_bytes(leaf().certificate_pem)
    (tmp_path / "key.pem").write_bytes(leaf().key_pem)
    (tmp_path / "wwdr.pem").write_bytes(leaf().intermediate_pem)
    (tmp_path / "manifest.json").write_bytes(MANIFEST)
    command = "openssl cms -sign -binary -signer leaf.pem -inkey key.pem -certfile wwdr.pem -outform DER -nosmimecap"
    command += f" {options} -in manifest.json -out signature"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True, timeout=60)
    found = problems((tmp_path / "signature").read_bytes())
    # It signs at the machine's own time, which may lie outside the validity of a certificate with a fixed date.
    assert [problem for problem in found if problem != SignatureProblem.SIGNED_OUTSIDE_VALIDITY] == expected
