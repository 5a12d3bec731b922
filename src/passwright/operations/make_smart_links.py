from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from msgspec import Struct

from passwright.data.models import Campaign, Distribution, Pass
from passwright.operations.distinct_values import TAKEN_ALREADY, distinct_digests, taken_values
from passwright.operations.issue_pass import NOTHING_OWN
from passwright.operations.pass_content import PassWanted, new_overrides
from passwright.operations.refusals import Faults, PreconditionFailed, ValidationFailed
from passwright.operations.smart_links import LONGEST_TOKEN, SmartLink, sealed
from passwright.passes.answers import holder_writes, is_blank, left_to_the_issuer, read_value
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
    own = [Faults() for _ in wanted]
    ends = [end_of(one, now, its) for one, its in zip(wanted, own, strict=True)]
    passes = [drawn_up(campaign, revision, one.values, its) for one, its in zip(wanted, own, strict=True)]
    check_names(campaign, wanted, own)
    check_distinct(campaign, [distinct_digests(revision, drawn) for drawn in passes], own)
    made = []
    for place, (one, its, expires_at) in enumerate(zip(wanted, own, ends, strict=True)):
        values = {key: portable(value) for key, value in one.values.items()}
        smart_link = SmartLink(uuid4().bytes, int(expires_at.timestamp()), one.single_use, one.external_id, values)
        if not its.errors and len(token := sealed(smart_link, link.id)) <= LONGEST_TOKEN:
            made.append(MadeSmartLink(token=token, smart_link=smart_link))
        elif not its.errors:
            its.add("values", TOO_LONG.format(len(token), LONGEST_TOKEN))
        for name, sentences in its.errors.items():
            for sentence in sentences:
                faults.add(f"links[{place}].{name}" if several else name, sentence)
    faults.check()
    return made


def portable(value: Any) -> Any:
    """A number that is too long for a token, as its digits: they are what a pass says."""
    return str(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def check_names(campaign: Campaign, wanted: Sequence[SmartLinkWanted], own: Sequence[Faults]) -> None:
    named = Counter(one.external_id for one in wanted if one.external_id)
    there = Pass.objects.filter(campaign=campaign, external_id__in=named)
    taken = set(there.values_list("external_id", flat=True)) | {name for name, number in named.items() if number > 1}
    for one, its in zip(wanted, own, strict=True):
        if one.external_id in taken:
            its.add("external_id", "has already been taken in this campaign")


def check_distinct(campaign: Campaign, digests: Sequence[Mapping[str, bytes]], own: Sequence[Faults]) -> None:
    """Of two passes with the same value there would be one."""
    asked = Counter(value for each in digests for value in each.items())
    taken = taken_values(campaign.id, asked) | {value for value, number in asked.items() if number > 1}
    for each, its in zip(digests, own, strict=True):
        for key, digest in each.items():
            if (key, digest) in taken:
                its.add(f"values.{key}", str(TAKEN_ALREADY))


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


def drawn_up(campaign: Campaign, revision: Revision, values: Mapping[str, Any], faults: Faults) -> Overrides:
    """What a pass with these values says; what it would be refused for is added to ``faults``. What is missing is asked
    for when the link is opened, if there is somebody to be asked."""
    check_values(revision, values, faults)
    wanted = PassWanted(values=dict(values))
    try:
        return new_overrides(
            NOTHING_OWN, revision, wanted, epoch=campaign.epoch, organization_id=campaign.organization_id
        )
    except ValidationFailed as refused:
        for name, sentences in refused.errors.items():
            for sentence in () if name in faults.errors else sentences:
                faults.add(name, sentence)
        return NOTHING_OWN


def check_values(revision: Revision, values: Mapping[str, Any], faults: Faults) -> None:
    for field in revision.fields:
        if field.key not in values:
            continue
        if field.behaviour is not Behaviour.DYNAMIC:
            faults.add(f"values.{field.key}", "is the same on every pass: change it in the campaign")
        elif holder_writes(field) and field.required is not False and says_nothing(values[field.key], field):
            faults.add(f"values.{field.key}", "can't be blank. Leave it out, and who opens the link is asked for it")
    for field in left_to_the_issuer(revision, values):
        faults.add(f"values.{field.key}", "is missing, and nobody who opens the link is asked for it. Send it")


def says_nothing(value: Any, field: Field) -> bool:
    """Null is the campaign's value."""
    text = field.value if value is None else value
    return text is None or text == [] or (isinstance(text, str) and is_blank(text))


def text_of(revision: Revision, field: Field, value: Any) -> str:
    """What a pass would say, for people to read; as it was sent where the field has changed since."""
    read = read_value(field, value, country=revision.country)
    return read if isinstance(read, str) else str(value)
