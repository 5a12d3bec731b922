"""The zip archive around a pass: opened with limits, because it may come from anybody."""

from __future__ import annotations

import io
import stat
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from msgspec import Struct

from passwright.apple import images, manifest, strings
from passwright.apple.validation.issue import Issue, Severity, rules_about

rule = rules_about("The archive")

NOT_A_ZIP = rule(
    "not_a_zip",
    Severity.REFUSED,
    "The file is not a zip archive that can be read to its end.",
    "Build the pass again, and check that the file arrived whole.",
)
MEMBERS_MANY = rule(
    "members_many",
    Severity.REFUSED,
    "The archive has {count} members; no pass needs more than {limit}.",
    "Remove what does not belong to the pass.",
)
EXPANDS_TOO_FAR = rule(
    "archive_expands_too_far",
    Severity.REFUSED,
    "Unpacked the archive takes more than {limit} MB; it is read no further.",
    "Remove or shrink the large members.",
)
ARCHIVE_HEAVY = rule(
    "archive_heavy",
    Severity.ADVICE,
    "The pass has {size} KB. Above 1 MB it arrives slowly by mail, by AirDrop and with every update.",
    "Make the pictures smaller.",
)
MEMBER_UNREADABLE = rule(
    "member_unreadable",
    Severity.REFUSED,
    "The member {name} cannot be unpacked.",
    "Build the pass again.",
)
MEMBER_ENCRYPTED = rule(
    "member_encrypted",
    Severity.REFUSED,
    "The member {name} is encrypted.",
    "Zip the pass without a password.",
)
MEMBER_COMPRESSION = rule(
    "member_compression",
    Severity.REFUSED,
    "The member {name} is compressed by method {method}; phones unpack stored and deflated members.",
    "Zip the pass with deflate, which every zip program uses by default.",
)
MEMBER_SYMLINK = rule(
    "member_symlink",
    Severity.REFUSED,
    "The member {name} is a symbolic link.",
    "Put the file itself into the archive.",
)
MEMBER_DUPLICATE = rule(
    "member_duplicate",
    Severity.REFUSED,
    "Two members are called {name}.",
    "Keep one of them.",
)
MEMBER_OUTSIDE = rule(
    "member_outside",
    Severity.REFUSED,
    "The member {name} leads out of the archive.",
    "Use plain relative names with forward slashes.",
)
LEFTOVER = rule(
    "member_leftover",
    Severity.REFUSED,
    "{name} was left by the computer the pass was zipped on, and the manifest does not list it.",
    "Zip without it: zip -r pass.pkpass . -x '*.DS_Store' -x '__MACOSX*'.",
)
WRAPPED = rule(
    "wrapped_in_folder",
    Severity.REFUSED,
    "The members lie in the folder {name}; phones look for pass.json at the root.",
    "Zip the contents of the folder, not the folder.",
)
MEMBER_NESTED = rule(
    "member_nested",
    Severity.HIDDEN,
    "Phones do not look for {name}: they read the root and the .lproj folders.",
    "Move the file to the root.",
)
MEMBER_UNUSED = rule(
    "member_unused",
    Severity.ADVICE,
    "Phones know no file called {name}. Capitals count, and pictures are PNG.",
    "Rename the file, or leave it out.",
)
PASS_JSON_MISSING = rule(
    "pass_json_missing",
    Severity.REFUSED,
    "The archive has no pass.json.",
    "Put pass.json at the root of the archive.",
)

MOST_MEMBERS = 1_000
MOST_UNPACKED = 64 * 1_000_000
HEAVY = 1_000_000

LEFTOVERS = (".DS_Store", "Thumbs.db", "desktop.ini")
DOCUMENTS = ("pass.json", manifest.NAME, manifest.SIGNATURE_NAME, "personalization.json")

# All that `zipfile` raises for archives that are broken or meant to break it.
BROKEN_ZIP = (
    BadZipFile,
    LargeZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)


class Package(Struct, frozen=True):
    """The members that could be read, by their names at the root, and what is wrong with the archive."""

    issues: tuple[Issue, ...]
    files: Mapping[str, bytes]
    readable: bool = True


def open_package(data: bytes) -> Package:
    """Reads a ``.pkpass``, at most 64 MB unpacked."""
    package = unpack(data, MOST_UNPACKED)
    if not package.readable:
        return package
    files, wrapped = unwrapped(package.files)
    heavy = [ARCHIVE_HEAVY.at("", size=len(data) // 1000)] if len(data) > HEAVY else []
    return Package((*package.issues, *wrapped, *heavy, *place_issues(files)), files)


def unpack(data: bytes, limit: int) -> Package:
    """The members of any zip archive; those that a pass must not have are left out with an issue each."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_MEMBERS:
                return Package((MEMBERS_MANY.at("", count=len(members), limit=MOST_MEMBERS),), {}, False)
            return read_members(archive, members, limit)
    except BROKEN_ZIP:
        return Package((NOT_A_ZIP.at(""),), {}, False)


def read_members(archive: ZipFile, members: Iterable[ZipInfo], limit: int) -> Package:
    """Counts what really comes out: the sizes an archive states may be wrong on purpose."""
    issues: list[Issue] = []
    files: dict[str, bytes] = {}
    left = limit
    for member in members:
        if issue := member_issue(member, files):
            issues.append(issue)
            continue
        try:
            with archive.open(member) as stream:
                content = stream.read(left + 1)
        except BROKEN_ZIP:
            issues.append(MEMBER_UNREADABLE.at(member.filename, name=member.filename))
            continue
        left -= len(content)
        if left < 0:
            return Package((*issues, EXPANDS_TOO_FAR.at("", limit=limit // 1_000_000)), {}, False)
        files[member.filename] = content
    return Package(tuple(issues), files)


def member_issue(member: ZipInfo, before: Collection[str]) -> Issue | None:
    name = member.filename
    if is_leftover(name):
        return LEFTOVER.at(name, name=name)
    if leads_outside(name):
        return MEMBER_OUTSIDE.at(name, name=name)
    if name in before:
        return MEMBER_DUPLICATE.at(name, name=name)
    if member.flag_bits & 1:
        return MEMBER_ENCRYPTED.at(name, name=name)
    if stat.S_ISLNK(member.external_attr >> 16):
        return MEMBER_SYMLINK.at(name, name=name)
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return MEMBER_COMPRESSION.at(name, name=name, method=member.compress_type)
    return None


def is_leftover(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return "__MACOSX" in name.split("/")[:-1] or last in LEFTOVERS or last.startswith("._")


def leads_outside(name: str) -> bool:
    return name.startswith("/") or "\\" in name or name[1:2] == ":" or ".." in name.split("/")


def unwrapped(files: Mapping[str, bytes]) -> tuple[Mapping[str, bytes], list[Issue]]:
    """Looks into the folder that somebody zipped instead of its contents, so that one mistake is not told as ten."""
    folders = [name.removesuffix("pass.json") for name in files if name.endswith("/pass.json")]
    if "pass.json" in files or len(folders) != 1:
        return files, []
    folder = folders[0]
    inside = {name.removeprefix(folder): content for name, content in files.items() if name.startswith(folder)}
    return inside, [WRAPPED.at(folder, name=folder.rstrip("/"))]


def place_issues(files: Mapping[str, bytes]) -> Iterator[Issue]:
    for name in files:
        folder, _, last = name.rpartition("/")
        if folder and not is_language(folder):
            yield MEMBER_NESTED.at(name, name=name)
        elif not is_known(folder, last):
            yield MEMBER_UNUSED.at(name, name=name)


def is_language(folder: str) -> bool:
    return folder.endswith(".lproj") and "/" not in folder


def is_known(folder: str, last: str) -> bool:
    if images.parse_file_name(last):
        return True
    return last == strings.FILE_NAME if folder else last in DOCUMENTS


def member_names(data: bytes) -> list[str]:
    """The names in an archive; none if it cannot be read."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            return archive.namelist()
    except BROKEN_ZIP:
        return []
