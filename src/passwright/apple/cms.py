"""Reading and judging the ``signature`` of any pass (CMS, RFC 5652), as a phone would.

What is wrong comes as values, all of it at once, so that a linter can explain each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import new as new_digest
from typing import NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from msgspec import Struct

from passwright.apple import certificate as certificates
from passwright.apple import der, oids


class MalformedSignature(ValueError):
    """The file is no CMS signature."""


class SignatureInText(MalformedSignature):
    """The signature is PEM text; Wallet reads DER only."""


class SignatureProblem(StrEnum):
    """Why a phone refuses a signature, or (the last two) what a careful signer would do otherwise."""

    NO_SIGNER = "no_signer"
    SEVERAL_SIGNERS = "several_signers"
    NOT_DETACHED = "not_detached"
    SIGNER_CERTIFICATE_MISSING = "signer_certificate_missing"
    NO_SIGNED_ATTRIBUTES = "no_signed_attributes"
    NO_SIGNING_TIME = "no_signing_time"
    NO_MESSAGE_DIGEST = "no_message_digest"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    WRONG_MESSAGE_DIGEST = "wrong_message_digest"
    """The manifest is not the one that was signed."""
    UNKNOWN_ALGORITHM = "unknown_algorithm"
    WRONG_SIGNATURE = "wrong_signature"
    INTERMEDIATE_MISSING = "intermediate_missing"
    UNTRUSTED_ROOT = "untrusted_root"
    NOT_AN_AUTHORITY = "not_an_authority"
    """A certificate of the chain may not issue others."""
    NOT_WWDR = "not_wwdr"
    """The intermediate is not shaped like Apple's."""
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    INTERMEDIATE_EXPIRED = "intermediate_expired"
    INTERMEDIATE_NOT_YET_VALID = "intermediate_not_yet_valid"
    SIGNED_OUTSIDE_VALIDITY = "signed_outside_validity"
    """The signing time lies before or after the certificate's validity."""
    NO_PASS_TYPE_IDENTIFIER = "no_pass_type_identifier"
    NO_PASS_SIGNING_USAGE = "no_pass_signing_usage"
    WEAK_DIGEST = "weak_digest"
    NOT_DER = "not_der"


class Signature(Struct, frozen=True, kw_only=True):
    """One signer of a CMS."""

    issuer: bytes | None
    """The certificate's issuer in DER; None if it is named by key identifier."""
    serial_number: int | None
    key_identifier: bytes | None
    digest_algorithm: str
    """Dotted, as all algorithms here."""
    signature_algorithm: str
    signed_attributes: bytes | None
    """As signed: a DER set."""
    content_type: str | None
    message_digest: bytes | None
    signing_time: datetime | None
    value: bytes


class SignedData(Struct, frozen=True, kw_only=True):
    """What a signature file holds."""

    signatures: tuple[Signature, ...]
    certificates: tuple[x509.Certificate, ...]
    detached: bool
    is_der: bool
    """Without indefinite lengths. A phone reads both; we write the first."""


def parse(signature: bytes) -> SignedData:
    """Read a signature in DER or BER.

    Raises:
        SignatureInText: if it is PEM.
        MalformedSignature: if it is no CMS SignedData.
    """
    if signature.lstrip().startswith((b"-----BEGIN", b"MIME-Version", b"Content-Type")):
        raise SignatureInText("The signature is text (PEM or S/MIME). Write it in DER.")
    try:
        return read_content_info(der.read(signature))
    except (der.MalformedASN1, IndexError, UnicodeDecodeError) as error:
        raise MalformedSignature(f"The signature is no CMS signature: {error}.") from None


def read_content_info(value: der.Value) -> SignedData:
    kind, explicit = value.children[:2] if len(value.children) > 1 else raise_malformed("it is no ContentInfo")
    if value.tag != der.SEQUENCE or der.read_object_identifier(kind.content) != oids.SIGNED_DATA:
        raise_malformed("it is not of the type SignedData")
    version, algorithms, encapsulated, *rest = explicit.children[0].children
    if version.tag != der.INTEGER or algorithms.tag != der.SET or not rest:
        raise_malformed("its SignedData is incomplete")
    embedded = next((part for part in rest if part.tag == der.CONTEXT_0), None)
    signers = rest[-1] if rest[-1].tag == der.SET else raise_malformed("it has no list of signers")
    return SignedData(
        signatures=tuple(read_signature(signer) for signer in signers.children),
        certificates=tuple(read_certificates(embedded)) if embedded else (),
        detached=len(encapsulated.children) < 2,
        is_der=not any(part.indefinite for part in value.walk()),
    )


def raise_malformed(reason: str) -> NoReturn:
    raise der.MalformedASN1(reason)


def read_certificates(embedded: der.Value) -> Iterable[x509.Certificate]:
    """Those that can be read; others, such as attribute certificates, are passed over."""
    for part in embedded.children:
        try:
            certificate = x509.load_der_x509_certificate(part.raw)
            # Read on demand, where a damaged part would otherwise turn up later.
            certificate.subject, certificate.issuer, certificate.extensions, certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            continue
        yield certificate


def read_signature(value: der.Value) -> Signature:
    _version, name, digest_algorithm, *rest = value.children
    attributes = rest.pop(0) if rest and rest[0].tag == der.CONTEXT_0 else None
    if len(rest) < 2:
        raise_malformed("a signer without signature")
    by_name = name.tag == der.SEQUENCE
    found = read_attributes(attributes) if attributes else {}
    content_type, digest = found.get(oids.CONTENT_TYPE), found.get(oids.MESSAGE_DIGEST)
    signing_time = found.get(oids.SIGNING_TIME)
    return Signature(
        issuer=name.children[0].der() if by_name else None,
        serial_number=int.from_bytes(name.children[1].content, "big", signed=True) if by_name else None,
        key_identifier=None if by_name else name.octets(),
        digest_algorithm=algorithm(digest_algorithm),
        signature_algorithm=algorithm(rest[0]),
        signed_attributes=as_signed(attributes) if attributes else None,
        content_type=der.read_object_identifier(content_type.content) if content_type else None,
        message_digest=digest.octets() if digest else None,
        signing_time=der.read_time(signing_time) if signing_time else None,
        value=rest[1].octets(),
    )


def algorithm(value: der.Value) -> str:
    return der.read_object_identifier(value.children[0].content)


def read_attributes(attributes: der.Value) -> dict[str, der.Value]:
    """The first value of each attribute."""
    pairs = (attribute.children for attribute in attributes.children)
    return {der.read_object_identifier(kind.content): values.children[0] for kind, values, *_ in pairs}


def as_signed(attributes: der.Value) -> bytes:
    """RFC 5652 section 5.4: signed as a SET OF in DER, however they are written."""
    if any(part.indefinite for part in attributes.walk()):
        return der.set_of(*(attribute.der() for attribute in attributes.children))
    return bytes((der.SET,)) + attributes.raw[1:]


def check(
    signed: SignedData, manifest: bytes, roots: Sequence[x509.Certificate], at: datetime
) -> list[SignatureProblem]:
    """All that is wrong with a signature over these exact bytes, in order of gravity; empty if nothing is.

    The chain must end in one of ``roots``, or pass through the genuine intermediate of Apple's.
    """
    if not signed.signatures:
        return [SignatureProblem.NO_SIGNER]
    problems = [] if len(signed.signatures) == 1 else [SignatureProblem.SEVERAL_SIGNERS]
    if not signed.detached:
        problems.append(SignatureProblem.NOT_DETACHED)
    signature, leaf = signed.signatures[0], signer(signed)
    problems += check_attributes(signature, manifest)
    if leaf is None:
        problems.append(SignatureProblem.SIGNER_CERTIFICATE_MISSING)
    else:
        problems += check_value(signature, leaf, manifest)
        problems += check_chain(signed, leaf, roots, at)
        problems += check_leaf(leaf, signature.signing_time, at)
    if signature.digest_algorithm == oids.SHA1:
        problems.append(SignatureProblem.WEAK_DIGEST)
    if not signed.is_der:
        problems.append(SignatureProblem.NOT_DER)
    return problems


def verify(
    signature: bytes, manifest: bytes, trusted_roots: Sequence[x509.Certificate], at: datetime
) -> list[SignatureProblem]:
    """`parse` and `check` in one.

    Raises:
        MalformedSignature: if it is no CMS signature.
    """
    return check(parse(signature), manifest, trusted_roots, at)


def signer(signed: SignedData) -> x509.Certificate | None:
    """The certificate of the first signer, if it is embedded."""
    if not signed.signatures:
        return None
    wanted = signed.signatures[0]
    return next((certificate for certificate in signed.certificates if signs_as(certificate, wanted)), None)


def signs_as(certificate: x509.Certificate, wanted: Signature) -> bool:
    if wanted.key_identifier is not None:
        return certificates.subject_key_identifier(certificate) == wanted.key_identifier.hex()
    same_issuer = certificate.issuer.public_bytes() == wanted.issuer
    return same_issuer and certificate.serial_number == wanted.serial_number


DIGESTS: dict[str, hashes.HashAlgorithm] = {
    oids.SHA1: hashes.SHA1(),  # noqa: S303 - read, never written: passes of the first years have it
    oids.SHA256: hashes.SHA256(),
    oids.SHA384: hashes.SHA384(),
    oids.SHA512: hashes.SHA512(),
}


def check_attributes(signature: Signature, manifest: bytes) -> Iterable[SignatureProblem]:
    digest = DIGESTS.get(signature.digest_algorithm)
    if digest is None:
        yield SignatureProblem.UNKNOWN_ALGORITHM
    if signature.signed_attributes is None:
        yield SignatureProblem.NO_SIGNED_ATTRIBUTES
        yield SignatureProblem.NO_SIGNING_TIME
        return
    if signature.content_type != oids.DATA:
        yield SignatureProblem.WRONG_CONTENT_TYPE
    if signature.signing_time is None:
        yield SignatureProblem.NO_SIGNING_TIME
    if signature.message_digest is None:
        yield SignatureProblem.NO_MESSAGE_DIGEST
    elif digest is not None and new_digest(digest.name, manifest).digest() != signature.message_digest:
        yield SignatureProblem.WRONG_MESSAGE_DIGEST


def check_value(signature: Signature, leaf: x509.Certificate, manifest: bytes) -> Iterable[SignatureProblem]:
    digest = DIGESTS.get(signature.digest_algorithm)
    if digest is None:
        return
    data = manifest if signature.signed_attributes is None else signature.signed_attributes
    key = leaf.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature.value, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature.value, data, ec.ECDSA(digest))
        else:
            yield SignatureProblem.UNKNOWN_ALGORITHM
    except InvalidSignature:
        yield SignatureProblem.WRONG_SIGNATURE
    except UnsupportedAlgorithm:
        yield SignatureProblem.UNKNOWN_ALGORITHM


def check_chain(
    signed: SignedData, leaf: x509.Certificate, roots: Sequence[x509.Certificate], at: datetime
) -> Iterable[SignatureProblem]:
    """Embedded intermediates are followed by key identifier until a root is reached."""
    chain, trusted = chain_of(signed, leaf, roots)
    if not chain:
        yield SignatureProblem.INTERMEDIATE_MISSING
        return
    if not trusted:
        yield SignatureProblem.UNTRUSTED_ROOT
    if not all(is_authority(issuer) for issuer in chain):
        yield SignatureProblem.NOT_AN_AUTHORITY
    if not has_extension(chain[0], oids.WWDR):
        yield SignatureProblem.NOT_WWDR
    if any(at > issuer.not_valid_after_utc for issuer in chain):
        yield SignatureProblem.INTERMEDIATE_EXPIRED
    if any(at < issuer.not_valid_before_utc for issuer in chain):
        yield SignatureProblem.INTERMEDIATE_NOT_YET_VALID


def chain_of(
    signed: SignedData, leaf: x509.Certificate, roots: Sequence[x509.Certificate]
) -> tuple[list[x509.Certificate], bool]:
    """The embedded issuers, nearest first, and whether they lead to a root or are Apple's own."""
    try:
        chain = certificates.complete_chain(leaf, signed.certificates)
    except certificates.ChainIncomplete:
        return [], False
    trusted = any(
        issuer in roots
        or issuer.fingerprint(hashes.SHA256()) == oids.WWDR_G4_SHA256
        or any(certificates.is_issued_by(issuer, root) for root in roots)
        for issuer in chain
    )
    return chain, trusted


def check_leaf(leaf: x509.Certificate, signing_time: datetime | None, at: datetime) -> Iterable[SignatureProblem]:
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if at > ends:
        yield SignatureProblem.CERTIFICATE_EXPIRED
    if at < begins:
        yield SignatureProblem.CERTIFICATE_NOT_YET_VALID
    if signing_time is not None and not begins <= signing_time <= ends:
        yield SignatureProblem.SIGNED_OUTSIDE_VALIDITY
    if not has_extension(leaf, oids.PASS_TYPE_IDENTIFIER):
        yield SignatureProblem.NO_PASS_TYPE_IDENTIFIER
    if oids.PASS_SIGNING not in extended_key_usages(leaf):
        yield SignatureProblem.NO_PASS_SIGNING_USAGE


def is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def has_extension(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> bool:
    try:
        certificate.extensions.get_extension_for_oid(oid)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return True


def extended_key_usages(certificate: x509.Certificate) -> Sequence[x509.ObjectIdentifier]:
    try:
        return list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except (x509.ExtensionNotFound, ValueError):
        return []
