from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from msgspec import Struct

from passwright.data.models import Campaign, Distribution, Pass
from passwright.operations.pass_content import PassWanted, new_overrides
from passwright.operations.refusals import Faults, PreconditionFailed, ValidationFailed
from passwright.operations.smart_links import LONGEST_TOKEN, SmartLink, sealed
from passwright.passes.answers import read_value
from passwright.passes.content import Behaviour, Field, Overrides, Revision
from passwright.queries.campaigns import newest_revision

MOST_AT_ONCE = 1_000
TOO_LONG = "are too long for an address ({:,} characters, {:,} fit). Shorten them"
LASTS = timedelta(days=30)
"""Where nobody says how long."""
LONGEST = timedelta(days=3 * 366)


class SmartLinkWanted(Struct, frozen=True, kw_only=True):
    """``expires_at`` or ``expires_in`` (seconds), or `LASTS`."""

    values: dict[str, Any]
    expires_at: datetime | None = None
    expires_in: int | None = None
    single_use: bool = False
    external_id: str | None = None

    def __repr__(self) -> str:
        return f"SmartLinkWanted({', '.join(self.values)})"


class MadeSmartLink(Struct, frozen=True, kw_only=True):
    """``smart_link`` is what ``token`` says to those who can read it."""

    token: str
    smart_link: SmartLink

    def __repr__(self) -> str:
        return repr(self.smart_link)


def make_smart_links(
    *, campaign: Campaign, link: Distribution, wanted: Sequence[SmartLinkWanted], now: datetime, several: bool = True
) -> list[MadeSmartLink]:
    """Tokens for one pass each, in the order of what is wanted. Nothing is written down.

    ``several``: they were sent as a list, and faults say whose they are (``links[3].values.member``).

    Raises:
        PreconditionFailed: if the link has ended or was archived: nobody could claim them.
        ValidationFailed: naming everything that is wrong with any of them.
    """
    if link.state == "archived" or (link.ends_at and link.ends_at <= now):
        raise PreconditionFailed({"distribution": "The distribution has ended: nobody could use such a link."})
    revision, faults = newest_revision(campaign), Faults()
    named = [one.external_id for one in wanted if one.external_id]
    there = set(Pass.objects.filter(campaign=campaign, external_id__in=named).values_list("external_id", flat=True))
    made = []
    for place, one in enumerate(wanted):
        own = Faults()
        expires_at = end_of(one, now, own)
        check_values(campaign, revision, one.values, own)
        if one.external_id and (one.external_id in there or named.count(one.external_id) > 1):
            own.add("external_id", "has already been taken in this campaign")
        values = {key: portable(value) for key, value in one.values.items()}
        smart_link = SmartLink(uuid4().bytes, int(expires_at.timestamp()), one.single_use, one.external_id, values)
        if not own.errors and len(token := sealed(smart_link, link.id)) <= LONGEST_TOKEN:
            made.append(MadeSmartLink(token=token, smart_link=smart_link))
        elif not own.errors:
            own.add("values", TOO_LONG.format(len(token), LONGEST_TOKEN))
        for name, sentences in own.errors.items():
            for sentence in sentences:
                faults.add(f"links[{place}].{name}" if several else name, sentence)
    faults.check()
    return made


def portable(value: Any) -> Any:
    """A number that is too long for a token, as its digits: they are what a pass says."""
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def end_of(one: SmartLinkWanted, now: datetime, faults: Faults) -> datetime:
    lasts = timedelta(seconds=one.expires_in) if one.expires_in else LASTS
    name = "expires_at" if one.expires_at else "expires_in"
    if lasts > LONGEST:
        faults.add(name, "must be within three years")
        return now
    expires_at = one.expires_at or now + lasts
    if expires_at <= now:
        faults.add(name, "must be in the future")
    elif expires_at > now + LONGEST:
        faults.add(name, "must be within three years")
    return expires_at


def check_values(campaign: Campaign, revision: Revision, values: Mapping[str, Any], faults: Faults) -> None:
    """What a pass with these values would be refused for. What is missing is asked for when the link is opened."""
    fixed = {field.key for field in revision.fields if field.behaviour is not Behaviour.DYNAMIC}
    for key in values:
        if key in fixed:
            faults.add(f"values.{key}", "is the same on every pass: change it in the campaign")
    missing = {f"values.{field.key}" for field in revision.fields if field.key not in values}
    wanted = PassWanted(values=dict(values))
    try:
        new_overrides(Overrides(), revision, wanted, epoch=campaign.epoch, organization_id=campaign.organization_id)
    except ValidationFailed as refused:
        for name, sentences in refused.errors.items():
            for sentence in sentences:
                if name not in missing and name not in faults.errors:
                    faults.add(name, sentence)


def text_of(revision: Revision, field: Field, value: Any) -> str:
    """What a pass would say, for people to read; as it was sent where the field has changed since."""
    read = read_value(field, value, country=revision.country)
    return read if isinstance(read, str) else str(value)
