"""A pass as a phone holds it, and why a phone would not take one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from cryptography import x509
from msgspec import Struct

from passwright.apple import manifest as manifests
from passwright.apple import strings
from passwright.apple.validation import Issue, Severity, lint_archive
from passwright.apple.validation.document import PASS_JSON
from passwright.apple.validation.package import open_package

HTTP_ALLOWED = frozenset({"web_service_http"})
"""What a phone overlooks while Allow HTTP Services is switched on in its developer settings."""

LANGUAGES = ("en", "en-US", "en-GB")
"""Of the phone, the first that a pass has."""


class Refused(Exception):
    """The phone does not take the pass. The text says why, a reason a line; ``issues`` are the linter's."""

    def __init__(self, reason: str, issues: Sequence[Issue] = ()) -> None:
        super().__init__(reason)
        self.issues = tuple(issues)


class HeldPass(Struct, kw_only=True):
    """``last_modified`` is the header as it came, or empty. The authentication token is not in the repr."""

    pass_type_identifier: str
    serial_number: str
    web_service_url: str
    """Empty: the pass is never updated."""
    authentication_token: str
    organization: str
    pass_json: bytes
    manifest: bytes
    last_modified: str = ""
    changed_at: datetime
    """When it last came with something new."""
    registered: bool = False
    translations: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"HeldPass({self.pass_type_identifier!r}, {self.serial_number!r})"

    @property
    def name(self) -> tuple[str, str]:
        """Two passes with the same are one: the later takes the place of the earlier."""
        return self.pass_type_identifier, self.serial_number

    @property
    def keys(self) -> dict[str, Any]:
        found = msgspec.json.decode(self.pass_json)
        assert isinstance(found, dict)
        return found

    def field(self, key: str) -> Any:
        """The value of a field, wherever it stands; None if there is no such field."""
        for style in self.keys.values():
            for group in style.values() if isinstance(style, dict) else ():
                for field in group if isinstance(group, list) else ():
                    if isinstance(field, dict) and field.get("key") == key:
                        return field.get("value")
        return None


def read_pass(
    archive: bytes,
    *,
    at: datetime,
    trusted_roots: Sequence[x509.Certificate] = (),
    overlooked: Collection[str] = frozenset(),
    verifies: bool = True,
) -> HeldPass:
    """Open a ``.pkpass`` as a phone does: with every check of the linter, unless ``verifies`` is false.

    Raises:
        Refused: with what the linter says a phone refuses, except for the codes ``overlooked``.
    """
    if verifies:
        check(archive, at=at, trusted_roots=trusted_roots, overlooked=overlooked)
    files = open_package(archive).files
    try:
        keys = msgspec.json.decode(files.get(PASS_JSON, b""))
    except msgspec.DecodeError:
        keys = None
    if not isinstance(keys, dict) or manifests.NAME not in files:
        raise Refused("It is no pass: there is no pass.json or no manifest in it.")
    return held(keys, files, at)


def check(
    archive: bytes, *, at: datetime, trusted_roots: Sequence[x509.Certificate], overlooked: Collection[str]
) -> None:
    """
    Raises:
        Refused: as `read_pass`.
    """
    issues = [
        issue
        for issue in lint_archive(archive, trusted_roots=trusted_roots, at=at)
        if issue.severity is Severity.REFUSED and issue.code not in overlooked
    ]
    if issues:
        raise Refused("\n".join(f"{issue.path or 'the file'}: {issue.message}" for issue in issues), issues)


def held(keys: Mapping[str, Any], files: Mapping[str, bytes], at: datetime) -> HeldPass:
    def text(key: str) -> str:
        value = keys.get(key, "")
        return value if isinstance(value, str) else ""

    return HeldPass(
        pass_type_identifier=text("passTypeIdentifier"),
        serial_number=text("serialNumber"),
        web_service_url=text("webServiceURL").rstrip("/"),
        authentication_token=text("authenticationToken"),
        organization=text("organizationName"),
        pass_json=files[PASS_JSON],
        manifest=files[manifests.NAME],
        changed_at=at,
        translations=translations_of(files),
    )


def translations_of(files: Mapping[str, bytes]) -> dict[str, str]:
    for language in LANGUAGES:
        try:
            if found := files.get(strings.path(language)):
                return strings.parse(found)
        except strings.MalformedStrings:
            continue
    return {}


def same_manifest(one: HeldPass, other: HeldPass) -> bool:
    """Whether no file of the pass has changed, in whatever order the manifests list them."""
    try:
        return bool(msgspec.json.decode(one.manifest) == msgspec.json.decode(other.manifest))
    except msgspec.DecodeError:
        return one.manifest == other.manifest
