"""A certificate chain shaped like Apple's, made here, so that passes can be built and verified without an account.

A root, an intermediate with the extension of Apple's Worldwide Developer Relations authority, and leaves with the
subject, key usages and extensions of real pass type certificates.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from passwright.apple import der, oids

KEY_SIZE = 2048
ROOT_YEARS = 25
INTERMEDIATE_YEARS = 10
LEAF_DAYS = 395
"""About 13 months, as Apple's."""


class DevelopmentCertificate(Struct, frozen=True, kw_only=True):
    """A leaf with its key and its intermediate: what a `Signer` takes."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    intermediate: x509.Certificate

    def __repr__(self) -> str:
        return f"DevelopmentCertificate({self.certificate.subject.rfc4514_string()!r})"

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """PKCS #8, not encrypted."""
        return private_pem(self.key)

    @property
    def intermediate_pem(self) -> bytes:
        return self.intermediate.public_bytes(Encoding.PEM)


class DevelopmentAuthority(Struct, frozen=True, kw_only=True):
    """Root and intermediate. Only the root's certificate is kept: its key signs one intermediate and is forgotten."""

    root: x509.Certificate
    intermediate: x509.Certificate
    intermediate_key: rsa.RSAPrivateKey

    def __repr__(self) -> str:
        return f"DevelopmentAuthority({self.root.subject.rfc4514_string()!r})"

    @property
    def root_pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    @property
    def intermediate_pem(self) -> bytes:
        return self.intermediate.public_bytes(Encoding.PEM)

    @property
    def intermediate_key_pem(self) -> bytes:
        """PKCS #8, not encrypted."""
        return private_pem(self.intermediate_key)

    @classmethod
    def from_pem(cls, *, root: bytes, intermediate: bytes, intermediate_key: bytes) -> Self:
        key = load_pem_private_key(intermediate_key, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return cls(
            root=x509.load_pem_x509_certificate(root),
            intermediate=x509.load_pem_x509_certificate(intermediate),
            intermediate_key=key,
        )

    def issue(
        self,
        pass_type_identifier: str,
        team_identifier: str,
        organization: str,
        now: datetime,
        nfc: bool = False,
        country: str = "US",
    ) -> DevelopmentCertificate:
        """A pass type certificate, valid from an hour before ``now`` for 13 months."""
        key = new_key()
        kind = "Pass Type ID with NFC" if nfc else "Pass Type ID"
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.USER_ID, pass_type_identifier),
                # X.520 ends a common name at 64 characters, which long identifiers exceed; nobody reads this one.
                x509.NameAttribute(NameOID.COMMON_NAME, f"{kind}: {pass_type_identifier}"[:64]),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, team_identifier),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]),
                x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            ]
        )
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, oids.PASS_SIGNING]
        text = der.tagged(der.UTF8_STRING, pass_type_identifier.encode())
        builder = (
            builder_for(subject, self.intermediate.subject, key, now, timedelta(days=LEAF_DAYS))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(authority_of(self.intermediate_key), critical=False)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(key_usage(digital_signature=True), critical=True)
            .add_extension(x509.UnrecognizedExtension(oids.PUSH, der.tagged(der.NULL)), critical=False)
            .add_extension(x509.UnrecognizedExtension(oids.PASS_TYPE_IDENTIFIER, text), critical=False)
        )
        certificate = builder.sign(self.intermediate_key, SHA256())
        return DevelopmentCertificate(certificate=certificate, key=key, intermediate=self.intermediate)


def development_authority(now: datetime) -> DevelopmentAuthority:
    """A new root and a new intermediate, valid from an hour before ``now``."""
    root_key, intermediate_key = new_key(), new_key()
    root_name = authority_name("Passwright Development Root CA", "Passwright Development Certification Authority")
    name = authority_name("Passwright Development Worldwide Developer Relations Certification Authority", "G4")
    root = authority(
        builder_for(root_name, root_name, root_key, now, timedelta(days=365 * ROOT_YEARS)), path_length=None
    ).sign(root_key, SHA256())
    wwdr = x509.UnrecognizedExtension(oids.WWDR, der.tagged(der.NULL))
    intermediate = (
        authority(
            builder_for(name, root_name, intermediate_key, now, timedelta(days=365 * INTERMEDIATE_YEARS)), path_length=0
        )
        .add_extension(authority_of(root_key), critical=False)
        .add_extension(wwdr, critical=False)
        .sign(root_key, SHA256())
    )
    return DevelopmentAuthority(root=root, intermediate=intermediate, intermediate_key=intermediate_key)


def authority_name(common_name: str, unit: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Passwright development, not Apple"),
        ]
    )


def builder_for(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, now: datetime, lifetime: timedelta
) -> x509.CertificateBuilder:
    begins = now - timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def authority(builder: x509.CertificateBuilder, path_length: int | None) -> x509.CertificateBuilder:
    return builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True).add_extension(
        key_usage(key_cert_sign=True, crl_sign=True), critical=True
    )


def authority_of(key: rsa.RSAPrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_SIZE)


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
