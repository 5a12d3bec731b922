"""Pictures: which ones a phone looks for, and what it does with their sizes."""

from __future__ import annotations

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from passwright.apple import images
from passwright.apple.images import Fit, ImageKind
from passwright.apple.styles import IMAGES, SCHEME_IMAGES, StyleKey, StyleScheme
from passwright.apple.validation.document import Document
from passwright.apple.validation.issue import Issue, Severity, rules_about
from passwright.apple.validation.package import is_language

rule = rules_about("Pictures")

ICON_MISSING = rule(
    "icon_missing",
    Severity.REFUSED,
    "The pass has no icon.",
    "Add icon.png, icon@2x.png and icon@3x.png with 38, 76 and 114 pixels.",
)
ICON_UNREADABLE = rule(
    "icon_unreadable",
    Severity.REFUSED,
    "{name} {reason}, so the pass has no icon.",
    "Save it as PNG again.",
)
PICTURE_UNREADABLE = rule(
    "picture_unreadable",
    Severity.HIDDEN,
    "{name} {reason}, so it is not drawn.",
    "Save it as PNG again.",
)
DENSITY_MISSING = rule(
    "picture_density_missing",
    Severity.ADVICE,
    "{name} is missing; phones of that density scale another file, which looks blurred or costs time.",
    "Add {name} with {width} × {height} pixels at most.",
)
DENSITIES_DIFFER = rule(
    "picture_densities_differ",
    Severity.ADVICE,
    "{name} has {width} × {height} pixels; from the other densities one would expect {expected}.",
    "Make 1x, 2x and 3x from one picture.",
)
PICTURE_SHAPE = rule(
    "picture_shape",
    Severity.CLIPPED,
    "{name} has {width} × {height} pixels; phones draw it {shape} and cut off the rest.",
    "Cut the picture to {shape} yourself.",
)
PICTURE_LARGE = rule(
    "picture_larger_than_drawn",
    Severity.ADVICE,
    "{name} has {width} × {height} pixels; phones draw at most {most} and carry the rest for nothing.",
    "Scale it down to {most}.",
)
PICTURE_SMALL = rule(
    "picture_smaller_than_drawn",
    Severity.ADVICE,
    "{name} has {width} × {height} pixels; phones enlarge it to {least}, which looks blurred.",
    "Use a picture of {least}.",
)
NOT_DRAWN = rule(
    "picture_not_drawn",
    Severity.HIDDEN,
    "A {style} does not draw the picture {name}.",
    "Leave it out, or choose a style that draws it.",
)
SILENCED = rule(
    "picture_silenced_by_strip",
    Severity.HIDDEN,
    "An event ticket with a strip does not draw {name}.",
    "Remove the strip, or leave {name} out.",
)
OVERRIDDEN = rule(
    "picture_localized_overridden",
    Severity.HIDDEN,
    "{name} is never drawn: the picture of the same name at the root wins.",
    "Move the root's picture into a .lproj folder as well.",
)
LANGUAGES_DIFFER = rule(
    "picture_languages_differ",
    Severity.ADVICE,
    "{name} is missing, although another language has it.",
    "Give every language the same densities.",
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
OTHER_FORMATS = {b"\xff\xd8\xff": "JPEG", b"GIF8": "GIF", b"%PDF": "PDF", b"RIFF": "WebP", b"<svg": "SVG"}
SCALES_OF = {"artwork": (2, 3), "personalizationLogo": (2,)}
"""Pictures that Apple asks for in fewer than three densities: no phone that knows them has the others."""
SCALES = (1, 2, 3)
TOLERANCE = 0.02
STRIP_HEIGHTS = (98, 144)
PORTRAIT = (2 / 3, 3 / 2)


class Picture(Struct, frozen=True, kw_only=True):
    """A readable picture in the package."""

    file: str
    folder: str
    name: str
    scale: int
    width: int
    height: int

    @property
    def kind(self) -> ImageKind:
        return images.KINDS[self.name]


def check_pictures(document: Document, files: Mapping[str, bytes]) -> Iterator[Issue]:
    """Everything about the pictures of a package; the document says which of them are drawn."""
    files = {file: content for file, content in files.items() if is_looked_for(file)}
    pictures, unreadable = read_pictures(files)
    yield from unreadable
    if "icon" not in names_of(files):
        yield ICON_MISSING.at("icon.png")
    for picture in pictures:
        yield from size_issues(picture)
    yield from density_issues(pictures, files)
    yield from language_issues(files)
    yield from drawn_issues(document, files)


def is_looked_for(file: str) -> bool:
    """Phones look for pictures at the root and in the folders of languages."""
    folder = file.rpartition("/")[0]
    return not folder or is_language(folder)


def read_pictures(files: Mapping[str, bytes]) -> tuple[list[Picture], list[Issue]]:
    pictures, issues = [], []
    for file, content in files.items():
        parsed = images.parse_file_name(file)
        if parsed is None:
            continue
        name, scale = parsed
        size, reason = png_size(content)
        if size is None:
            broken = ICON_UNREADABLE if name == "icon" else PICTURE_UNREADABLE
            issues.append(broken.at(file, name=file, reason=reason))
        else:
            folder = file.rpartition("/")[0]
            pictures.append(Picture(file=file, folder=folder, name=name, scale=scale, width=size[0], height=size[1]))
    return pictures, issues


def png_size(content: bytes) -> tuple[tuple[int, int] | None, str]:
    """Width and height, or why it is no whole PNG. Walks the chunks and decodes nothing."""
    if not content.startswith(SIGNATURE):
        format = next((name for start, name in OTHER_FORMATS.items() if content.startswith(start)), None)
        return None, f"is a {format} and not a PNG" if format else "is not a PNG"
    at, size, kinds = len(SIGNATURE), (0, 0), set()
    while at + 12 <= len(content) and b"IEND" not in kinds:
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content) or zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return None, "is cut short or damaged"
        if kind == b"IHDR" and length == 13:
            size = struct.unpack_from(">II", content, at + 8)
        kinds.add(kind)
        at = end
    whole = {b"IHDR", b"IDAT", b"IEND"} <= kinds and min(size) > 0
    return (size, "") if whole else (None, "is cut short or damaged")


def size_issues(picture: Picture) -> Iterator[Issue]:
    """The shape first: of a picture that is cut, the size means little."""
    width, height, scale = picture.width, picture.height, picture.scale
    if shape := wanted_shape(picture):
        yield PICTURE_SHAPE.at(picture.file, name=picture.file, width=width, height=height, shape=shape)
        return
    most = [side * scale for side in picture.kind.largest]
    if width > most[0] * (1 + TOLERANCE) or height > most[1] * (1 + TOLERANCE):
        yield PICTURE_LARGE.at(
            picture.file, name=picture.file, width=width, height=height, most=f"{most[0]} × {most[1]}"
        )
    elif picture.kind.fit in (Fit.SQUARE, Fit.COVER):
        yield from smallness_issues(picture)


def smallness_issues(picture: Picture) -> Iterator[Issue]:
    """Against the smallest size that any of Apple's documents gives."""
    sizes = ((picture.kind.width, picture.kind.height), *picture.kind.other_sizes)
    width, height = (min(side) * picture.scale for side in zip(*sizes, strict=True))
    if picture.width < width * (1 - TOLERANCE) or picture.height < height * (1 - TOLERANCE):
        yield PICTURE_SMALL.at(
            picture.file,
            name=picture.file,
            width=picture.width,
            height=picture.height,
            least=f"{width} × {height}",
        )


def wanted_shape(picture: Picture) -> str | None:
    """The shape a phone cuts this picture to; None when it draws it whole."""
    shape = picture.width / picture.height
    if picture.name == "icon" and not near(shape, 1, 1):
        return "square"
    if picture.name == "strip" and not near(shape, 375 / STRIP_HEIGHTS[1], 375 / STRIP_HEIGHTS[0]):
        return "375:144 (375:98 on event tickets)"
    if picture.name == "thumbnail" and not near(shape, *PORTRAIT):
        return "between 2:3 and 3:2"
    if picture.name == "artwork" and not near(shape, 358 / 448, 358 / 448):
        return "358:448"
    return None


def near(shape: float, least: float, most: float) -> bool:
    return least * (1 - TOLERANCE) <= shape <= most * (1 + TOLERANCE)


def density_issues(pictures: list[Picture], files: Mapping[str, bytes]) -> Iterator[Issue]:
    """Each picture's own files, folder by folder."""
    groups: dict[tuple[str, str], list[Picture]] = defaultdict(list)
    for picture in pictures:
        groups[picture.folder, picture.name].append(picture)
    for (folder, name), group in groups.items():
        yield from missing_densities(folder, name, files)
        yield from differing_densities(group)


def missing_densities(folder: str, name: str, files: Mapping[str, bytes]) -> Iterator[Issue]:
    kind = images.KINDS[name]
    for scale in SCALES_OF.get(name, SCALES):
        file = "/".join(filter(None, (folder, images.file_name(name, scale))))
        if file not in files:
            width, height = kind.largest
            yield DENSITY_MISSING.at(file, name=file, width=width * scale, height=height * scale)


def differing_densities(group: list[Picture]) -> Iterator[Issue]:
    """Against the sharpest file; rounding to whole pixels is forgiven."""
    sharpest = max(group, key=lambda picture: picture.scale)
    for picture in group:
        factor = picture.scale / sharpest.scale
        width, height = sharpest.width * factor, sharpest.height * factor
        if abs(picture.width - width) > 1.5 or abs(picture.height - height) > 1.5:
            yield DENSITIES_DIFFER.at(
                picture.file,
                name=picture.file,
                width=picture.width,
                height=picture.height,
                expected=f"{round(width)} × {round(height)}",
            )


def language_issues(files: Mapping[str, bytes]) -> Iterator[Issue]:
    """A picture at the root wins over its translations; translations have the same files in every language."""
    localized: dict[str, set[str]] = defaultdict(set)
    for file in files:
        folder, _, last = file.rpartition("/")
        if folder and images.parse_file_name(last):
            localized[folder].add(last)
    for folder, names in localized.items():
        for name in sorted(names_of(names & files.keys())):
            yield OVERRIDDEN.at(f"{folder}/{name}.png", name=f"{folder}/{name}.png")
    for folder, last in missing_in_a_language(localized):
        yield LANGUAGES_DIFFER.at(f"{folder}/{last}", name=f"{folder}/{last}")


def missing_in_a_language(localized: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """A density that a language lacks of a picture it has; other pictures are its own affair."""
    everything = sorted(set().union(*localized.values()))
    for folder, names in localized.items():
        own = {images.parse_file_name(last) for last in names}
        has = {parsed[0] for parsed in own if parsed}
        for last in everything:
            parsed = images.parse_file_name(last)
            if parsed and parsed[0] in has and last not in names:
                yield folder, last


def names_of(files: Iterable[str]) -> set[str]:
    """The pictures there are, whatever their density and language."""
    return {parsed[0] for file in files if (parsed := images.parse_file_name(file))}


def drawn_issues(document: Document, files: Mapping[str, bytes]) -> Iterator[Issue]:
    present = names_of(files)
    if document.style is None:
        return
    drawn = drawn_names(document, "personalization.json" in files)
    for name in sorted(present - drawn):
        yield NOT_DRAWN.at(f"{name}.png", style=document.style, name=name)
    if document.style == "eventTicket" and "strip" in present:
        for name in sorted({"background", "thumbnail"} & present - poster_names(document)):
            yield SILENCED.at(f"{name}.png", name=name)


def drawn_names(document: Document, personalized: bool) -> set[str]:
    style = StyleKey(document.style or "")
    drawn = {*IMAGES[style], *poster_names(document)}
    if document.is_poster_generic:
        drawn |= set(IMAGES[StyleKey.POSTER_GENERIC])
    if personalized:
        drawn.add("personalizationLogo")
    return drawn


def poster_names(document: Document) -> set[str]:
    """What the newer layout draws that the pass asks for."""
    if document.is_poster_event:
        return set(SCHEME_IMAGES[StyleScheme.POSTER_EVENT_TICKET])
    if document.is_semantic_boarding:
        return set(SCHEME_IMAGES[StyleScheme.SEMANTIC_BOARDING_PASS])
    return set()
