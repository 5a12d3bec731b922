"""A pass.json as the rules look at it: its keys, its layouts, and what lies beside it in the package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

PASS_JSON = "pass.json"
LEGACY_STYLES = ("boardingPass", "coupon", "eventTicket", "generic", "storeCard")
POSTER_GENERIC = "posterGeneric"
GROUPS = (
    "headerFields",
    "primaryFields",
    "secondaryFields",
    "auxiliaryFields",
    "backFields",
    "additionalInfoFields",
    "footerFields",
)
BACK_GROUPS = ("backFields", "additionalInfoFields")


class PassField(Struct, frozen=True):
    """A field where it stands. ``attributes`` is the JSON object."""

    style: str
    group: str
    attributes: dict[str, Any]
    path: str


class Document(Struct, frozen=True, kw_only=True):
    """Everything a rule about pass.json may ask for. None means: not known here, so say nothing about it."""

    keys: dict[str, Any]
    at: datetime
    files: frozenset[str] | None = None
    """Names of the members beside pass.json."""
    strings: Mapping[str, Mapping[str, str]] = {}
    """Language to its table of pass.strings."""
    nfc_capable: bool | None = None
    """Whether the certificate may sign NFC passes."""

    @property
    def styles(self) -> tuple[str, ...]:
        return tuple(style for style in LEGACY_STYLES if style in self.keys)

    @property
    def style(self) -> str | None:
        """The legacy style, when there is exactly one."""
        return self.styles[0] if len(self.styles) == 1 else None

    @property
    def body(self) -> dict[str, Any]:
        """The object of the legacy style; empty when there is none."""
        return mapping(self.keys.get(self.style or ""))

    @property
    def schemes(self) -> tuple[str, ...]:
        return tuple(scheme for scheme in sequence(self.keys.get("preferredStyleSchemes")) if isinstance(scheme, str))

    @property
    def is_poster_event(self) -> bool:
        return "posterEventTicket" in self.schemes and self.style == "eventTicket"

    @property
    def is_semantic_boarding(self) -> bool:
        return "semanticBoardingPass" in self.schemes and self.style == "boardingPass"

    @property
    def is_poster_generic(self) -> bool:
        return POSTER_GENERIC in self.keys

    @property
    def semantics(self) -> dict[str, Any]:
        return mapping(self.keys.get("semantics"))

    @property
    def barcodes(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        """Every code with its path, in the order in which the system tries them."""
        listed = sequence(self.keys.get("barcodes"))
        return tuple((f"{PASS_JSON}/barcodes/{n}", code) for n, code in enumerate(listed) if isinstance(code, dict))

    def path(self, *keys: object) -> str:
        return "/".join((PASS_JSON, *(str(key) for key in keys)))

    def has(self, key: str, kind: type) -> bool:
        return isinstance(self.keys.get(key), kind)

    def fields(self) -> Iterator[PassField]:
        """All fields of all layouts, in reading order."""
        for style in (*self.styles, POSTER_GENERIC):
            for group in GROUPS:
                yield from self.fields_of(style, group)

    def fields_of(self, style: str, group: str) -> Iterator[PassField]:
        for index, entry in enumerate(sequence(mapping(self.keys.get(style)).get(group))):
            if isinstance(entry, dict):
                yield PassField(style, group, entry, self.path(style, group, index))

    def texts(self, value: str) -> tuple[str, ...]:
        """What a localisable text says: itself, or its translations."""
        found = {table[value] for table in self.strings.values() if value in table}
        return tuple(sorted(found)) or (value,)

    def pictures(self) -> frozenset[str]:
        """The pictures in the package, by name without density and language; empty when the files are not known."""
        return frozenset(picture_name(file) for file in self.files or () if file.endswith(".png"))


def picture_name(file: str) -> str:
    """``de.lproj/logo@2x.png`` → ``logo``."""
    stem = file.rsplit("/", 1)[-1].removesuffix(".png")
    return stem.removesuffix("@2x").removesuffix("@3x")


def mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
