"""Answers that a link's parameters bring: ``?field-member=Ada``, or ``?member=Ada``.

Anybody can write them into an address, so they fill in only what the form asks for, and the visitor sees them and can
change them. What nobody may change goes into a smart link.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from passwright.interfaces.public.questions import input_name
from passwright.interfaces.public.returning import ANOTHER
from passwright.interfaces.public.visitors import metadata_of
from passwright.operations.distribute import asked_fields
from passwright.operations.distribution_rules import Returning
from passwright.passes.answers import longest_answer
from passwright.passes.content import Field
from passwright.queries.distributions import PublicCampaign


def prefilled(request: HttpRequest, fields: Iterable[Field]) -> dict[str, str]:
    """By key, what the address says for the fields that are asked for. ``field-`` goes first; what does not fit into a
    question is left out."""
    found = {}
    for field in fields:
        for name in (input_name(field.key), field.key):
            value = request.GET.get(name)
            if value is not None and len(value) <= longest_answer(field) and "\0" not in value:
                found[field.key] = value
                break
    return found


def metadata(request: HttpRequest, campaign: PublicCampaign) -> dict[str, str]:
    """What is kept with the pass: the page's parameters, but for those that are ours alone. A parameter that is called
    like a field is both."""
    ours = {input_name(field.key) for field in asked_fields(campaign.revision)}
    if campaign.link.returning == Returning.ASK:
        ours.add(ANOTHER)
    if campaign.link.embed_origins:
        ours.add("embed")
    return {name: value for name, value in metadata_of(request).items() if name not in ours}
