"""The five types of campaign, as the API addresses them. They behave alike: what differs is written here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any

from django.http import HttpResponse
from msgspec import Struct
from ninja import Router

from passwright.passes.content import Style

Handler = Callable[..., HttpResponse]


class CampaignType(Struct, frozen=True):
    """``segment`` of the address, ``root`` of request bodies, ``noun`` and ``title`` for the documentation."""

    style: Style
    segment: str
    root: str
    noun: str
    title: str

    @property
    def roots(self) -> tuple[str, str]:
        """A campaign's root; one of the old clients calls it ``pass`` for all types but one."""
        return self.root, "pass"


TYPES = (
    CampaignType(Style.BOARDING_PASS, "boarding_passes", "boarding_pass", "boarding pass campaign", "Boarding passes"),
    CampaignType(Style.COUPON, "coupons", "coupon", "coupon campaign", "Coupons"),
    CampaignType(Style.EVENT_TICKET, "event_tickets", "event_ticket", "ticket campaign", "Event tickets"),
    CampaignType(Style.GENERIC, "generics", "generic", "generic campaign", "Generics"),
    CampaignType(Style.STORE_CARD, "store_cards", "store_card", "store card campaign", "Store cards"),
)

OF_STYLE = {kind.style: kind for kind in TYPES}
"""For a campaign that is there already, whatever type the address names."""

ROOTS = frozenset(kind.root for kind in TYPES)


def add_route(
    router: Router,
    kind: CampaignType,
    method: str,
    path: str,
    handler: Handler,
    summary: str,
    *,
    in_schema: bool = True,
    **documentation: Any,
) -> None:
    """One type's route for a handler of all types (it takes the type first), also at ``/generic`` for ``/generics``:
    some printed addresses have the singular. ``in_schema`` False: another word, not shown in the documentation."""
    route = update_wrapper(partial(handler, kind), handler)
    del route.__wrapped__  # ninja would follow it to the signature with the type
    add = partial(router.add_api_operation, methods=[method], view_func=route, summary=summary, tags=[kind.title])
    add(f"/{kind.segment}{path}", include_in_schema=in_schema, **documentation)
    add(f"/{kind.root}{path}", include_in_schema=False, **documentation)
