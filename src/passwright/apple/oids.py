"""Object identifiers: Apple's own, and those of the standards that a signature is built from."""

from __future__ import annotations

from cryptography.x509 import ObjectIdentifier

PASS_TYPE_IDENTIFIER = ObjectIdentifier("1.2.840.113635.100.6.1.16")
"""Leaf extension whose UTF8String is the pass type identifier; iOS compares it with pass.json."""

PUSH = ObjectIdentifier("1.2.840.113635.100.6.3.2")
"""Leaf extension (NULL): the certificate opens Apple's push service too."""

WWDR = ObjectIdentifier("1.2.840.113635.100.6.2.1")
"""Extension (NULL) of the Worldwide Developer Relations intermediate."""

PASS_SIGNING = ObjectIdentifier("1.2.840.113635.100.4.14")
"""Extended key usage of a pass type certificate."""

WWDR_G4_SHA256 = bytes.fromhex("ea4757885538dd8cb59ff4556f676087d83c85e70902c122e42c0808b5bce14c")
"""Fingerprint of the genuine intermediate of all pass type certificates since 2022-01-27."""

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
RSA = "1.2.840.113549.1.1.1"
SHA1 = "1.3.14.3.2.26"
SHA256 = "2.16.840.1.101.3.4.2.1"
SHA384 = "2.16.840.1.101.3.4.2.2"
SHA512 = "2.16.840.1.101.3.4.2.3"
