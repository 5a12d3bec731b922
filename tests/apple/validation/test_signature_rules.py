"""Each rule about the signature: one thing done otherwise by whoever signed, exactly one finding.

The signatures here are put together by hand, because no signing library makes these mistakes on request.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from passwright.apple import der, oids
from passwright.apple.validation import Issue, Severity, lint_archive
from tests.apple.validation.good import AT, IDENTIFIER, TEAM, files_of, manifest_of, zipped

SIGNED_AT = AT - timedelta(hours=1)
LONG_AGO, LATER = AT - timedelta(days=100), AT + timedelta(days=200)
PASS_TYPE = x509.UnrecognizedExtension(oids.PASS_TYPE_IDENTIFIER, der.tagged(der.UTF8_STRING, IDENTIFIER.encode()))
USAGE = x509.ExtendedKeyUsage([oids.PASS_SIGNING])
WWDR = x509.UnrecognizedExtension(oids.WWDR, der.tagged(der.NULL))
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def named(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TEAM),
        ]
    )


@cache
def certified(
    subject: str,
    issuer: str,
    extensions: tuple[x509.ExtensionType, ...],
    ends: datetime = LATER,
    begins: datetime = LONG_AGO,
    names: tuple[str, str] | None = None,
) -> x509.Certificate:
    """``subject`` and ``issuer`` are names of keys as well; ``names`` gives others to print."""
    shown = names or (subject, issuer)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(shown[0]))
        .issuer_name(named(shown[1]))
        .public_key(key(subject).public_key())
        .serial_number(1000 + len(subject))
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key(subject).public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key(issuer).public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key(issuer), hashes.SHA256())


def root() -> x509.Certificate:
    return certified("root", "root", (AUTHORITY,))


def intermediate(*extensions: x509.ExtensionType, **more: Any) -> x509.Certificate:
    return certified("wwdr", "root", extensions or (AUTHORITY, WWDR), **more)


def leaf(*extensions: x509.ExtensionType, **more: Any) -> x509.Certificate:
    return certified("leaf", "wwdr", extensions or (PASS_TYPE, USAGE), **more)


def algorithm(dotted: str) -> bytes:
    return der.tagged(der.SEQUENCE, der.object_identifier(dotted))


def attribute(dotted: str, value: bytes) -> bytes:
    return der.tagged(der.SEQUENCE, der.object_identifier(dotted), der.tagged(der.SET, value))


def digested(manifest: bytes, digest: hashes.HashAlgorithm) -> bytes:
    hasher = hashes.Hash(digest)
    hasher.update(manifest)
    return hasher.finalize()


def attributes(manifest: bytes, digest: hashes.HashAlgorithm, signed_at: datetime | None) -> list[bytes]:
    found = [
        attribute(oids.CONTENT_TYPE, der.object_identifier(oids.DATA)),
        attribute(oids.MESSAGE_DIGEST, der.tagged(der.OCTET_STRING, digested(manifest, digest))),
    ]
    return found if signed_at is None else [*found, attribute(oids.SIGNING_TIME, der.time(signed_at))]


def signer_info(
    manifest: bytes,
    *,
    holder: x509.Certificate | None = None,
    by: str = "leaf",
    digest: hashes.HashAlgorithm | None = None,
    digest_oid: str = oids.SHA256,
    signed_at: datetime | None = SIGNED_AT,
    keep: Callable[[bytes], bool] = lambda attribute: True,
    bare: bool = False,
) -> bytes:
    digest, holder = digest or hashes.SHA256(), holder or leaf()
    set_of = der.set_of(*filter(keep, attributes(manifest, digest, signed_at)))
    value = key(by).sign(manifest if bare else set_of, padding.PKCS1v15(), digest)
    name = der.tagged(der.SEQUENCE, holder.issuer.public_bytes(), der.integer(holder.serial_number))
    parts = [der.integer(1), name, algorithm(digest_oid)]
    if not bare:
        parts.append(der.tagged(der.CONTEXT_0, set_of[len(set_of) - len(der.read(set_of).content) :]))
    return der.tagged(der.SEQUENCE, *parts, algorithm(oids.RSA), der.tagged(der.OCTET_STRING, value))


def signed_data(
    signers: Sequence[bytes], certificates: Sequence[x509.Certificate], content: bytes | None = None
) -> bytes:
    inside = [der.object_identifier(oids.DATA)]
    if content is not None:
        inside.append(der.tagged(der.CONTEXT_0, der.tagged(der.OCTET_STRING, content)))
    return der.tagged(
        der.SEQUENCE,
        der.integer(1),
        der.set_of(algorithm(oids.SHA256)),
        der.tagged(der.SEQUENCE, *inside),
        der.tagged(der.CONTEXT_0, *(certificate.public_bytes(Encoding.DER) for certificate in certificates)),
        der.set_of(*signers),
    )


def cms(data: bytes) -> bytes:
    return der.tagged(der.SEQUENCE, der.object_identifier(oids.SIGNED_DATA), der.tagged(der.CONTEXT_0, data))


def ber(data: bytes) -> bytes:
    """The outermost value with an indefinite length, as Apple's old samples are written."""
    inside = der.object_identifier(oids.SIGNED_DATA) + der.tagged(der.CONTEXT_0, data)
    return b"\x30\x80" + inside + b"\0\0"


def ordinary(manifest: bytes) -> bytes:
    return cms(signed_data([signer_info(manifest)], [leaf(), intermediate()]))


def with_signer(certificates: Sequence[x509.Certificate] | None = None, **more: Any) -> Callable[[bytes], bytes]:
    def sign(manifest: bytes) -> bytes:
        return cms(signed_data([signer_info(manifest, **more)], certificates or [leaf(), intermediate()]))

    return sign


def with_leaf(certificate: x509.Certificate, **more: Any) -> Callable[[bytes], bytes]:
    return with_signer([certificate, intermediate()], holder=certificate, **more)


def lacks(dotted: str) -> Callable[[bytes], bool]:
    return lambda attribute: der.object_identifier(dotted) not in attribute


OTHER_GENERATION = ("Worldwide Developer Relations G1", "root")

CASES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("signer_missing", lambda manifest: cms(signed_data([], [leaf(), intermediate()]))),
    (
        "signers_many",
        lambda manifest: cms(
            signed_data(
                [signer_info(manifest), signer_info(manifest, signed_at=SIGNED_AT - timedelta(minutes=1))],
                [leaf(), intermediate()],
            )
        ),
    ),
    (
        "signature_not_detached",
        lambda manifest: cms(signed_data([signer_info(manifest)], [leaf(), intermediate()], content=manifest)),
    ),
    ("signer_certificate_missing", with_signer([intermediate()])),
    ("signing_time_missing", with_signer(signed_at=None)),
    ("signing_time_missing", with_signer(bare=True)),
    ("signed_attributes_incomplete", with_signer(keep=lacks(oids.MESSAGE_DIGEST))),
    ("signed_attributes_incomplete", with_signer(keep=lacks(oids.CONTENT_TYPE))),
    ("signature_of_another_manifest", lambda manifest: ordinary(manifest.replace(b" ", b""))),
    ("signature_wrong", with_signer(by="root")),
    ("signature_algorithm", with_signer(digest_oid="1.2.840.113549.2.5")),
    ("wwdr_missing", with_signer([leaf()])),
    ("wwdr_generation", with_signer([leaf(), certified("wwdr-g1", "root", (AUTHORITY, WWDR), names=OTHER_GENERATION)])),
    ("wwdr_shape", with_signer([leaf(), intermediate(AUTHORITY)])),
    ("chain_without_authority", with_signer([leaf(), intermediate(NO_AUTHORITY, WWDR)])),
    ("certificate_expired", with_leaf(leaf(ends=AT - timedelta(minutes=5)))),
    ("certificate_expires_soon", with_leaf(leaf(ends=AT + timedelta(days=29)))),
    (
        "certificate_not_yet_valid",
        with_leaf(leaf(begins=AT + timedelta(minutes=5)), signed_at=AT + timedelta(minutes=6)),
    ),
    ("intermediate_expired", with_signer([leaf(), intermediate(ends=AT - timedelta(days=1))])),
    ("intermediate_not_yet_valid", with_signer([leaf(), intermediate(begins=AT + timedelta(days=1))])),
    ("signed_outside_validity", with_signer(signed_at=LONG_AGO - timedelta(days=1))),
    ("signing_time_future", with_signer(signed_at=AT + timedelta(days=1))),
    ("certificate_without_pass_type", with_leaf(leaf(USAGE))),
    ("certificate_without_pass_usage", with_leaf(leaf(PASS_TYPE))),
    ("signature_digest_sha1", with_signer(digest=hashes.SHA1(), digest_oid=oids.SHA1)),
    ("signature_ber", lambda manifest: ber(signed_data([signer_info(manifest)], [leaf(), intermediate()]))),
    ("root_embedded", with_signer([leaf(), intermediate(), root()])),
]


def linted(sign: Callable[[bytes], bytes], roots: Sequence[x509.Certificate] | None = None) -> list[Issue]:
    files = files_of("generic")
    manifest = manifest_of(files)
    data = zipped(files | {"manifest.json": manifest, "signature": sign(manifest)})
    return lint_archive(data, trusted_roots=[root()] if roots is None else roots, at=AT)


def test_the_signature_put_together_here_is_good() -> None:
    assert linted(ordinary) == []


@pytest.mark.parametrize(("code", "sign"), CASES, ids=[code for code, _ in CASES])
def test_one_thing_done_otherwise(code: str, sign: Callable[[bytes], bytes]) -> None:
    issues = linted(sign)
    assert [(issue.code, issue.path) for issue in issues] == [(code, "signature")]


def test_a_chain_to_an_unknown_root_names_the_way_out() -> None:
    (issue,) = linted(ordinary, roots=[])
    assert (issue.code, issue.severity) == ("chain_not_trusted", Severity.REFUSED)
    assert "--trust" in issue.fix
    assert "real iPhones refuse" in issue.fix
    (other,) = linted(ordinary, roots=[certified("another", "another", (AUTHORITY,))])
    assert other.code == "chain_not_trusted"


def test_the_intermediate_itself_may_be_trusted() -> None:
    assert linted(ordinary, roots=[intermediate()]) == []


def test_both_generations_are_named() -> None:
    sign = dict(CASES)["wwdr_generation"]
    (issue,) = linted(sign)
    assert "“Worldwide Developer Relations G1, A1B2C3D4E5”" in issue.message
    assert "“wwdr, A1B2C3D4E5”" in issue.message
