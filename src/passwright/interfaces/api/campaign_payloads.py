"""A campaign as a request describes it, read with its types; everything that is wrong is named at once."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, UnsetType

from passwright.interfaces.api.body import Body
from passwright.interfaces.api.campaign_types import ROOTS
from passwright.operations.campaign_content import CampaignWanted
from passwright.passes.content import AfterCreate, CodeType, Language
from passwright.payloads.content import (
    barcodes,
    beacons,
    blank_is_none,
    images,
    locations,
    max_distance,
    sent_fields,
    time_zone,
    transit_type,
    user_info,
)
from passwright.payloads.values import MAX_NAME, Sent

MAX_STORES = 100
MOST_DAYS = 36_500
LARGEST_STORE = 2**53 - 1
MAX_CODE = 200
"""Characters of a code that is unique or looked up."""


def campaign_attributes(body: Body, *, root: str) -> Sent:
    """What stood under the root; a body without any root is the campaign itself.

    Raises:
        ValidationFailed: for the root of another type of campaign and nothing else than it.
    """
    sent = Sent(body.attributes if body.root else body.beside)
    if body.root is None and len(body.beside) == 1 and (other := next(iter(body.beside))) in ROOTS:
        sent.refuse(other, f"is another type of campaign; the root at this address is {root}")
        sent.check()
    return sent


def read_campaign(sent: Sent, *, zone: str, v1: bool) -> CampaignWanted:
    """What is wanted of a campaign. ``zone``: the time zone it has when the request names none.

    Raises:
        ValidationFailed: naming everything that cannot be read.
    """
    own_zone = time_zone(sent)
    wanted = CampaignWanted(
        **identity(sent),
        **content(sent, v1=v1),
        **dates(sent, zone=zone if isinstance(own_zone, UnsetType) else own_zone or "UTC"),
        **look(sent),
        **page(sent),
        **switches(sent),
        **holder(sent),
        time_zone=own_zone,
    )
    sent.check()
    return wanted


def identity(sent: Sent) -> dict[str, Any]:
    return {
        "name": sent.name(),
        "description": blank_is_none(sent.text("description")),
        "organization_name": blank_is_none(sent.text("organization_name", most=MAX_NAME)),
        "template_id": sent.uuid("template_id"),
        "certificate_id": sent.uuid("certificate_id"),
    }


def content(sent: Sent, *, v1: bool) -> dict[str, Any]:
    """What passes show, and their codes."""
    return {
        "fields": sent_fields(sent, of_campaign=True),
        "locations": locations(sent, of_campaign=True),
        "beacons": beacons(sent),
        "barcode": sent.barcode(bare=v1),
        "barcodes": barcodes(sent),
        "code_type": code_type(sent),
        "code_fixed_value": blank_is_none(sent.text("code_fixed_value", most=MAX_CODE)),
        "max_distance": max_distance(sent),
        "associated_store_identifiers": store_identifiers(sent),
        "user_info": user_info(sent),
    }


def code_type(sent: Sent) -> CodeType | UnsetType | None:
    """``sequencial`` is spelled so on the wire; the right spelling is understood."""
    if sent.raw("code_type") == "sequential":
        return CodeType.SEQUENCIAL
    return sent.choice("code_type", CodeType)


def dates(sent: Sent, *, zone: str) -> dict[str, Any]:
    return {name: sent.moment(name, zone=ZoneInfo(zone)) for name in ("expiration_date", "relevant_date")}


def look(sent: Sent) -> dict[str, Any]:
    """What goes into the template. Two of the contract's examples call the text colour ``foreground_color``."""
    text_color = "foreground_color" if "text_color" not in sent and "foreground_color" in sent else "text_color"
    return {
        "images": images(sent),
        "logo_text": sent.text("logo_text"),
        "background_color": sent.color("background_color"),
        "text_color": sent.color(text_color),
        "label_color": sent.color("label_color"),
        "transit_type": transit_type(sent),
    }


def page(sent: Sent) -> dict[str, Any]:
    """What rules the download page."""
    return {
        "remote_form_url": sent.url("remote_form_url"),
        "og_description": sent.text("og_description"),
        "javascript": sent.text("javascript"),
        "stylesheet": sent.text("stylesheet"),
    }


def switches(sent: Sent) -> dict[str, Any]:
    names = (
        "allow_multiple_redeems",
        "og",
        "render_on_short_url",
        "sync_locations_on_merge",
        "sync_beacons_on_merge",
        "merge_on_update",
        "gwallet_usage",
        "confirm_by_email",
        "allow_update",
        "allow_delete",
        "allow_transfer",
    )
    return {name: sent.boolean(name) for name in names}


def holder(sent: Sent) -> dict[str, Any]:
    """How the form and the pass speak to the visitor, and what follows the form."""
    return {
        "language": sent.choice("language", Language),
        "country": country(sent),
        "days_valid": sent.integer("days_valid", least=1, most=MOST_DAYS),
        "after_create": sent.choice("after_create", AfterCreate),
    }


def country(sent: Sent) -> str | UnsetType | None:
    code = blank_is_none(sent.text("country"))
    if isinstance(code, str) and not re.fullmatch("[A-Za-z]{2}", code.strip()):
        return sent.wrong("country", "must be the two letters of a country, such as PT")
    return code.strip().upper() if isinstance(code, str) else code


def store_identifiers(sent: Sent) -> tuple[int, ...] | UnsetType | None:
    """App Store item identifiers; digits as text are understood."""
    value = sent.raw("associated_store_identifiers")
    if value is UNSET or value is None:
        return value
    if not isinstance(value, list) or len(value) > MAX_STORES:
        return sent.wrong("associated_store_identifiers", f"must be a list of at most {MAX_STORES} numbers")
    places = {f"associated_store_identifiers[{index}]": item for index, item in enumerate(value)}
    items = Sent(places, within=sent.within, errors=sent.errors)
    read = [store_identifier(items, place) for place in places]
    return tuple(number for number in read if isinstance(number, int))


def store_identifier(items: Sent, place: str) -> int | UnsetType | None:
    items.require(place)
    return None if items.missing(place) else items.integer(place, most=LARGEST_STORE)
