"""A link as a request describes it, read with its types; everything that is wrong is named at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from msgspec import UNSET, UnsetType

from passwright.operations.distribution_rules import (
    LARGEST_LIMIT,
    LONGEST_PASSWORD,
    MOST_CLAIMS,
    MOST_ORIGINS,
    LinkState,
    LinkWanted,
    Returning,
)
from passwright.operations.make_smart_links import MOST_AT_ONCE, SmartLinkWanted
from passwright.payloads.content import blank_is_none
from passwright.payloads.values import MAX_NAME, Sent, given

LONGEST_SECONDS = 2**31 - 1


def read_link(attributes: Mapping[str, Any], *, zone: tzinfo) -> LinkWanted:
    """What is wanted of a link; times without a zone are read in ``zone``.

    Raises:
        ValidationFailed: naming everything that cannot be read.
    """
    sent = Sent(attributes)
    password = sent.text("password", most=LONGEST_PASSWORD)
    wanted: dict[str, Any] = {
        "name": sent.text("name", most=MAX_NAME),
        "state": sent.choice("state", LinkState),
        "pass_limit": sent.integer("pass_limit", least=1, most=LARGEST_LIMIT),
        "starts_at": sent.moment("starts_at", zone=zone),
        "ends_at": sent.moment("ends_at", zone=zone),
        "returning": sent.choice("returning", Returning),
        "distinct_key": blank_is_none(sent.text("distinct_key", most=MAX_NAME)),
        "captcha": sent.boolean("captcha"),
        "claims_per_hour": sent.integer("claims_per_hour", least=1, most=MOST_CLAIMS),
        "embed_origins": origins(sent),
    }
    sent.check()
    return LinkWanted(**wanted, password_hash=hashed(password))


def hashed(password: str | UnsetType | None) -> str | UnsetType | None:
    """An empty password is none."""
    return make_password(password) if isinstance(password, str) and password else None if password == "" else password


def origins(sent: Sent) -> tuple[str, ...] | UnsetType | None:
    value = sent.raw("embed_origins")
    if value is UNSET or value is None:
        return value
    if not isinstance(value, list) or len(value) > MOST_ORIGINS or not all(isinstance(item, str) for item in value):
        return sent.wrong(
            "embed_origins", f"must be a list of at most {MOST_ORIGINS} origins such as https://shop.example"
        )
    return tuple(value)


def read_distribution_id(attributes: Mapping[str, Any]) -> UUID | None:
    """Through which link a pass is made by somebody who asks the API for it; None if through none.

    Raises:
        ValidationFailed: if it cannot be an id.
    """
    sent = Sent(attributes)
    wanted = sent.uuid("distribution_id")
    sent.check()
    return given(wanted, None)


def read_smart_links(attributes: Mapping[str, Any], *, zone: tzinfo) -> tuple[SmartLinkWanted, ...]:
    """One link, or those of the list ``links``, whose parts may also stand beside it for all of them.

    Raises:
        ValidationFailed: naming everything that cannot be read.
    """
    sent = Sent(attributes)
    several = sent.objects("links", most=MOST_AT_ONCE)
    if isinstance(several, list):
        ours = {name: value for name, value in attributes.items() if name in OF_ALL}
        wanted = [smart_link(with_common(one, ours), zone) for one in several]
        if not several:
            sent.refuse("links", "can't be empty")
    else:
        wanted = [smart_link(sent, zone)]
    sent.check()
    return tuple(wanted)


def with_common(one: Sent, common: Mapping[str, Any]) -> Sent:
    return Sent({**common, **one.attributes}, within=one.within, errors=one.errors)


OF_ALL = frozenset({"expires_in", "expires_at", "single_use"})


def smart_link(sent: Sent, zone: tzinfo) -> SmartLinkWanted:
    values = sent.mapping("values")
    expires_at = sent.moment("expires_at", zone=zone)
    expires_in = sent.integer("expires_in", least=1, most=LONGEST_SECONDS)
    if isinstance(expires_at, datetime) and isinstance(expires_in, int):
        sent.refuse("expires_in", "can't be sent with expires_at")
    external_id = blank_is_none(sent.text("external_id", most=MAX_NAME))
    return SmartLinkWanted(
        values=given(values, {}),
        expires_at=given(expires_at, None),
        expires_in=given(expires_in, None),
        single_use=given(sent.boolean("single_use"), False),
        external_id=external_id.strip() if isinstance(external_id, str) else None,
    )
