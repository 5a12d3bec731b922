"""A smart link: values for one pass in a token that only this installation can make, read or change.

What the token says is msgpack, deflated where that is shorter, and encrypted with AES-256-GCM; the link's id is the
associated data, so another link does not read it. The id of the pass stands in it: so one smart link is one pass at
most, however often and by however many it is opened. Nothing is written down when it is made.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from passwright import secrets
from passwright.data.models import Event, Pass

LONGEST_TOKEN = 1_900
"""Characters: the whole address stays below the 2,000 that every browser, mail program and code reader takes."""
LARGEST_TEXT = 256 * 1024
PLAIN, DEFLATED = b"\0", b"\1"


class SmartLink(Struct, frozen=True, array_like=True):
    """What a token says. ``expires``: seconds since the epoch. ``number``: the id of the pass."""

    number: bytes
    expires: int
    single_use: bool
    external_id: str | None
    values: dict[str, Any]

    @property
    def pass_id(self) -> UUID:
        return UUID(bytes=self.number)

    @property
    def expires_at(self) -> datetime:
        return datetime.fromtimestamp(self.expires, UTC)

    def __repr__(self) -> str:
        return f"SmartLink({self.pass_id})"  # what it says of somebody is not for logs


read_smart_link = msgspec.msgpack.Decoder(SmartLink).decode


def label(distribution_id: UUID) -> str:
    return f"smart link {distribution_id}"


def sealed(smart_link: SmartLink, distribution_id: UUID) -> str:
    """The token, in url-safe characters; it may be longer than `LONGEST_TOKEN`."""
    plain = msgspec.msgpack.encode(smart_link)
    short = deflated(plain)
    text = DEFLATED + short if len(short) < len(plain) else PLAIN + plain
    return base64.urlsafe_b64encode(secrets.encrypt(text, label=label(distribution_id))).rstrip(b"=").decode()


def deflated(plain: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(plain) + compressor.flush()


def opened(token: str, distribution_id: UUID) -> SmartLink | None:
    """What the token says, also when its time is over; None if it was changed, cut off, or is another link's."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        cipher = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        text = secrets.decrypt(cipher, label=label(distribution_id))
        plain = text[1:] if text[:1] == PLAIN else inflated(text[1:])
        return read_smart_link(plain)
    except (binascii.Error, ValueError, zlib.error, secrets.WrongSecret):
        return None


def inflated(short: bytes) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(short, LARGEST_TEXT)


def pass_of(smart_link: SmartLink, campaign_id: UUID) -> Pass | None:
    """The pass that came of it."""
    return Pass.objects.filter(id=smart_link.pass_id, campaign_id=campaign_id).first()


def is_spent(smart_link: SmartLink) -> bool:
    """Whether a pass came of it once, also one that is deleted now."""
    return Event.objects.filter(pass_id=smart_link.pass_id, kind=Event.Kind.CREATED).exists()
