"""Putting the rules to work on whole files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography import x509

from passwright.apple import images
from passwright.apple import manifest as manifests
from passwright.apple.validation import (
    barcodes,
    bundle,
    colours,
    fields,
    layouts,
    nfc,
    package,
    relevance,
    semantic_tags,
    shapes,
    top_level,
    upcoming,
)
from passwright.apple.validation.document import PASS_JSON, Document
from passwright.apple.validation.issue import Issue, Severity
from passwright.apple.validation.json_text import Reading, read_json
from passwright.apple.validation.manifest import check_manifest
from passwright.apple.validation.personalization import check_personalization
from passwright.apple.validation.pictures import ICON_MISSING, check_pictures
from passwright.apple.validation.signature import check_identity, judge_signature
from passwright.apple.validation.translations import Tables, read_translations

CHECKS = (
    *top_level.CHECKS,
    *fields.CHECKS,
    *colours.CHECKS,
    *barcodes.CHECKS,
    *nfc.CHECKS,
    *relevance.CHECKS,
    *semantic_tags.CHECKS,
    *upcoming.CHECKS,
    *layouts.CHECKS,
)
"""Every rule about pass.json alone."""

ORDER = {severity: place for place, severity in enumerate(Severity)}


def lint_file(data: bytes, *, trusted_roots: Sequence[x509.Certificate] = (), at: datetime) -> list[Issue]:
    """A ``.pkpass``, a ``.pkpasses`` or a bare ``pass.json``, told apart by what is in it."""
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return lint_pass_json(data, at=at)
    if is_bundle(data):
        return lint_bundle(data, trusted_roots=trusted_roots, at=at)
    return lint_archive(data, trusted_roots=trusted_roots, at=at)


def lint_archive(data: bytes, *, trusted_roots: Sequence[x509.Certificate] = (), at: datetime) -> list[Issue]:
    """Everything a phone would notice about a ``.pkpass``, the worst first.

    The chain has to end in one of ``trusted_roots`` or pass through Apple's own intermediate, known by its
    fingerprint. ``at`` needs a zone: it decides what has expired.
    """
    opened = package.open_package(data)
    if not opened.readable:
        return by_severity(opened.issues)
    return by_severity((*opened.issues, *member_issues(opened.files, trusted_roots, at)))


def lint_bundle(data: bytes, *, trusted_roots: Sequence[x509.Certificate] = (), at: datetime) -> list[Issue]:
    """A ``.pkpasses`` and every pass in it; paths begin with the pass's name in the bundle."""
    opened = package.unpack(data, bundle.MOST_BYTES)
    if not opened.readable:
        too_large = any(issue.code == package.EXPANDS_TOO_FAR.code for issue in opened.issues)
        limit = bundle.MOST_BYTES // 1_000_000
        return [bundle.BUNDLE_LARGE.at("", size=f"more than {limit}")] if too_large else list(opened.issues)
    found = [*opened.issues, *bundle.check_bundle(opened.files)]
    serials = {}
    for name, content in sorted(opened.files.items()):
        if bundle.is_pass(name):
            found += (under(name, issue) for issue in lint_archive(content, trusted_roots=trusted_roots, at=at))
            serials[name] = serial_of(content)
    return by_severity((*found, *bundle.check_serial_numbers(serials)))


def lint_pass_json(document: Any, *, files: Collection[str] | None = None, at: datetime) -> list[Issue]:
    """A ``pass.json``, as bytes or as the JSON value, the worst issue first.

    ``files``: the names of the members it would lie beside; rules that ask for them keep quiet without.
    """
    reading = read_json(document, PASS_JSON) if isinstance(document, bytes) else Reading((), document)
    members = None if files is None else frozenset(files)
    issues = [*reading.issues, *document_issues(reading, members, {}, None, at)]
    if members is not None and not any(picture_of(name) == "icon" for name in members):
        issues.append(ICON_MISSING.at("icon.png"))
    return by_severity(issues)


def picture_of(file: str) -> str | None:
    parsed = images.parse_file_name(file)
    return parsed[0] if parsed else None


def document_issues(
    reading: Reading, files: frozenset[str] | None, tables: Tables, nfc_capable: bool | None, at: datetime
) -> Iterator[Issue]:
    if not reading.understood:
        return
    if not isinstance(reading.value, dict):
        yield shapes.wrong_type(reading.value, PASS_JSON, "an object")
        return
    document = Document(keys=reading.value, at=at, files=files, strings=tables, nfc_capable=nfc_capable)
    for check in CHECKS:
        yield from check(document)


def member_issues(
    files: Mapping[str, bytes], trusted_roots: Sequence[x509.Certificate], at: datetime
) -> Iterator[Issue]:
    yield from check_manifest(files)
    signed = files.get(manifests.NAME)
    verdict = judge_signature(files.get(manifests.SIGNATURE_NAME), signed, trusted_roots, at)
    yield from verdict.issues
    tables, issues = read_translations(files)
    yield from issues
    if PASS_JSON not in files:
        yield package.PASS_JSON_MISSING.at(PASS_JSON)
    reading = read_json(files.get(PASS_JSON, b"{}"), PASS_JSON)
    yield from reading.issues
    if PASS_JSON in files:
        nfc_capable = verdict.identity.nfc if verdict.identity else None
        yield from document_issues(reading, frozenset(files), tables, nfc_capable, at)
    keys = reading.value if isinstance(reading.value, dict) else {}
    document = Document(keys=keys, at=at, files=frozenset(files), strings=tables)
    yield from check_identity(document, verdict.identity)
    yield from check_personalization(document, files)
    yield from check_pictures(document, files)


def is_bundle(data: bytes) -> bool:
    return bundle.is_bundle(package.member_names(data))


def serial_of(data: bytes) -> tuple[object, object]:
    """Pass type identifier and serial number; None for what is not there."""
    reading = read_json(package.open_package(data).files.get(PASS_JSON, b"{}"), PASS_JSON)
    keys = reading.value if isinstance(reading.value, dict) else {}
    return keys.get("passTypeIdentifier"), keys.get("serialNumber")


def under(name: str, issue: Issue) -> Issue:
    path = f"{name}/{issue.path}" if issue.path else name
    return Issue(severity=issue.severity, code=issue.code, path=path, message=issue.message, fix=issue.fix)


def by_severity(issues: Iterable[Issue]) -> list[Issue]:
    """The worst first, otherwise in the order in which they were found."""
    return sorted(issues, key=lambda issue: ORDER[issue.severity])
