"""Who the simulated push service is: a server certificate for this machine, and the root that vouches for it."""

from __future__ import annotations

import ipaddress
import ssl
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from passwright.apple.development import DevelopmentAuthority

LIFETIME = timedelta(days=30)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class ServerIdentity(Struct, frozen=True, kw_only=True):
    """What a TLS server shows (leaf first), its key, and the root that a client has to trust. All in PEM."""

    chain_pem: bytes
    key_pem: bytes
    root_pem: bytes

    def __repr__(self) -> str:
        return "ServerIdentity()"


def own_identity(now: datetime) -> ServerIdentity:
    """By an authority made for this one certificate; its key is forgotten."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Passwright simulated push service, root")])
    root = (
        dated(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(signs_certificates=True), critical=True)
        .sign(key, SHA256())
    )
    leaf, leaf_key = server_certificate(name, key, now)
    return ServerIdentity(chain_pem=pem(leaf), key_pem=leaf_key, root_pem=pem(root))


def identity_by(authority: DevelopmentAuthority, now: datetime) -> ServerIdentity:
    """By an installation's development authority, which that installation trusts already."""
    leaf, leaf_key = server_certificate(authority.intermediate.subject, authority.intermediate_key, now)
    return ServerIdentity(
        chain_pem=pem(leaf) + authority.intermediate_pem, key_pem=leaf_key, root_pem=authority.root_pem
    )


def server_certificate(issuer: x509.Name, issuer_key: Key, now: datetime) -> tuple[x509.Certificate, bytes]:
    """For ``localhost`` and the loopback addresses, with its key in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Passwright simulated push service")])
    names = [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(a)) for a in ("127.0.0.1", "::1"))]
    leaf = (
        dated(subject, issuer, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(usage(), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, SHA256())
    )
    return leaf, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def dated(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def usage(*, signs_certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def server_context(identity: ServerIdentity, client_authorities: bytes) -> ssl.SSLContext:
    """HTTP/2 only, and only for clients with a certificate under one of ``client_authorities`` (PEM, roots or
    intermediates)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=client_authorities.decode())
    context.set_alpn_protocols(["h2"])
    with tempfile.TemporaryDirectory(prefix="passwright-phone-") as folder:  # ssl reads chains from files only
        file = Path(folder) / "server.pem"
        file.touch(mode=0o600)
        file.write_bytes(identity.key_pem + identity.chain_pem)
        context.load_cert_chain(file)
    return context
