"""What a pass keeps beside a point that it gives: the stores of its campaign nearest to it."""

from __future__ import annotations

from msgspec.structs import replace

from passwright.data.models import Campaign
from passwright.passes.content import FieldOverride, Overrides, Revision
from passwright.passes.places import MOST_PLACES, read_places
from passwright.passes.substitution import plan_of
from passwright.queries.stores import store_list


def with_stores(own: Overrides, revision: Revision, campaign: Campaign) -> Overrides:
    """The same overrides where no field of the revision says the places of a pass."""
    plan = plan_of(revision)
    if plan is None or not plan.places or not own.fields:
        return own
    fields = tuple(with_nearest(field, campaign) if field.key in plan.places else field for field in own.fields)
    return own if fields == own.fields else replace(own, fields=fields)


def with_nearest(field: FieldOverride, campaign: Campaign) -> FieldOverride:
    point = read_places(field.value).near
    return replace(field, stores=store_list(campaign).nearest(point, MOST_PLACES) if point else ())
