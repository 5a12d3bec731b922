"""Pass type certificates: reading them and their keys, asking for them, completing their chain.

Also where the development chain is made, see `development_authority`: everything works with it, and verifies with
OpenSSL, except that a real iPhone refuses its passes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from msgspec import Struct

from passwright.apple import der, oids
from passwright.apple.development import DevelopmentAuthority, DevelopmentCertificate, development_authority

__all__ = [
    "CertificateExpired",
    "CertificateNotYetValid",
    "CertificateSigningRequest",
    "ChainIncomplete",
    "DevelopmentAuthority",
    "DevelopmentCertificate",
    "Identity",
    "KeyMismatch",
    "NotAPassCertificate",
    "PassTypeIdentifierMismatch",
    "TeamIdentifierMismatch",
    "UnreadableCertificate",
    "UnreadableKey",
    "WrongCertificate",
    "WrongPassword",
    "certificate_pem",
    "certificate_signing_request",
    "check_key",
    "check_pass_type",
    "check_validity",
    "complete_chain",
    "development_authority",
    "identity",
    "is_issued_by",
    "key_pem",
    "load_certificate",
    "load_certificates",
    "load_key",
    "load_pkcs12",
]

KEY_SIZE = 2048


class WrongCertificate(ValueError):
    """The certificate cannot sign passes."""


class UnreadableCertificate(WrongCertificate):
    """The file holds no certificate in PEM, DER or PKCS #12."""


class UnreadableKey(WrongCertificate):
    """The file holds no RSA key in PEM, DER or PKCS #12."""


class WrongPassword(WrongCertificate):
    """The password does not open the file."""


class KeyMismatch(WrongCertificate):
    """The key is not the certificate's."""


class NotAPassCertificate(WrongCertificate):
    """The certificate is not a pass type certificate."""


class CertificateExpired(WrongCertificate):
    """The certificate has expired."""


class CertificateNotYetValid(WrongCertificate):
    """The certificate is not valid yet."""


class PassTypeIdentifierMismatch(WrongCertificate):
    """The pass type identifier is not the certificate's."""


class TeamIdentifierMismatch(WrongCertificate):
    """The team identifier is not the certificate's."""


class ChainIncomplete(WrongCertificate):
    """None of the given certificates has issued this one."""


class Identity(Struct, frozen=True, kw_only=True):
    """What a pass type certificate says about itself."""

    pass_type_identifier: str
    team_identifier: str
    issued_to: str
    """The organization; the common name where there is none."""
    not_before: datetime
    expires_at: datetime
    nfc: bool
    """Whether passes with an ``nfc`` key may be signed with it."""


class CertificateSigningRequest(Struct, frozen=True, kw_only=True):
    """What to keep (the key) and what to upload to Apple (the request)."""

    key_pem: bytes
    request_pem: bytes

    def __repr__(self) -> str:
        return "CertificateSigningRequest(key_pem=<secret>)"


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """All certificates of a PEM or DER file, in order.

    Raises:
        UnreadableCertificate: if there is none.
    """
    try:
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except (ValueError, UnsupportedAlgorithm):
        raise UnreadableCertificate(
            "The file holds no certificate. Give the .cer file that Apple's portal offers, or a .pem or .p12 file."
        ) from None


def load_certificate(data: bytes) -> x509.Certificate:
    """The first certificate of a PEM or DER file.

    Raises:
        UnreadableCertificate: if there is none.
    """
    return load_certificates(data)[0]


def load_key(data: bytes, password: str | None = None) -> rsa.RSAPrivateKey:
    """The key of a PEM or DER file, encrypted or not. A password that is not needed is ignored.

    Raises:
        WrongPassword: if the key is encrypted and the password absent or wrong.
        UnreadableKey: if it is no RSA key.
    """
    load = load_pem_private_key if b"-----BEGIN" in data else load_der_private_key
    try:
        return rsa_key(load(data, password.encode() if password else None))
    except TypeError as error:
        if "not encrypted" in str(error):
            return load_key(data)
        raise WrongPassword("The key is encrypted: give its password.") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        if isinstance(error, WrongCertificate):
            raise
        if (password and b"ENCRYPTED" in data) or "password" in str(error).lower():
            raise WrongPassword("The password does not open the key.") from None
        raise UnreadableKey("The file holds no private key in PEM or DER.") from None


def load_pkcs12(data: bytes, password: str = "") -> tuple[x509.Certificate, rsa.RSAPrivateKey, list[x509.Certificate]]:
    """Certificate, key and further certificates of a ``.p12`` file.

    Raises:
        WrongPassword: if the password does not open it.
        UnreadableCertificate: if it is no such file or holds no certificate.
        UnreadableKey: if it holds no RSA key.
    """
    if not is_pkcs12(data):
        raise UnreadableCertificate("The file is not a .p12 file.")
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, password.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise WrongPassword("The password does not open the .p12 file.") from None
    if certificate is None and others:
        certificate, others = others[0], others[1:]
    if certificate is None:
        raise UnreadableCertificate("The .p12 file holds no certificate.")
    if key is None:
        raise UnreadableKey("The .p12 file holds no key. Export certificate and key together.")
    return certificate, rsa_key(key), list(others)


def is_pkcs12(data: bytes) -> bool:
    """PFX begins with version 3 (RFC 7292 section 4); a certificate with a sequence, a key with version 0 or 1."""
    try:
        value = der.read(data)
    except der.MalformedASN1:
        return False
    return bool(value.children) and value.children[0].raw == der.integer(3)


def rsa_key(key: PrivateKeyTypes) -> rsa.RSAPrivateKey:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UnreadableKey(f"The key is {type(key).__name__}; pass type certificates have RSA keys.")
    return key


def identity(certificate: x509.Certificate) -> Identity:
    """Pass type identifier, team, holder, validity and NFC capability.

    Raises:
        NotAPassCertificate: naming what is missing, if it is not a pass type certificate.
    """
    extension = extension_text(certificate, oids.PASS_TYPE_IDENTIFIER)
    user_id = name_attribute(certificate, NameOID.USER_ID)
    common_name = name_attribute(certificate, NameOID.COMMON_NAME) or ""
    pass_type_identifier = extension or user_id
    team_identifier = name_attribute(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)
    if not pass_type_identifier or not team_identifier:
        missing = "pass type identifier" if not pass_type_identifier else "team identifier"
        raise NotAPassCertificate(f"The certificate {common_name!r} has no {missing}: it is not for signing passes.")
    if extension and user_id and extension != user_id:
        raise NotAPassCertificate(f"The certificate names two pass type identifiers, {extension!r} and {user_id!r}.")
    return Identity(
        pass_type_identifier=pass_type_identifier,
        team_identifier=team_identifier,
        issued_to=name_attribute(certificate, NameOID.ORGANIZATION_NAME) or common_name,
        not_before=certificate.not_valid_before_utc,
        expires_at=certificate.not_valid_after_utc,
        nfc=common_name.startswith("Pass Type ID with NFC:"),
    )


def name_attribute(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else None


def extension_text(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    """The text of one of Apple's extensions; None if the certificate has no such extension."""
    try:
        extension = certificate.extensions.get_extension_for_oid(oid)
    except x509.ExtensionNotFound:
        return None
    assert isinstance(extension.value, x509.UnrecognizedExtension)
    try:
        return der.read(extension.value.value).content.decode()
    except (der.MalformedASN1, UnicodeDecodeError):
        return None


def check_key(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> None:
    """
    Raises:
        KeyMismatch: with the fingerprints of both public keys, if they are no pair.
    """
    public, own = certificate.public_key(), key.public_key()
    if public != own:
        ours, theirs = fingerprint(own), x509.SubjectKeyIdentifier.from_public_key(public).digest.hex()
        raise KeyMismatch(f"The key ({ours}) is not the certificate's ({theirs}). Give the key of this certificate.")


def fingerprint(key: rsa.RSAPublicKey) -> str:
    return x509.SubjectKeyIdentifier.from_public_key(key).digest.hex()


def check_validity(certificate: x509.Certificate, at: datetime) -> None:
    """
    Raises:
        CertificateExpired, CertificateNotYetValid: with both times.
    """
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at < begins:
        raise CertificateNotYetValid(
            f"The certificate is valid from {begins:%Y-%m-%d %H:%M} UTC on; now is {stamp(at)}."
        )
    if at > ends:
        raise CertificateExpired(f"The certificate expired at {stamp(ends)}; now is {stamp(at)}. Renew it.")


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def check_pass_type(certificate: x509.Certificate, *, pass_type_identifier: str, team_identifier: str) -> None:
    """That a pass may be signed with this certificate.

    Raises:
        PassTypeIdentifierMismatch, TeamIdentifierMismatch: with both values.
        NotAPassCertificate: as `identity`.
    """
    found = identity(certificate)
    if found.pass_type_identifier != pass_type_identifier:
        raise PassTypeIdentifierMismatch(
            f"The pass type identifier is {pass_type_identifier!r}, the certificate's {found.pass_type_identifier!r}."
        )
    if found.team_identifier != team_identifier:
        raise TeamIdentifierMismatch(
            f"The team identifier is {team_identifier!r}, the certificate's {found.team_identifier!r}."
        )


def complete_chain(certificate: x509.Certificate, candidates: Iterable[x509.Certificate]) -> list[x509.Certificate]:
    """The issuers of a certificate among the candidates, nearest first, up to a root or as far as they reach.

    They are found by key identifier, because a renewed intermediate keeps its name and changes its key.

    Raises:
        ChainIncomplete: with the issuer wanted and those at hand, if not even the nearest is among them.
    """
    pool = list(candidates)
    chain: list[x509.Certificate] = []
    current = certificate
    while not is_issued_by(current, current) and len(chain) <= len(pool):
        issuer = next((candidate for candidate in pool if is_issued_by(current, candidate)), None)
        if issuer is None:
            break
        chain.append(issuer)
        current = issuer
    if not chain:
        at_hand = ", ".join(repr(candidate.subject.rfc4514_string()) for candidate in pool) or "none"
        raise ChainIncomplete(
            f"The certificate was issued by {certificate.issuer.rfc4514_string()!r} "
            f"(key {authority_key_identifier(certificate) or 'not named'}); at hand: {at_hand}. "
            "Download the intermediate from Apple's certificate authority page."
        )
    return chain


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """By key identifier where both have one, and in any case by signature."""
    wanted, offered = authority_key_identifier(certificate), subject_key_identifier(issuer)
    if wanted and offered and wanted != offered:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def authority_key_identifier(certificate: x509.Certificate) -> str | None:
    try:
        identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except (x509.ExtensionNotFound, ValueError):
        return None
    return identifier.hex() if identifier else None


def subject_key_identifier(certificate: x509.Certificate) -> str | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex()
    except (x509.ExtensionNotFound, ValueError):
        return None


def certificate_signing_request(common_name: str, email: str, country: str = "US") -> CertificateSigningRequest:
    """A new RSA-2048 key and the request to upload to Apple's portal. Apple replaces the subject by its own."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, email),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
        ]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256())
    return CertificateSigningRequest(key_pem=key_pem(key), request_pem=request.public_bytes(Encoding.PEM))


def key_pem(key: rsa.RSAPrivateKey) -> bytes:
    """PKCS #8, not encrypted: encrypt before storing."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def certificate_pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
