"""What every wallet's translator offers. A wallet translates what a pass says; it never calls anybody."""

from __future__ import annotations

from typing import Protocol, TypeVar

from msgspec import Struct

from passwright.passes.content import Content


class Unsupported(Struct, frozen=True, kw_only=True):
    """Something that a pass says and this wallet cannot show as asked. No error: the pass is made all the same."""

    path: str
    """Where in the content: ``fields.points``, ``barcodes.1``, ``locations``."""
    message: str
    """What the phone does instead."""
    fix: str


Issuer = TypeVar("Issuer", contravariant=True)
Rendered = TypeVar("Rendered", covariant=True)


class Wallet(Protocol[Issuer, Rendered]):
    """A module is enough to fulfil this."""

    def unsupported(self, content: Content) -> list[Unsupported]:
        """What the wallet cannot show as asked, in reading order; empty if all is well."""

    def render(self, content: Content, issuer: Issuer) -> Rendered:
        """The content in the vendor's format."""
