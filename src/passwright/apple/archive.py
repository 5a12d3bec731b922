"""``.pkpass`` and ``.pkpasses``: zip archives written by hand, because nearly all of a pass is the same every time.

`prepare` lays the pictures first, stored and not deflated (PNG does not shrink), with their hashes and checksums
computed once; a build then only adds ``pass.json``, the manifest, the signature and the zip's tail. All members
carry the same fixed date, so equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from struct import Struct as Layout
from struct import pack
from typing import Protocol
from zlib import crc32

import msgspec
from msgspec import Struct

from passwright.apple import manifest as manifests

MEDIA_TYPE = "application/vnd.apple.pkpass"
BUNDLE_MEDIA_TYPE = "application/vnd.apple.pkpasses"

BUNDLE_MOST_PASSES = 10
BUNDLE_MOST_BYTES = 150_000_000

# APPNOTE.TXT 6.3.10: local file header (4.3.7), central directory header (4.3.12), end of central directory (4.3.16).
# What is the same for every file of ours is packed once: versions, flags, method, date.
VERSION_NEEDED = 20
MADE_BY = 3 << 8 | VERSION_NEEDED  # Unix, so that the permissions count
UTF8_NAME = 0x800
STORED = 0
MIDNIGHT, FIRST_OF_1980 = 0, 1 << 5 | 1
PERMISSIONS = 0o100644 << 16
SIZES = Layout("<3I")
OFFSET = Layout("<I")
END = Layout("<4s4H2IH")
END_MARK = b"PK\x05\x06"
MOST_MEMBERS = 0xFFFF - 1
MOST_BYTES = 0xFFFFFFFF - 1

RESERVED = frozenset({manifests.PASS_NAME, manifests.NAME, manifests.SIGNATURE_NAME})


class Signs(Protocol):
    """What `passwright.apple.signature.Signer` does."""

    def sign(self, manifest: bytes, signed_at: datetime) -> bytes: ...


class WrongFileName(ValueError):
    """A file of a pass needs a relative path of its own that unpacks everywhere."""


class ArchiveTooLarge(ValueError):
    """A zip archive without extensions ends at 4 GB and 65,534 files."""


class BundleTooLarge(ValueError):
    """A bundle holds at most 10 passes or 150 MB."""


class Entry(Struct, frozen=True):
    """What a zip says of a file by its name alone, around checksum and sizes: a local header and a directory entry."""

    local_start: bytes
    local_end: bytes
    central_start: bytes
    central_middle: bytes
    name: bytes


def entry(name: str) -> Entry:
    encoded = name.encode()
    flags = 0 if name.isascii() else UTF8_NAME
    common = pack("<5H", VERSION_NEEDED, flags, STORED, MIDNIGHT, FIRST_OF_1980)
    return Entry(
        b"PK\x03\x04" + common,
        pack("<2H", len(encoded), 0) + encoded,
        b"PK\x01\x02" + pack("<H", MADE_BY) + common,
        pack("<5HI", len(encoded), 0, 0, 0, 0, PERMISSIONS),
        encoded,
    )


PASS, MANIFEST, SIGNATURE = (entry(name) for name in (manifests.PASS_NAME, manifests.NAME, manifests.SIGNATURE_NAME))

# The directory's end behind the prepared files, which one call packs: the entries of the three files, the record.
TAIL = Layout(
    "<"
    + "".join(
        f"{len(made.central_start)}s3I{len(made.central_middle)}sI{len(made.name)}s"
        for made in (PASS, MANIFEST, SIGNATURE)
    )
    + END.format.removeprefix("<")
)
LOCAL_SIZES = [len(made.local_start) + SIZES.size + len(made.local_end) for made in (PASS, MANIFEST, SIGNATURE)]
PASS_LOCAL_SIZE, MANIFEST_LOCAL_SIZE, SIGNATURE_LOCAL_SIZE = LOCAL_SIZES
PASS_START, PASS_END = PASS.local_start, PASS.local_end
MANIFEST_START, MANIFEST_END = MANIFEST.local_start, MANIFEST.local_end
SIGNATURE_START, SIGNATURE_END = SIGNATURE.local_start, SIGNATURE.local_end


def lay(body: list[bytes], directory: list[bytes], offset: int, files: Iterable[tuple[Entry, bytes]]) -> int:
    """Append files, stored, and their directory entries; ``offset`` is where the first begins. Where the last ends."""
    for about, data in files:
        size = len(data)
        sizes = SIZES.pack(crc32(data), size, size)
        body += (about.local_start, sizes, about.local_end, data)
        directory += (about.central_start, sizes, about.central_middle, OFFSET.pack(offset), about.name)
        offset += len(about.local_start) + len(sizes) + len(about.local_end) + size
    return offset


class PreparedArchive(Struct, frozen=True):
    """The unchanging files of a pass, laid out. Holds their bytes once."""

    names: frozenset[str]
    body: bytes
    """Local headers and bytes of the files, in order."""
    directory: bytes
    """Their entries in the central directory."""
    digests: bytes
    """Their lines of the manifest, each with a leading comma."""

    def build(
        self, pass_json: bytes, signer: Signs, signed_at: datetime, extra: Mapping[str, bytes] | None = None
    ) -> bytes:
        """The ``.pkpass``. ``extra``: files of this pass alone, such as its own ``pass.strings``.

        Raises:
            WrongFileName: if ``extra`` repeats a prepared file or names one of the three that are made here.
            ValueError: if ``signed_at`` has no zone.
        """
        if extra:
            return self._build_with(extra, pass_json, signer, signed_at)
        manifest = manifest_of(pass_json, self.digests)
        return self._closed(pass_json, manifest, signer.sign(manifest, signed_at))

    def _build_with(self, extra: Mapping[str, bytes], pass_json: bytes, signer: Signs, signed_at: datetime) -> bytes:
        check_names(extra, taken=self.names)
        manifest = manifest_of(pass_json, self.digests + digest_lines(extra))
        files = [(PASS, pass_json), *((entry(name), data) for name, data in extra.items())]
        files += ((MANIFEST, manifest), (SIGNATURE, signer.sign(manifest, signed_at)))
        body, directory = [self.body], [self.directory]
        offset = lay(body, directory, len(self.body), files)
        return closed(body, directory, len(self.names) + len(files), offset)

    def _closed(self, pass_json: bytes, manifest: bytes, signature: bytes) -> bytes:
        """What `lay` and `closed` make of three files, without a loop: beside signing, even that counts."""
        pass_crc, manifest_crc, signature_crc = crc32(pass_json), crc32(manifest), crc32(signature)
        pass_size, manifest_size, signature_size = len(pass_json), len(manifest), len(signature)
        pass_at = len(self.body)
        manifest_at = pass_at + PASS_LOCAL_SIZE + pass_size
        signature_at = manifest_at + MANIFEST_LOCAL_SIZE + manifest_size
        directory_at = signature_at + SIGNATURE_LOCAL_SIZE + signature_size
        directory_size = len(self.directory) + TAIL.size - END.size
        count = len(self.names) + 3
        check_size(count, directory_at + directory_size)
        # fmt: off
        tail = TAIL.pack(
            PASS.central_start, pass_crc, pass_size, pass_size, PASS.central_middle, pass_at, PASS.name,
            MANIFEST.central_start, manifest_crc, manifest_size, manifest_size, MANIFEST.central_middle,
            manifest_at, MANIFEST.name,
            SIGNATURE.central_start, signature_crc, signature_size, signature_size, SIGNATURE.central_middle,
            signature_at, SIGNATURE.name,
            END_MARK, 0, 0, count, count, directory_size, directory_at, 0,
        )
        return b"".join((
            self.body,
            PASS_START, SIZES.pack(pass_crc, pass_size, pass_size), PASS_END, pass_json,
            MANIFEST_START, SIZES.pack(manifest_crc, manifest_size, manifest_size), MANIFEST_END, manifest,
            SIGNATURE_START, SIZES.pack(signature_crc, signature_size, signature_size), SIGNATURE_END, signature,
            self.directory, tail,
        ))
        # fmt: on


def manifest_of(pass_json: bytes, digests: bytes) -> bytes:
    return b'{"pass.json":"%b"%b}' % (manifests.digest(pass_json).encode(), digests)


def prepare(files: Mapping[str, bytes]) -> PreparedArchive:
    """Lay out what does not change from pass to pass: pictures and translations.

    Raises:
        WrongFileName: if a name cannot be used.
    """
    check_names(files)
    body: list[bytes] = []
    directory: list[bytes] = []
    lay(body, directory, 0, [(entry(name), data) for name, data in files.items()])
    return PreparedArchive(frozenset(files), b"".join(body), b"".join(directory), digest_lines(files))


def digest_lines(files: Mapping[str, bytes]) -> bytes:
    return b"".join(
        b',%b:"%b"' % (msgspec.json.encode(name), manifests.digest(data).encode()) for name, data in files.items()
    )


def closed(body: list[bytes], directory: list[bytes], count: int, offset: int) -> bytes:
    """The whole archive; ``offset`` is where the directory begins.

    Raises:
        ArchiveTooLarge: if it would need zip's extensions for large archives.
    """
    size = sum(map(len, directory))
    check_size(count, offset + size)
    return b"".join((*body, *directory, END.pack(END_MARK, 0, 0, count, count, size, offset, 0)))


def check_size(count: int, size: int) -> None:
    if count > MOST_MEMBERS or size > MOST_BYTES:
        raise ArchiveTooLarge(f"{count} files of {size} bytes; a pass should stay below one million")


def check_names(files: Mapping[str, bytes], taken: frozenset[str] = frozenset()) -> None:
    for name in files:
        if reason := wrong_name(name):
            raise WrongFileName(f"{name!r} {reason}")
        if name in taken:
            raise WrongFileName(f"{name!r} is in the archive already")


def wrong_name(name: str) -> str | None:
    """Why a path cannot be used; None if it can."""
    if name in RESERVED:
        return "is written by the build itself"
    if any(part in ("", ".", "..") for part in name.split("/")):
        return "is not a relative path to a file"
    if "\\" in name or any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        return "holds a backslash or a control character"
    try:
        too_long = len(name.encode()) > 0xFFFF
    except UnicodeEncodeError:
        return "is not text"
    return "is longer than a zip archive allows" if too_long else None


def bundle(passes: Mapping[str, bytes]) -> bytes:
    """A ``.pkpasses`` of whole, signed passes by file name (``ticket-1.pkpass``): several tickets in one tap.

    Raises:
        BundleTooLarge: above 10 passes or 150 MB.
        WrongFileName: if a name cannot be used.
    """
    check_names(passes)
    size = sum(map(len, passes.values()))
    if not passes or len(passes) > BUNDLE_MOST_PASSES or size > BUNDLE_MOST_BYTES:
        raise BundleTooLarge(f"{len(passes)} passes of {size} bytes: a bundle holds 1 to 10 passes, at most 150 MB")
    body: list[bytes] = []
    directory: list[bytes] = []
    offset = lay(body, directory, 0, [(entry(name), data) for name, data in passes.items()])
    return closed(body, directory, len(passes), offset)
