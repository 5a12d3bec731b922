"""One row of a bulk import: a pass as `read_pass` reads it, and quickly where it is as most are.

`Plain` names exactly what most rows hold. A row that holds anything else, or anything that is not certainly right, is
read as a single pass is. Nothing of it can hold itself, so the collector of cycles need not look at it (``gc=False``):
it took as long as reading.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, Struct, UnsetType

from passwright.operations.pass_content import PassWanted
from passwright.operations.plain_passes import PlainField, PlainPass
from passwright.operations.refusals import ValidationFailed
from passwright.passes.content import Style
from passwright.payloads.bodies import NotReadable, NotStorable, looks_storable, parted, read_json
from passwright.payloads.content import MAX_USER_INFO
from passwright.payloads.passes import read_pass
from passwright.payloads.rows import MOST_ROW_BYTES, TOO_LONG
from passwright.payloads.texts import read_moment
from passwright.payloads.values import MAX_NAME

Fields = tuple[PlainField, ...] | UnsetType


class Plain(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    header_fields: Fields = UNSET
    primary_fields: Fields = UNSET
    secondary_fields: Fields = UNSET
    auxiliary_fields: Fields = UNSET
    back_fields: Fields = UNSET
    external_id: str | UnsetType = UNSET
    expiration_date: str | UnsetType = UNSET
    relevant_date: str | UnsetType = UNSET
    user_info: dict[str, Any] | UnsetType = UNSET
    voided: bool | UnsetType = UNSET


class RootedPlain(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    attributes: Plain = msgspec.field(name="pass")


plain_decoder = msgspec.json.Decoder(Plain)
rooted_decoder = msgspec.json.Decoder(RootedPlain)


class PassRows:
    """Reads the rows of one import (`passwright.operations.import_passes.RowReader`).

    ``zone`` is the campaign's time zone, ``version`` that of the API which the rows came by.
    """

    def __init__(self, *, style: Style, zone: str, version: str) -> None:
        self.roots = ("pass", root_of(style))
        self.zone = zone
        self.time_zone = ZoneInfo(zone)
        self.v1 = version == "v1"

    def plain(self, row: bytes) -> PlainPass | None:
        """A row that is as most are; None for any other. Whether there are its fields is the campaign's matter."""
        if not looks_storable(row):
            return None
        try:
            sent = rooted_decoder.decode(row).attributes if row.startswith(b'{"pass"') else plain_decoder.decode(row)
            return plain_pass(sent, self.time_zone) if is_short(sent) else None
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return None

    def any(self, row: bytes) -> PassWanted:
        """Any row: the attributes of a pass, bare or under a root.

        Raises:
            ValidationFailed: naming everything that cannot be read; ``base`` is the row as a whole.
        """
        if row == TOO_LONG:
            raise ValidationFailed({"base": [f"is longer than {MOST_ROW_BYTES // 1024} KiB"]})
        try:
            body = parted(object_of(row), self.roots)
        except NotReadable as error:
            raise ValidationFailed({"base": [str(error)]}) from None
        except NotStorable:
            raise ValidationFailed({"base": ["has NUL characters (\\u0000)"]}) from None
        if body.root is None and isinstance(body.beside.get("passes"), list):
            raise ValidationFailed({"base": ["is a list of passes: send them as lines, or as an array without a root"]})
        return read_pass(body.rooted_or_bare, beside=body.beside, zone=self.zone, v1=self.v1)


def root_of(style: Style) -> str:
    """``boarding_pass`` for ``boardingPass``: under it a campaign stands in bodies, and a pass may."""
    return re.sub("([A-Z])", r"_\1", style).lower()


def object_of(row: bytes) -> dict[str, Any]:
    """PHP writes an empty object as ``[]``. Raises: NotReadable, NotStorable: what is wrong with the row as a whole."""
    sent = read_json(row)
    if sent == []:
        return {}
    if not isinstance(sent, dict):
        raise NotReadable("must be a JSON object")
    return sent


def plain_pass(sent: Plain, zone: tzinfo) -> PlainPass:
    """Raises: ValueError: for what is no date."""
    return PlainPass(
        header=sent.header_fields,
        primary=sent.primary_fields,
        secondary=sent.secondary_fields,
        auxiliary=sent.auxiliary_fields,
        back=sent.back_fields,
        external_id=sent.external_id if sent.external_id is UNSET else sent.external_id.strip() or None,
        expiration_date=moment(sent.expiration_date, zone),
        relevant_date=moment(sent.relevant_date, zone),
        user_info=sent.user_info,
        voided=sent.voided,
    )


def moment(text: str | UnsetType, zone: tzinfo) -> datetime | UnsetType:
    """Raises: ValueError: if it is none; a blank one is looked at with the whole row."""
    return text if text is UNSET else read_moment(text, zone=zone)


def is_short(sent: Plain) -> bool:
    """No other text can be too long: the row is not."""
    named = sent.external_id is UNSET or len(sent.external_id) <= MAX_NAME
    return named and (sent.user_info is UNSET or len(msgspec.json.encode(sent.user_info)) <= MAX_USER_INFO)
