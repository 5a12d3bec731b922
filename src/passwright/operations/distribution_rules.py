"""What a link demands of who comes through it, as a request asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from passwright.data.models import Campaign, Distribution
from passwright.operations.refusals import Faults, NotFound
from passwright.passes.content import Behaviour
from passwright.queries.campaigns import newest_revision

MOST_LINKS = 1_000
"""Of one campaign."""
LARGEST_LIMIT = 2**53 - 1
MOST_CLAIMS = 1_000_000
MOST_ORIGINS = 50
LONGEST_PASSWORD = 200

ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?")
ANY_ORIGIN = "*"


class LinkState(StrEnum):
    PUBLISHED = "published"
    PAUSED = "paused"
    ARCHIVED = "archived"


class Returning(StrEnum):
    """What somebody gets who comes again."""

    ALWAYS_NEW = Distribution.Returning.ALWAYS_NEW.value
    PER_VISITOR = Distribution.Returning.PER_VISITOR.value
    PER_FIELD = Distribution.Returning.PER_FIELD.value
    ASK = Distribution.Returning.ASK.value


class LinkWanted(Struct, frozen=True, kw_only=True):
    """The attributes of a link that a request sends, typed. What it does not mention is ``UNSET``; None is the default
    of an attribute, and no password, limit or time."""

    name: str | UnsetType | None = UNSET
    state: LinkState | UnsetType | None = UNSET
    pass_limit: int | UnsetType | None = UNSET
    starts_at: datetime | UnsetType | None = UNSET
    ends_at: datetime | UnsetType | None = UNSET
    password_hash: str | UnsetType | None = UNSET
    """As Django's hashers write it: it takes too long to be made while rows are locked."""
    returning: Returning | UnsetType | None = UNSET
    distinct_key: str | UnsetType | None = UNSET
    captcha: bool | UnsetType | None = UNSET
    claims_per_hour: int | UnsetType | None = UNSET
    embed_origins: tuple[str, ...] | UnsetType | None = UNSET


PLAIN = ("pass_limit", "starts_at", "ends_at", "password_hash", "distinct_key", "claims_per_hour")
"""Kept as they are sent; null is a value."""

KEPT = (*PLAIN, "name", "state", "returning", "captcha", "embed_origins")
"""Columns that say what a link demands."""


def apply_rules(link: Distribution, wanted: LinkWanted, campaign: Campaign, now: datetime) -> None:
    """Lay what was sent over the link, which nobody has saved yet.

    Raises:
        ValidationFailed: naming every attribute that cannot be as asked for.
    """
    faults = Faults()
    for name in PLAIN:
        if (value := getattr(wanted, name)) is not UNSET:
            setattr(link, name, value)
    if wanted.name is not UNSET:
        link.name = (wanted.name or "").strip()
    if wanted.returning is not UNSET:
        link.returning = str(wanted.returning or Returning.ALWAYS_NEW)
    if wanted.captcha is not UNSET:
        link.captcha = bool(wanted.captcha)
    if wanted.embed_origins is not UNSET:
        link.embed_origins = origins(wanted.embed_origins or (), faults)
    apply_state(link, wanted.state, now, faults)
    check_times(link, faults)
    check_distinct(link, wanted, campaign, faults)
    faults.check()


def apply_state(link: Distribution, state: LinkState | UnsetType | None, now: datetime, faults: Faults) -> None:
    if state is UNSET:
        return
    wanted = state or LinkState.PUBLISHED
    if link.state == LinkState.ARCHIVED and wanted is not LinkState.ARCHIVED:
        faults.add("state", "is archived, which is for good. Make another link instead")
        return
    link.state = wanted.value
    if wanted is LinkState.PUBLISHED and link.published_at is None:
        link.published_at = now


def check_times(link: Distribution, faults: Faults) -> None:
    if link.starts_at and link.ends_at and link.ends_at <= link.starts_at:
        faults.add("ends_at", "must be after starts_at")


def check_distinct(link: Distribution, wanted: LinkWanted, campaign: Campaign, faults: Faults) -> None:
    """Looked at when one of the two is sent: a field that has gone since is said to whoever claims."""
    if wanted.returning is UNSET and wanted.distinct_key is UNSET:
        return
    if link.distinct_key is None:
        if link.returning == Returning.PER_FIELD:
            faults.add("distinct_key", "is needed for per_field: the key of a dynamic field of the campaign")
        return
    fields = {field.key: field for field in newest_revision(campaign).fields}
    field = fields.get(link.distinct_key)
    if field is None or field.behaviour is not Behaviour.DYNAMIC:
        faults.add("distinct_key", "must be the key of a dynamic field of the campaign")


def origins(sent: Iterable[str], faults: Faults) -> list[str]:
    """As a policy names them: scheme, host and port in small letters, each once."""
    read = list(dict.fromkeys(origin.strip().rstrip("/").lower() for origin in sent))
    if len(read) > MOST_ORIGINS:
        faults.add("embed_origins", f"can have at most {MOST_ORIGINS} items")
    for origin in read:
        if origin != ANY_ORIGIN and not ORIGIN.fullmatch(origin):
            faults.add("embed_origins", f"has “{origin[:100]}”. Send origins such as https://shop.example, or *")
    return read


def locked_link(campaign_id: UUID, distribution_id: UUID) -> Distribution:
    """The link's row, locked until the transaction ends. Links are locked before their campaign.

    Raises:
        NotFound: if the campaign has no such link.
    """
    links = Distribution.objects.select_for_update(no_key=True).filter(campaign_id=campaign_id, deleted_at=None)
    link = links.filter(id=distribution_id).first()
    if link is None:
        raise NotFound("Distribution")
    return link
