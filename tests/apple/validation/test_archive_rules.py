"""Each rule about the archive, its manifest, signature and pictures: one change, exactly one finding."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import stat
import warnings
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from passwright.apple.archive import BUNDLE_MOST_PASSES
from passwright.apple.validation import RULES, lint_archive, lint_bundle
from passwright.apple.validation import package as package_rules
from tests.apple.validation.good import (
    AT,
    authority,
    certificate,
    changed,
    densities,
    drop,
    event_ticket,
    files_of,
    generic,
    manifest_of,
    png,
    poster_event,
    put,
    signed,
    signer_of,
    store_card,
    strings,
    zipped,
)

Files = dict[str, bytes]


def codes(data: bytes, at: datetime = AT) -> list[str]:
    return [issue.code for issue in lint_archive(data, trusted_roots=[authority().root], at=at)]


def without(*starts: str) -> Callable[[Files], Files]:
    return lambda files: {name: content for name, content in files.items() if not name.startswith(starts)}


def having(**more: bytes) -> Callable[[Files], Files]:
    """Keyword arguments cannot spell file names: ``logo__png`` stands for ``logo.png``."""
    return lambda files: files | {name.replace("__", "."): content for name, content in more.items()}


def added(more: Files) -> Callable[[Files], Files]:
    return lambda files: files | more


def document(content: object) -> Callable[[Files], Files]:
    return added({"pass.json": json.dumps(content).encode()})


def personalization(content: object) -> Callable[[Files], Files]:
    return added({"personalization.json": json.dumps(content).encode()})


SIGN_UP = {"description": "Sign up", "requiredPersonalizationFields": ["PKPassPersonalizationFieldName"]}
DE, EN = "de.lproj/pass.strings", "en.lproj/pass.strings"
UTF16_LE = "\ufeff".encode("utf-16-le") + '"LEVEL" = "GOLD";'.encode("utf-16-le")
CUT_SHORT = png(480, 150)[:-20]

FILE_CASES: list[tuple[str, str, str, Callable[[Files], Files]]] = [
    # code, style of the good pass, path of the finding, change before signing
    ("pass_json_missing", "generic", "pass.json", without("pass.json")),
    ("member_nested", "generic", "images/thumbnail.png", added({"images/thumbnail.png": png(90, 90)})),
    ("member_unused", "generic", "Logo.png", added({"Logo.png": png(100, 50)})),
    ("member_unused", "generic", "readme.txt", added({"readme.txt": b"hello"})),
    ("archive_heavy", "generic", "", added({EN: strings({"LEVEL": random.Random(1).randbytes(900_000).hex()})})),
    # Pictures
    ("icon_missing", "generic", "icon.png", without("icon")),
    ("icon_unreadable", "generic", "icon@2x.png", added({"icon@2x.png": b"\xff\xd8\xff\xe0JFIF"})),
    ("picture_unreadable", "generic", "logo@3x.png", added({"logo@3x.png": CUT_SHORT})),
    ("picture_unreadable", "generic", "logo.png", added({"logo.png": b""})),
    ("picture_density_missing", "generic", "icon@3x.png", without("icon@3x")),
    ("picture_density_missing", "generic", "icon@2x.png", without("icon@2x")),
    ("picture_densities_differ", "generic", "logo.png", added({"logo.png": png(90, 50)})),
    ("picture_not_drawn", "generic", "strip.png", added(densities("strip", 375, 144))),
    ("picture_not_drawn", "coupon", "personalizationLogo.png", added(densities("personalizationLogo", 150, 40))),
    (
        "picture_localized_overridden",
        "generic",
        "de.lproj/logo.png",
        added({f"de.lproj/{name}": content for name, content in densities("logo", 100, 50).items()}),
    ),
    # Translations
    ("strings_syntax", "generic", DE, added({DE: b'"LEVEL" = "GOLD"'})),
    ("strings_encoding", "generic", DE, added({DE: UTF16_LE})),
    ("strings_encoding", "generic", DE, added({DE: b'\xef\xbb\xbf"LEVEL" = "GOLD";'})),
    ("strings_key_missing", "generic", EN, added({DE: strings({"LEVEL": "GOLD", "NAME": "NAME"})})),
    (
        "language_folder_name",
        "generic",
        "deutsch!.lproj",
        added({"deutsch!.lproj/pass.strings": strings({"LEVEL": "GOLD"})}),
    ),
    # Personalization
    ("personalization_without_nfc", "storeCard", "personalization.json", document(changed(store_card(), drop("nfc")))),
    (
        "personalization_without_web_service",
        "storeCard",
        "personalization.json",
        document(changed(store_card(), drop("webServiceURL"), drop("authenticationToken"))),
    ),
    (
        "personalization_asks_nothing",
        "storeCard",
        "personalization.json/requiredPersonalizationFields",
        personalization(SIGN_UP | {"requiredPersonalizationFields": []}),
    ),
    ("personalization_logo_missing", "storeCard", "personalizationLogo@2x.png", without("personalizationLogo")),
    (
        "unknown_word",
        "storeCard",
        "personalization.json/requiredPersonalizationFields/0",
        personalization(SIGN_UP | {"requiredPersonalizationFields": ["Name"]}),
    ),
    (
        "key_missing",
        "storeCard",
        "personalization.json",
        personalization({"requiredPersonalizationFields": ["PKPassPersonalizationFieldName"]}),
    ),
    ("json_syntax", "storeCard", "personalization.json", added({"personalization.json": b"{"})),
    # pass.json in its package
    (
        "pass_type_identifier_mismatch",
        "generic",
        "pass.json/passTypeIdentifier",
        document(generic() | {"passTypeIdentifier": "pass.com.example.other"}),
    ),
    (
        "team_identifier_mismatch",
        "generic",
        "pass.json/teamIdentifier",
        document(generic() | {"teamIdentifier": "0000000000"}),
    ),
    (
        "poster_event_without_picture",
        "posterEventTicket",
        "pass.json/preferredStyleSchemes",
        without("artwork"),
    ),
    ("json_syntax", "generic", "pass.json", added({"pass.json": b"{,}"})),
    ("wrong_type", "generic", "pass.json", added({"pass.json": b"[]"})),
]

PICTURE_SETS = [
    # code, style, pictures, in all densities of which the finding is made
    ("picture_shape", "generic", densities("icon", 38, 30)),
    ("picture_shape", "generic", densities("thumbnail", 90, 40)),
    ("picture_shape", "coupon", densities("strip", 375, 300)),
    ("picture_shape", "posterGeneric", densities("artwork", 448, 448)),
    ("picture_smaller_than_drawn", "generic", densities("icon", 20, 20)),
    ("picture_smaller_than_drawn", "coupon", densities("strip", 188, 72)),
    ("picture_larger_than_drawn", "generic", densities("logo", 320, 100)),
]


def resigned(change: Callable[[Files], bytes]) -> Callable[[Files], Files]:
    """Writes another manifest and signs it properly."""

    def tamper(files: Files) -> Files:
        manifest = change(files)
        return files | {"manifest.json": manifest, "signature": signer_of(certificate()).sign(manifest, AT)}

    return tamper


def entries(change: Callable[[dict[str, object], Files], object]) -> Callable[[Files], Files]:
    def write(files: Files) -> bytes:
        listed = json.loads(manifest_of({n: c for n, c in files.items() if n not in ("manifest.json", "signature")}))
        change(listed, files)
        return json.dumps(listed).encode()

    return resigned(write)


def upper(listed: dict[str, object], files: Files) -> None:
    listed["icon.png"] = str(listed["icon.png"]).upper()


def sha256(listed: dict[str, object], files: Files) -> None:
    listed["icon.png"] = hashlib.sha256(files["icon.png"]).hexdigest()


SIGNED_CASES: list[tuple[str, str, Callable[[Files], Files]]] = [
    # code, path, change after signing
    ("manifest_missing", "manifest.json", without("manifest.json")),
    ("json_syntax", "manifest.json", resigned(lambda files: b"{")),
    ("json_trailing_comma", "manifest.json", resigned(lambda files: files["manifest.json"].replace(b"}", b",}"))),
    ("manifest_not_flat", "manifest.json", resigned(lambda files: b"[]")),
    ("manifest_not_flat", "manifest.json/en.lproj", entries(lambda listed, _: listed.update({"en.lproj": {}}))),
    ("manifest_entry_missing", EN, entries(lambda listed, _: listed.pop(EN))),
    (
        "manifest_entry_without_file",
        "manifest.json/strip.png",
        entries(lambda listed, _: listed.update({"strip.png": "0" * 40})),
    ),
    ("manifest_hash_stale", "manifest.json/icon.png", entries(lambda listed, _: listed.update({"icon.png": "0" * 40}))),
    ("manifest_hash_stale", "manifest.json/pass.json", lambda files: files | {"pass.json": files["pass.json"] + b"\n"}),
    ("manifest_hash_sha256", "manifest.json/icon.png", entries(sha256)),
    ("manifest_hash_form", "manifest.json/icon.png", entries(lambda listed, _: listed.update({"icon.png": "sha1"}))),
    ("manifest_hash_upper_case", "manifest.json/icon.png", entries(upper)),
    (
        "manifest_lists_itself",
        "manifest.json/signature",
        entries(lambda listed, _: listed.update({"signature": "0" * 40})),
    ),
    ("signature_missing", "signature", without("signature")),
    ("signature_unreadable", "signature", added({"signature": b"signed"})),
    (
        "signature_pem",
        "signature",
        lambda files: files | {"signature": b"-----BEGIN CMS-----\n" + base64.encodebytes(files["signature"])},
    ),
    (
        "signature_of_another_manifest",
        "signature",
        lambda files: files | {"manifest.json": files["manifest.json"] + b"\n"},
    ),
    ("member_leftover", ".DS_Store", added({".DS_Store": b"\0"})),
    ("member_leftover", "__MACOSX/._icon.png", added({"__MACOSX/._icon.png": b"\0"})),
    ("member_outside", "../pass.json", added({"../pass.json": b"{}"})),
    ("member_outside", "/etc/passwd", added({"/etc/passwd": b""})),
    ("member_outside", "en.lproj\\pass.strings", added({"en.lproj\\pass.strings": b""})),
    ("wrapped_in_folder", "toy town/", lambda files: {f"toy town/{name}": content for name, content in files.items()}),
]


def good() -> Files:
    return signed(files_of("generic"))


def encrypted() -> bytes:
    """The flag alone, in the directory of the last member: nobody reads further."""
    data = bytearray(zipped(good() | {"b.txt": b""}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def compressed_otherwise() -> bytes:
    archive = io.BytesIO(zipped(good()))
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_BZIP2) as writer:
        writer.writestr("b.txt", b"bzip2")
    return archive.getvalue()


def symlinked() -> bytes:
    archive = io.BytesIO(zipped(good()))
    with zipfile.ZipFile(archive, "a") as writer:
        link = zipfile.ZipInfo("logo-link.png")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        writer.writestr(link, "logo.png")
    return archive.getvalue()


def doubled() -> bytes:
    archive = io.BytesIO(zipped(good()))
    with zipfile.ZipFile(archive, "a") as writer, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer.writestr("icon.png", b"another")
    return archive.getvalue()


def corrupt() -> bytes:
    """One octet of a stored member's content, so that its checksum is wrong."""
    archive = io.BytesIO(zipped(good()))
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_STORED) as writer:
        writer.writestr("b.txt", b"content of b")
    return archive.getvalue().replace(b"content of b", b"content of c", 1)


def bomb() -> bytes:
    """A hundred kilobytes that unpack to a hundred megabytes."""
    return zipped({"pass.json": b" " * (package_rules.MOST_UNPACKED + 1)})


def crowded() -> bytes:
    return zipped({f"{n}.txt": b"" for n in range(package_rules.MOST_MEMBERS + 1)})


ZIP_CASES: list[tuple[str, str, Callable[[], bytes]]] = [
    ("not_a_zip", "", lambda: b"PK\x03\x04 and no more"),
    ("not_a_zip", "", lambda: zipped(good())[:-30]),
    ("member_encrypted", "b.txt", encrypted),
    ("member_compression", "b.txt", compressed_otherwise),
    ("member_symlink", "logo-link.png", symlinked),
    ("member_duplicate", "icon.png", doubled),
    ("member_unreadable", "b.txt", corrupt),
    ("archive_expands_too_far", "", bomb),
    ("members_many", "", crowded),
]


@pytest.mark.parametrize(("code", "style", "path", "change"), FILE_CASES)
def test_one_change_before_signing(code: str, style: str, path: str, change: Callable[[Files], Files]) -> None:
    data = zipped(signed(change(files_of(style))))
    issues = lint_archive(data, trusted_roots=[authority().root], at=AT)
    assert [(issue.code, issue.path) for issue in issues] == [(code, path)]
    assert issues[0].severity is RULES[code].severity


@pytest.mark.parametrize(("code", "style", "pictures"), PICTURE_SETS)
def test_a_picture_of_another_size(code: str, style: str, pictures: Files) -> None:
    issues = lint_archive(zipped(signed(files_of(style) | pictures)), trusted_roots=[authority().root], at=AT)
    assert [(issue.code, issue.path) for issue in issues] == [(code, name) for name in pictures]


@pytest.mark.parametrize(("code", "path", "change"), SIGNED_CASES)
def test_one_change_after_signing(code: str, path: str, change: Callable[[Files], Files]) -> None:
    issues = lint_archive(zipped(change(good())), trusted_roots=[authority().root], at=AT)
    assert (code, path) in [(issue.code, issue.path) for issue in issues]
    # A manifest that is no object lists nothing, and one that is missing covers nothing.
    assert {issue.code for issue in issues} == {code}


@pytest.mark.parametrize(("code", "path", "make"), ZIP_CASES)
def test_a_broken_archive(code: str, path: str, make: Callable[[], bytes]) -> None:
    issues = lint_archive(make(), trusted_roots=[authority().root], at=AT)
    assert [(issue.code, issue.path) for issue in issues] == [(code, path)]


def test_a_strip_silences_the_other_pictures_of_an_event_ticket() -> None:
    files = files_of("eventTicket") | densities("strip", 375, 98)
    issues = lint_archive(zipped(signed(files)), trusted_roots=[authority().root], at=AT)
    assert [(issue.code, issue.path) for issue in issues] == [
        ("picture_silenced_by_strip", "background.png"),
        ("picture_silenced_by_strip", "thumbnail.png"),
    ]


def test_the_background_of_a_poster_is_drawn_beside_a_strip() -> None:
    files = files_of("posterEventTicket") | densities("strip", 375, 98) | densities("background", 180, 220)
    assert codes(zipped(signed(files))) == []


def test_languages_with_different_densities() -> None:
    files = without("logo")(files_of("generic"))
    files |= {f"de.lproj/{name}": content for name, content in densities("logo", 100, 50).items()}
    files |= {f"en.lproj/{name}": content for name, content in densities("logo", 100, 50).items()}
    assert codes(zipped(signed(files))) == []
    del files["en.lproj/logo@3x.png"]
    issues = lint_archive(zipped(signed(files)), trusted_roots=[authority().root], at=AT)
    assert [(issue.code, issue.path) for issue in issues] == [
        ("picture_density_missing", "en.lproj/logo@3x.png"),
        ("picture_languages_differ", "en.lproj/logo@3x.png"),
    ]


def test_the_sign_up_is_for_store_cards() -> None:
    files = files_of("coupon") | personalization(SIGN_UP)({}) | densities("personalizationLogo", 150, 40)
    files["pass.json"] = json.dumps(changed(json.loads(files["pass.json"]), put("nfc", store_card()["nfc"]))).encode()
    assert codes(zipped(signed(files))) == ["personalization_style"]


def test_nfc_needs_a_certificate_for_it() -> None:
    plain = signer_of(certificate(nfc=False))
    issues = lint_archive(zipped(signed(files_of("storeCard"), plain)), trusted_roots=[authority().root], at=AT)
    assert [(issue.code, issue.path) for issue in issues] == [("nfc_certificate", "pass.json/nfc")]
    assert codes(zipped(signed(files_of("generic"), plain))) == []


def test_a_change_message_is_looked_up_in_every_language() -> None:
    files = files_of("generic")
    translated = changed(generic(), put("generic/primaryFields/0/changeMessage", "MOVED"))
    files["pass.json"] = json.dumps(translated).encode()
    files[EN] = strings({"MOVED": "Moved to %@"})
    files[DE] = strings({"MOVED": "Nun in %@"})
    assert codes(zipped(signed(files))) == []
    files[DE] = strings({"MOVED": "Nun woanders"})
    assert codes(zipped(signed(files))) == ["change_message_without_value"]


def test_both_identifiers_are_named_when_they_differ() -> None:
    files = files_of("generic") | document(generic() | {"passTypeIdentifier": "pass.com.example.other"})({})
    (issue,) = lint_archive(zipped(signed(files)), trusted_roots=[authority().root], at=AT)
    assert "“pass.com.example.other”" in issue.message
    assert "“pass.com.example.toytown”" in issue.message


def test_bundles() -> None:
    one = zipped(signed(files_of("generic")))
    passes = {}
    for number in range(BUNDLE_MOST_PASSES + 1):
        serial = {"serialNumber": f"serial-number-{number}"}
        passes[f"{number:02}.pkpass"] = zipped(signed(files_of("generic") | document(generic() | serial)({})))

    def found(files: Files) -> list[tuple[str, str]]:
        issues = lint_bundle(zipped(files), trusted_roots=[authority().root], at=AT)
        return [(issue.code, issue.path) for issue in issues]

    assert found(passes) == [("bundle_passes_many", "")]
    assert found({"1.pkpass": one, "readme.txt": b""}) == [("bundle_other_member", "readme.txt")]
    assert found({"1.pkpass": one, "2.pkpass": one}) == [("bundle_same_serial_number", "2.pkpass")]
    assert found({"1.pkpass": zipped(signed(without("icon")(files_of("generic"))))}) == [
        ("icon_missing", "1.pkpass/icon.png")
    ]


def test_a_bundle_that_unpacks_too_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("passwright.apple.validation.bundle.MOST_BYTES", 1000)
    assert [issue.code for issue in lint_bundle(zipped({"1.pkpass": bytes(1001)}), at=AT)] == ["bundle_large"]


def test_event_tickets_stay_good_without_the_poster() -> None:
    files = files_of("eventTicket") | document(event_ticket())({})
    assert codes(zipped(signed(files))) == []
    assert codes(zipped(signed(files_of("posterEventTicket") | document(poster_event())({})))) == []


def test_what_expires_depends_on_the_time_of_looking() -> None:
    data = zipped(good())
    ends = certificate().certificate.not_valid_after_utc
    assert codes(data, ends - timedelta(days=20)) == ["certificate_expires_soon", "expired"]
    assert codes(data, ends + timedelta(days=1)) == ["certificate_expired", "expired"]
    assert codes(data, AT - timedelta(days=5, hours=2)) == ["certificate_not_yet_valid", "signing_time_future"]
    assert codes(data, AT - timedelta(days=20)) == [
        "intermediate_not_yet_valid",
        "certificate_not_yet_valid",
        "signing_time_future",
    ]
