"""A pass as a request describes it, read with its types; everything that is wrong is named at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from passwright.operations.pass_content import PassWanted
from passwright.passes.codes import AskedBarcode
from passwright.payloads.content import (
    barcodes,
    beacons,
    blank_is_none,
    images,
    locations,
    max_distance,
    sent_fields,
    sent_lists,
    set_or_unset,
    user_info,
)
from passwright.payloads.values import MAX_NAME, Sent, given


def read_pass(attributes: Mapping[str, Any], *, beside: Mapping[str, Any], zone: str, v1: bool) -> PassWanted:
    """What is wanted of a pass. ``zone``: the campaign's time zone, for dates without one.

    ``beside``: what stands outside of the root, where the flags ``merge`` and ``push`` may stand too.

    Raises:
        ValidationFailed: naming everything that cannot be read.
    """
    sent = Sent(attributes)
    wanted = PassWanted(
        fields=sent_fields(sent, of_campaign=False),
        lists=sent_lists(sent),
        merge=flag(sent, beside, "merge"),
        push=flag(sent, beside, "push"),
        locations=locations(sent, of_campaign=False),
        beacons=beacons(sent),
        barcode=barcode(sent, v1=v1),
        barcodes=barcodes(sent),
        images=images(sent),
        max_distance=max_distance(sent),
        expiration_date=sent.moment("expiration_date", zone=ZoneInfo(zone)),
        relevant_date=sent.moment("relevant_date", zone=ZoneInfo(zone)),
        user_info=user_info(sent),
        voided=set_or_unset(sent.boolean("voided")),
        external_id=external_id(sent),
        values=values(sent),
    )
    sent.check()
    return wanted


def values(sent: Sent) -> dict[str, Any] | UnsetType:
    """By key, of whatever kind: only the campaign knows the types of its fields."""
    return set_or_unset(sent.mapping("values"))


def barcode(sent: Sent, *, v1: bool) -> AskedBarcode | UnsetType | None:
    """The pass's own code. An empty one is not said."""
    return UNSET if sent.raw("barcode") in ({}, []) else sent.barcode(bare=v1)


def flag(sent: Sent, beside: Mapping[str, Any], name: str) -> bool:
    """A switch inside or beside the root, on when it is not sent."""
    value = sent.attributes.get(name, beside.get(name, UNSET))
    return given(Sent({} if value is UNSET else {name: value}, errors=sent.errors).boolean(name), True)


def external_id(sent: Sent) -> str | UnsetType | None:
    """The client's own name for a pass; a blank one is none."""
    value = blank_is_none(sent.text("external_id", most=MAX_NAME))
    return value.strip() if isinstance(value, str) else value
