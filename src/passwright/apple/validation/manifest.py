"""manifest.json against the files it lists."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from passwright.apple import manifest
from passwright.apple.validation import shapes
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.json_text import read_json

rule = rules_about("The manifest")

MANIFEST_MISSING = rule(
    "manifest_missing",
    Severity.REFUSED,
    "The archive has no manifest.json.",
    "List the SHA-1 of every file in manifest.json, and sign it.",
)
MANIFEST_NOT_FLAT = rule(
    "manifest_not_flat",
    Severity.REFUSED,
    "manifest.json is not one flat object from file names to hashes: {key} is {found}.",
    'Write it flat: {{"icon.png": "…", "en.lproj/pass.strings": "…"}}.',
)
MANIFEST_LACKS = rule(
    "manifest_entry_missing",
    Severity.REFUSED,
    "The manifest does not list {name}.",
    "List every file but manifest.json and signature, those in .lproj folders with their folder, and sign again.",
)
MANIFEST_STALE = rule(
    "manifest_hash_stale",
    Severity.REFUSED,
    "{name} has changed since its hash was written into the manifest.",
    "Write the manifest after the last change of any file, and sign it again.",
)
MANIFEST_NO_FILE = rule(
    "manifest_entry_without_file",
    Severity.REFUSED,
    "The manifest lists {name}, which is not in the archive.",
    "Remove the entry or add the file, and sign again.",
)
MANIFEST_SHA256 = rule(
    "manifest_hash_sha256",
    Severity.REFUSED,
    "The manifest has the SHA-256 of {name}. Phones compare SHA-1.",
    "Write the SHA-1 in lower-case hexadecimal, and sign again.",
)
MANIFEST_HASH_FORM = rule(
    "manifest_hash_form",
    Severity.REFUSED,
    "The hash of {name} is “{value}”, which is not a SHA-1 in hexadecimal.",
    "Write the 40 hexadecimal digits of the file's SHA-1, and sign again.",
)
MANIFEST_UPPER_CASE = rule(
    "manifest_hash_upper_case",
    Severity.ADVICE,
    "The hash of {name} is written in capitals; Apple writes lower case.",
    "Write the hash in lower case, and sign again.",
)
MANIFEST_LISTS_ITSELF = rule(
    "manifest_lists_itself",
    Severity.REFUSED,
    "The manifest lists {name}, whose hash cannot be known when the manifest is written.",
    "Leave manifest.json and signature out of the manifest.",
)

SHA1 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
ITSELF = (manifest.NAME, manifest.SIGNATURE_NAME)


def check_manifest(files: Mapping[str, bytes]) -> Iterator[Issue]:
    data = files.get(manifest.NAME)
    if data is None:
        yield MANIFEST_MISSING.at(manifest.NAME)
        return
    reading = read_json(data, manifest.NAME)
    yield from reading.issues
    if not reading.understood:
        return
    if isinstance(reading.value, dict):
        yield from entry_issues(reading.value, files)
    else:
        yield MANIFEST_NOT_FLAT.at(manifest.NAME, key="the whole", found=shapes.kind(reading.value))


def entry_issues(entries: Mapping[str, object], files: Mapping[str, bytes]) -> Iterator[Issue]:
    for name, value in entries.items():
        if issue := entry_issue(name, value, files):
            yield issue
    for name in files:
        if name not in entries and name not in ITSELF:
            yield MANIFEST_LACKS.at(name, name=name)


def entry_issue(name: str, value: object, files: Mapping[str, bytes]) -> Issue | None:
    path = f"{manifest.NAME}/{name}"
    if not isinstance(value, str):
        return MANIFEST_NOT_FLAT.at(path, key=name, found=shapes.kind(value))
    if name in ITSELF:
        return MANIFEST_LISTS_ITSELF.at(path, name=name)
    if name not in files:
        return MANIFEST_NO_FILE.at(path, name=name)
    return hash_issue(name, value, files[name], path)


def hash_issue(name: str, value: str, content: bytes, path: str) -> Issue | None:
    right = manifest.digest(content)
    if value == right:
        return None
    if value.lower() == right:
        return MANIFEST_UPPER_CASE.at(path, name=name)
    if SHA256.fullmatch(value) and value.lower() == hashlib.sha256(content).hexdigest():
        return MANIFEST_SHA256.at(path, name=name)
    if not SHA1.fullmatch(value):
        return MANIFEST_HASH_FORM.at(path, name=name, value=value)
    return MANIFEST_STALE.at(path, name=name)
