"""How often what happened through links, exact at any moment: what is summed up, and what has been tallied since."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from msgspec import Struct
from msgspec.json import Decoder

TOTALS = """
SELECT distribution_id, json_object_agg(counter, amount)::text FROM (
    SELECT distribution_id, counter, sum(amount)::bigint AS amount FROM (
        SELECT distribution_id, counter, amount FROM distribution_count WHERE distribution_id = ANY (%(links)s)
        UNION ALL
        SELECT distribution_id, counter, amount FROM distribution_tally WHERE distribution_id = ANY (%(links)s)
    ) AS counted
    GROUP BY distribution_id, counter
) AS summed
GROUP BY distribution_id
"""


class LinkCounts(Struct, frozen=True, kw_only=True):
    """An attribute for each `passes.counters.LinkCounter`."""

    views: int = 0
    forms: int = 0
    downloads: int = 0
    installs: int = 0


read_counts = Decoder(LinkCounts).decode


def link_counts(links: Iterable[UUID]) -> dict[UUID, LinkCounts]:
    """By link, of each that is asked for."""
    asked = list(links)
    with connection.cursor() as cursor:
        cursor.execute(TOTALS, {"links": asked})
        found = {link: read_counts(amounts) for link, amounts in cursor.fetchall()}
    return {link: found.get(link, LinkCounts()) for link in asked}
