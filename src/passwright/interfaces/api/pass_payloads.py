"""A pass as a request describes it, read with its types; everything that is wrong is named at once."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec import UNSET

from passwright.interfaces.api.body import Body
from passwright.interfaces.api.content_payloads import (
    barcodes,
    beacons,
    images,
    locations,
    max_distance,
    sent_fields,
    sent_lists,
    user_info,
)
from passwright.interfaces.api.values import Sent, given
from passwright.operations.pass_content import PassWanted


def read_pass(body: Body, *, zone: str, v1: bool) -> PassWanted:
    """What is wanted of a pass. ``zone``: the campaign's time zone, for dates without one.

    Raises:
        ValidationFailed: naming everything that cannot be read.
    """
    sent = Sent(body.attributes if body.root else body.beside)
    wanted = PassWanted(
        fields=sent_fields(sent, of_campaign=False),
        lists=sent_lists(sent),
        merge=flag(body, sent, "merge"),
        push=flag(body, sent, "push"),
        locations=locations(sent, of_campaign=False),
        beacons=beacons(sent),
        barcode=UNSET if sent.raw("barcode") in ({}, []) else sent.barcode(bare=v1),
        barcodes=barcodes(sent),
        images=images(sent),
        max_distance=max_distance(sent),
        expiration_date=sent.moment("expiration_date", zone=ZoneInfo(zone)),
        relevant_date=sent.moment("relevant_date", zone=ZoneInfo(zone)),
        user_info=user_info(sent),
        voided=sent.boolean("voided"),
    )
    sent.check()
    return wanted


def flag(body: Body, sent: Sent, name: str) -> bool:
    """A switch inside or beside the root, on when it is not sent."""
    value = body.either(name)
    return given(Sent({} if value is UNSET else {name: value}, errors=sent.errors).boolean(name), True)
