"""The signature: the findings of `passwright.apple.cms`, each with its cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID
from msgspec import Struct

from passwright.apple import certificate as certificates
from passwright.apple import cms, manifest, oids
from passwright.apple.cms import SignatureProblem
from passwright.apple.validation.document import Document
from passwright.apple.validation.issue import Issue, Rule, Severity, rules_about

rule = rules_about("The signature")

SIGNATURE_MISSING = rule(
    "signature_missing",
    Severity.REFUSED,
    "The archive has no signature.",
    "Sign manifest.json and put the signature at the root of the archive.",
)
SIGNATURE_PEM = rule(
    "signature_pem",
    Severity.REFUSED,
    "The signature is text (PEM or S/MIME); phones read DER.",
    "Write it with -outform DER.",
)
SIGNATURE_UNREADABLE = rule(
    "signature_unreadable",
    Severity.REFUSED,
    "The signature is not a CMS signature that can be read.",
    "Sign manifest.json again; the file must be copied as bytes, not as text.",
)
NO_SIGNER = rule(
    "signer_missing",
    Severity.REFUSED,
    "The signature holds certificates and no signer.",
    "Sign manifest.json with the key of the pass type certificate.",
)
SEVERAL_SIGNERS = rule(
    "signers_many",
    Severity.REFUSED,
    "The signature has {count} signers; phones expect one.",
    "Sign once, with the pass type certificate.",
)
NOT_DETACHED = rule(
    "signature_not_detached",
    Severity.REFUSED,
    "The signature contains the manifest; phones expect a detached one.",
    "Sign with the detached option (OpenSSL: without -nodetach).",
)
SIGNER_CERTIFICATE = rule(
    "signer_certificate_missing",
    Severity.REFUSED,
    "The certificate that signed is not in the signature.",
    "Include the pass type certificate (OpenSSL: without -nocerts).",
)
SIGNING_TIME = rule(
    "signing_time_missing",
    Severity.REFUSED,
    "The signature does not say when it was made; phones say “Signature must contain a signing date”.",
    "Sign with signed attributes (OpenSSL: without -noattr).",
)
SIGNED_ATTRIBUTES = rule(
    "signed_attributes_incomplete",
    Severity.REFUSED,
    "The signature lacks the manifest's digest or the content type among its signed attributes.",
    "Sign with a tool that writes complete signed attributes, such as openssl cms.",
)
OTHER_MANIFEST = rule(
    "signature_of_another_manifest",
    Severity.REFUSED,
    "The signature does not cover this manifest.json: it has changed since it was signed.",
    "Sign the manifest's exact bytes, after writing it for the last time and without rewriting line ends.",
)
SIGNATURE_WRONG = rule(
    "signature_wrong",
    Severity.REFUSED,
    "The signature was not made with the key of the certificate “{leaf}”.",
    "Sign with the key that belongs to the certificate.",
)
ALGORITHM = rule(
    "signature_algorithm",
    Severity.REFUSED,
    "The signature uses an algorithm that phones do not know.",
    "Sign with SHA-256 and RSA.",
)
WWDR_MISSING = rule(
    "wwdr_missing",
    Severity.REFUSED,
    "The intermediate certificate that issued “{leaf}” is not in the signature.",
    "Include Apple's Worldwide Developer Relations certificate (OpenSSL: -certfile wwdr.pem).",
)
WWDR_GENERATION = rule(
    "wwdr_generation",
    Severity.REFUSED,
    "The signature includes the intermediate “{found}”, and “{leaf}” was issued by another one, “{wanted}”.",
    "Include the generation that issued the certificate: G4 for those since 2022-01-27.",
)
WWDR_SHAPE = rule(
    "wwdr_shape",
    Severity.REFUSED,
    "The intermediate “{issuer}” is not a Worldwide Developer Relations certificate.",
    "Use a pass type certificate from Apple's developer portal.",
)
CHAIN_NOT_TRUSTED = rule(
    "chain_not_trusted",
    Severity.REFUSED,
    "The chain of “{leaf}” does not end in Apple's root or in one given as trusted.",
    "Sign with a pass type certificate from Apple. To check a pass of a development chain, give its root with --trust; "
    "real iPhones refuse such a pass all the same.",
)
NOT_AN_AUTHORITY = rule(
    "chain_without_authority",
    Severity.REFUSED,
    "A certificate in the chain of “{leaf}” may not issue others.",
    "Include the intermediate that Apple publishes, not another certificate.",
)
CERTIFICATE_EXPIRED = rule(
    "certificate_expired",
    Severity.REFUSED,
    "The certificate “{leaf}” expired at {ends}. Installed passes go on working; new and updated ones are refused.",
    "Renew the certificate for the same pass type identifier and sign again.",
)
CERTIFICATE_EARLY = rule(
    "certificate_not_yet_valid",
    Severity.REFUSED,
    "The certificate “{leaf}” is valid from {begins} on.",
    "Check the clock, or wait until then.",
)
CERTIFICATE_SOON = rule(
    "certificate_expires_soon",
    Severity.ADVICE,
    "The certificate “{leaf}” expires at {ends}. From then on phones refuse new and updated passes.",
    "Renew the certificate for the same pass type identifier.",
)
INTERMEDIATE_EXPIRED = rule(
    "intermediate_expired",
    Severity.REFUSED,
    "An intermediate certificate in the chain of “{leaf}” has expired.",
    "Include the generation in force: G4 is valid until 2030-12-10.",
)
INTERMEDIATE_EARLY = rule(
    "intermediate_not_yet_valid",
    Severity.REFUSED,
    "An intermediate certificate in the chain of “{leaf}” is not valid yet.",
    "Check the clock.",
)
SIGNED_OUTSIDE = rule(
    "signed_outside_validity",
    Severity.REFUSED,
    "The signature says it was made at {signed}, when the certificate “{leaf}” was not valid ({begins} to {ends}).",
    "Check the clock of the machine that signs.",
)
SIGNED_IN_FUTURE = rule(
    "signing_time_future",
    Severity.ADVICE,
    "The signature says it was made at {signed}, which is still to come.",
    "Check the clock of the machine that signs.",
)
LEAF_EXTENSION = rule(
    "certificate_without_pass_type",
    Severity.REFUSED,
    "The certificate “{leaf}” names no pass type (extension 1.2.840.113635.100.6.1.16).",
    "Sign with a pass type certificate, not with one for apps or push.",
)
LEAF_USAGE = rule(
    "certificate_without_pass_usage",
    Severity.REFUSED,
    "The certificate “{leaf}” is not for signing passes (extended key usage 1.2.840.113635.100.4.14).",
    "Sign with a pass type certificate, not with one for apps or push.",
)
WEAK_DIGEST = rule(
    "signature_digest_sha1",
    Severity.ADVICE,
    "The signature is made over a SHA-1 digest.",
    "Sign with SHA-256 (OpenSSL: -md sha256); the hashes in manifest.json stay SHA-1.",
)
INDEFINITE = rule(
    "signature_ber",
    Severity.ADVICE,
    "The signature is written with indefinite lengths (BER); phones have accepted it so far.",
    "Write it in DER.",
)
ROOT_EMBEDDED = rule(
    "root_embedded",
    Severity.ADVICE,
    "The signature includes the root certificate “{found}”, which phones have themselves.",
    "Include the signing certificate and the intermediate alone.",
)
TYPE_MISMATCH = rule(
    "pass_type_identifier_mismatch",
    Severity.REFUSED,
    "passTypeIdentifier is “{value}”; the certificate is for “{certified}”.",
    "Write the certificate's identifier, or sign with the certificate of this one.",
)
TEAM_MISMATCH = rule(
    "team_identifier_mismatch",
    Severity.REFUSED,
    "teamIdentifier is “{value}”; the certificate belongs to the team “{certified}”.",
    "Write the certificate's team, or sign with a certificate of this one.",
)

RULE_OF: dict[SignatureProblem, Rule] = {
    SignatureProblem.NO_SIGNER: NO_SIGNER,
    SignatureProblem.SEVERAL_SIGNERS: SEVERAL_SIGNERS,
    SignatureProblem.NOT_DETACHED: NOT_DETACHED,
    SignatureProblem.SIGNER_CERTIFICATE_MISSING: SIGNER_CERTIFICATE,
    SignatureProblem.NO_SIGNED_ATTRIBUTES: SIGNING_TIME,
    SignatureProblem.NO_SIGNING_TIME: SIGNING_TIME,
    SignatureProblem.NO_MESSAGE_DIGEST: SIGNED_ATTRIBUTES,
    SignatureProblem.WRONG_CONTENT_TYPE: SIGNED_ATTRIBUTES,
    SignatureProblem.WRONG_MESSAGE_DIGEST: OTHER_MANIFEST,
    SignatureProblem.UNKNOWN_ALGORITHM: ALGORITHM,
    SignatureProblem.WRONG_SIGNATURE: SIGNATURE_WRONG,
    SignatureProblem.INTERMEDIATE_MISSING: WWDR_MISSING,
    SignatureProblem.UNTRUSTED_ROOT: CHAIN_NOT_TRUSTED,
    SignatureProblem.NOT_AN_AUTHORITY: NOT_AN_AUTHORITY,
    SignatureProblem.NOT_WWDR: WWDR_SHAPE,
    SignatureProblem.CERTIFICATE_EXPIRED: CERTIFICATE_EXPIRED,
    SignatureProblem.CERTIFICATE_NOT_YET_VALID: CERTIFICATE_EARLY,
    SignatureProblem.INTERMEDIATE_EXPIRED: INTERMEDIATE_EXPIRED,
    SignatureProblem.INTERMEDIATE_NOT_YET_VALID: INTERMEDIATE_EARLY,
    SignatureProblem.SIGNED_OUTSIDE_VALIDITY: SIGNED_OUTSIDE,
    SignatureProblem.NO_PASS_TYPE_IDENTIFIER: LEAF_EXTENSION,
    SignatureProblem.NO_PASS_SIGNING_USAGE: LEAF_USAGE,
    SignatureProblem.WEAK_DIGEST: WEAK_DIGEST,
    SignatureProblem.NOT_DER: INDEFINITE,
}

SOON = timedelta(days=30)
CLOCK_LEEWAY = timedelta(minutes=10)
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature)
"""What reading foreign certificates raises: `cryptography` looks at most of their parts only when asked."""


class Verdict(Struct, frozen=True):
    """What is wrong with a signature, and whose it is: None when that cannot be told."""

    issues: tuple[Issue, ...]
    identity: certificates.Identity | None = None


def judge_signature(
    signature: bytes | None, signed: bytes | None, roots: Sequence[x509.Certificate], at: datetime
) -> Verdict:
    """``signed``: the bytes of manifest.json; None if there are none, which is reported elsewhere."""
    if signature is None:
        return Verdict((SIGNATURE_MISSING.at(manifest.SIGNATURE_NAME),))
    try:
        found = cms.parse(signature)
        leaf = cms.signer(found)
        issues = tuple(signature_issues(found, leaf, signed, roots, at))
        return Verdict(issues, identity_of(leaf))
    except cms.SignatureInText:
        return Verdict((SIGNATURE_PEM.at(manifest.SIGNATURE_NAME),))
    except UNREADABLE:
        return Verdict((SIGNATURE_UNREADABLE.at(manifest.SIGNATURE_NAME),))


def signature_issues(
    found: cms.SignedData,
    leaf: x509.Certificate | None,
    signed: bytes | None,
    roots: Sequence[x509.Certificate],
    at: datetime,
) -> Iterator[Issue]:
    problems = cms.check(found, signed or b"", roots, at)
    values = named_values(found, leaf)
    broken = dict.fromkeys(rule_of(problem, found, leaf) for problem in problems)
    for rule in broken:
        if signed is not None or rule is not OTHER_MANIFEST:
            yield rule.at(manifest.SIGNATURE_NAME, **values)
    yield from advice(found, leaf, at, values)


def rule_of(problem: SignatureProblem, found: cms.SignedData, leaf: x509.Certificate | None) -> Rule:
    """An intermediate that is there and issued something else is another generation."""
    if problem is SignatureProblem.INTERMEDIATE_MISSING and other_authority(found, leaf):
        return WWDR_GENERATION
    return RULE_OF[problem]


def other_authority(found: cms.SignedData, leaf: x509.Certificate | None) -> x509.Certificate | None:
    others = (certificate for certificate in found.certificates if certificate != leaf)
    return next((certificate for certificate in others if cms.has_extension(certificate, oids.WWDR)), None)


def named_values(found: cms.SignedData, leaf: x509.Certificate | None) -> dict[str, object]:
    """What the sentences name."""
    other = other_authority(found, leaf)
    values: dict[str, object] = {"count": len(found.signatures), "found": common_name(other) if other else "none"}
    if found.signatures and (signed_at := found.signatures[0].signing_time):
        values["signed"] = certificates.stamp(signed_at)
    if leaf is not None:
        values |= {
            "leaf": common_name(leaf),
            "wanted": last_name(leaf.issuer),
            "issuer": last_name(leaf.issuer),
            "begins": certificates.stamp(leaf.not_valid_before_utc),
            "ends": certificates.stamp(leaf.not_valid_after_utc),
        }
    return values


def common_name(certificate: x509.Certificate) -> str:
    return last_name(certificate.subject)


def last_name(name: x509.Name) -> str:
    """Common name and generation: Apple's intermediates differ in the unit alone."""
    oids_read = (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
    parts = [str(part.value) for oid in oids_read for part in name.get_attributes_for_oid(oid)]
    return ", ".join(parts) or name.rfc4514_string()


def advice(
    found: cms.SignedData, leaf: x509.Certificate | None, at: datetime, values: dict[str, object]
) -> Iterator[Issue]:
    """What a phone does not mind today."""
    signed_at = found.signatures[0].signing_time if found.signatures else None
    if signed_at is not None and signed_at > at + CLOCK_LEEWAY:
        yield SIGNED_IN_FUTURE.at(manifest.SIGNATURE_NAME, **values)
    if leaf is not None and at <= leaf.not_valid_after_utc < at + SOON:
        yield CERTIFICATE_SOON.at(manifest.SIGNATURE_NAME, **values)
    for certificate in found.certificates:
        if certificate.issuer == certificate.subject:
            yield ROOT_EMBEDDED.at(manifest.SIGNATURE_NAME, found=common_name(certificate))


def identity_of(leaf: x509.Certificate | None) -> certificates.Identity | None:
    if leaf is None:
        return None
    try:
        return certificates.identity(leaf)
    except certificates.NotAPassCertificate:
        return None


def check_identity(document: Document, identity: certificates.Identity | None) -> Iterator[Issue]:
    """Whether the pass says the same about itself as its certificate."""
    if identity is None:
        return
    identifier, team = document.keys.get("passTypeIdentifier"), document.keys.get("teamIdentifier")
    if isinstance(identifier, str) and identifier != identity.pass_type_identifier:
        path = document.path("passTypeIdentifier")
        yield TYPE_MISMATCH.at(path, value=identifier, certified=identity.pass_type_identifier)
    if isinstance(team, str) and team != identity.team_identifier:
        yield TEAM_MISMATCH.at(document.path("teamIdentifier"), value=team, certified=identity.team_identifier)
