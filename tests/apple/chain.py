"""One development chain for all tests of a process: making keys is slow."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from passwright.apple.certificate import DevelopmentAuthority, DevelopmentCertificate, development_authority
from passwright.apple.signature import Signer

NOW = datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)
PASS_TYPE = "pass.org.example.toytown"
TEAM = "A1B2C3D4E5"


@cache
def authority() -> DevelopmentAuthority:
    return development_authority(NOW)


@cache
def leaf() -> DevelopmentCertificate:
    return authority().issue(PASS_TYPE, TEAM, "Toy Town", NOW)


@cache
def stranger() -> DevelopmentCertificate:
    """Of another authority."""
    return development_authority(NOW).issue(PASS_TYPE, TEAM, "Toy Town", NOW)


@cache
def signer() -> Signer:
    return Signer(leaf().certificate, leaf().key, leaf().intermediate)
