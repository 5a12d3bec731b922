"""The ``signature`` of a pass: a detached CMS in DER over the exact bytes of ``manifest.json`` (RFC 5652, RFC 5754).

Only three things differ between two signatures of one certificate: the manifest's digest, the signing time and the
RSA signature over both. `Signer` writes everything else down once, which leaves signing at nearly the speed of the
RSA operation itself. `cryptography`'s own builder reads its own clock for the signing time, so that the same pass
could not be built twice with the same bytes.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from passwright.apple import der, oids

PADDING = PKCS1v15()
DIGESTED = Prehashed(SHA256())
DIGEST_SIZE = 32

# RFC 5754 section 2: SHA-2 identifiers have no parameters, RSA's has NULL.
SHA256_IDENTIFIER = der.tagged(der.SEQUENCE, der.object_identifier(oids.SHA256))
RSA_IDENTIFIER = der.tagged(der.SEQUENCE, der.object_identifier(oids.RSA), der.tagged(der.NULL))
VERSION = der.integer(1)


def attribute(kind: str, value: bytes) -> bytes:
    return der.tagged(der.SEQUENCE, der.object_identifier(kind), der.tagged(der.SET, value))


CONTENT_TYPE = attribute(oids.CONTENT_TYPE, der.object_identifier(oids.DATA))
MESSAGE_DIGEST_START = attribute(oids.MESSAGE_DIGEST, der.tagged(der.OCTET_STRING, bytes(DIGEST_SIZE)))[:-DIGEST_SIZE]


SIGNING_TIME_STARTS = {
    size: attribute(oids.SIGNING_TIME, der.tagged(tag, bytes(size)))[: -size - 2]
    for tag, size in ((der.UTC_TIME, 13), (der.GENERALIZED_TIME, 15))
}
"""What stands before the time's own tag, by the length of its text.

Content type, signing time and message digest stand in DER's order, which their lengths make the same every time.
"""


class Signer:
    """A loaded key with all constant parts of its signatures. Safe to use from several threads at once."""

    __slots__ = ("_around", "_key", "certificate", "intermediate")

    def __init__(self, certificate: x509.Certificate, key: RSAPrivateKey, intermediate: x509.Certificate) -> None:
        self.certificate = certificate
        self.intermediate = intermediate
        self._key = key
        self._around: dict[int, tuple[bytes, bytes, bytes]] = {}

    def __repr__(self) -> str:
        return f"Signer({self.certificate.subject.rfc4514_string()!r})"

    def sign(self, manifest: bytes, signed_at: datetime) -> bytes:
        """The signature file, in DER. Two calls with equal arguments return equal bytes.

        ``signed_at`` needs a zone; its fraction of a second is dropped.

        Raises:
            ValueError: if ``signed_at`` has no zone.
        """
        instant = der.time(signed_at)
        hashed_before, before, between = self._around.get(instant[1]) or self._write_around(instant[1])
        particular = instant + MESSAGE_DIGEST_START + sha256(manifest).digest()
        signature = self._key.sign(sha256(hashed_before + particular).digest(), PADDING, DIGESTED)
        return b"".join((before, particular, between, signature))

    def _write_around(self, time_size: int) -> tuple[bytes, bytes, bytes]:
        """What stands before the signing time (as hashed, as written) and between the attributes and the signature.

        There are two of them, for years of two digits and of four.
        """
        start = CONTENT_TYPE + SIGNING_TIME_STARTS[time_size]
        particular = bytes(2 + time_size + len(MESSAGE_DIGEST_START) + DIGEST_SIZE)
        signature = bytes(self._key.key_size // 8)
        written = self._write_whole(start + particular, signature)
        before, between = written[: -len(signature)].rsplit(particular, 1)
        around = der.tagged(der.SET, start + particular)[: -len(particular)], before, between
        self._around[time_size] = around
        return around

    def _write_whole(self, attributes: bytes, signature: bytes) -> bytes:
        signer = der.tagged(
            der.SEQUENCE,
            VERSION,
            issuer_and_serial_number(self.certificate),
            SHA256_IDENTIFIER,
            der.tagged(der.CONTEXT_0, attributes),
            RSA_IDENTIFIER,
            der.tagged(der.OCTET_STRING, signature),
        )
        certificates = sorted(c.public_bytes(Encoding.DER) for c in (self.certificate, self.intermediate))
        signed_data = der.tagged(
            der.SEQUENCE,
            VERSION,
            der.set_of(SHA256_IDENTIFIER),
            der.tagged(der.SEQUENCE, der.object_identifier(oids.DATA)),
            der.tagged(der.CONTEXT_0, *certificates),
            der.set_of(signer),
        )
        return der.tagged(der.SEQUENCE, der.object_identifier(oids.SIGNED_DATA), der.tagged(der.CONTEXT_0, signed_data))


def issuer_and_serial_number(certificate: x509.Certificate) -> bytes:
    return der.tagged(der.SEQUENCE, certificate.issuer.public_bytes(), der.integer(certificate.serial_number))
