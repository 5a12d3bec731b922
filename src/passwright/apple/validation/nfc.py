"""NFC: what the reader at the door is sent, and who may sign a pass that does."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from passwright.apple.validation.document import Document, mapping
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.shapes import boolean, object_of, text

rule = rules_about("NFC")

NFC_CERTIFICATE = rule(
    "nfc_certificate",
    Severity.REFUSED,
    "The pass has nfc, and its certificate may not sign NFC passes.",
    "Ask Apple for an NFC pass certificate, or remove nfc.",
)
NFC_MESSAGE_LONG = rule(
    "nfc_message_long",
    Severity.CLIPPED,
    "The NFC message has {count} bytes; phones send the first 64.",
    "Shorten the message to 64 bytes.",
)
NFC_KEY_PEM = rule(
    "nfc_key_pem",
    Severity.REFUSED,
    "encryptionPublicKey has PEM lines around it.",
    "Write only the base64 between the lines, without line breaks.",
)
NFC_KEY_FORM = rule(
    "nfc_key_form",
    Severity.REFUSED,
    "encryptionPublicKey is not the base64 of a public key on the curve P-256.",
    "Export the key as X.509 SubjectPublicKeyInfo in DER with a compressed point, then base64.",
)
NFC_KEY_UNCOMPRESSED = rule(
    "nfc_key_uncompressed",
    Severity.ADVICE,
    "encryptionPublicKey holds both coordinates of its point; Apple asks for the compressed form.",
    "Export the key with a compressed point: openssl ec -conv_form compressed.",
)

NFC = object_of(
    {"message": text, "encryptionPublicKey": text, "requiresAuthentication": boolean},
    required=("message", "encryptionPublicKey"),
)
LONGEST_MESSAGE = 64
COMPRESSED_P256 = 59
"""Octets of a SubjectPublicKeyInfo on P-256 with a compressed point; 91 with both coordinates."""


def check_certificate(document: Document) -> Iterator[Issue]:
    if "nfc" in document.keys and document.nfc_capable is False:
        yield NFC_CERTIFICATE.at(document.path("nfc"))


def check_message(document: Document) -> Iterator[Issue]:
    message = mapping(document.keys.get("nfc")).get("message")
    if isinstance(message, str) and (count := len(message.encode("utf-8", "replace"))) > LONGEST_MESSAGE:
        yield NFC_MESSAGE_LONG.at(document.path("nfc", "message"), count=count)


def check_key(document: Document) -> Iterator[Issue]:
    value, path = mapping(document.keys.get("nfc")).get("encryptionPublicKey"), document.path("nfc/encryptionPublicKey")
    if not isinstance(value, str):
        return
    der = public_key_der(value)
    if "-----BEGIN" in value:
        yield NFC_KEY_PEM.at(path)
    elif der is None:
        yield NFC_KEY_FORM.at(path)
    elif len(der) != COMPRESSED_P256:
        yield NFC_KEY_UNCOMPRESSED.at(path)


def public_key_der(value: str) -> bytes | None:
    """The key's octets, if they are a key on P-256."""
    try:
        der = base64.b64decode(value, validate=True)
        key = load_der_public_key(der)
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return None
    return der if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1) else None


CHECKS = (check_certificate, check_message, check_key)
