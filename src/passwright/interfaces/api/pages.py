"""Lists, a page at a time, with the pagination headers of the v2 contract (names in Title-Case, none ever empty)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from passwright.interfaces.api.envelope import answer

Row = TypeVar("Row", bound=Model)

PER_PAGE = 25
MAX_PER_PAGE = 50
LARGEST = 2**62
"""Beyond it PostgreSQL cannot count; a page as far out is simply empty."""


class Page(Struct, frozen=True, kw_only=True):
    """Which rows are asked for: ``number`` counts from 1, ``offset`` rows are left out before the first page."""

    number: int = 1
    size: int = PER_PAGE
    offset: int = 0

    @property
    def start(self) -> int:
        return self.offset + (self.number - 1) * self.size

    def headers(self, total: int) -> dict[str, str]:
        """``X-Next-Page`` and ``X-Prev-Page`` are absent when there is none: clients loop on an empty one."""
        pages = -(-max(total - self.offset, 0) // self.size)
        headers = {
            "X-Total": str(total),
            "X-Total-Pages": str(pages),
            "X-Page": str(self.number),
            "X-Per-Page": str(self.size),
            "X-Offset": str(self.offset),
        }
        if self.number < pages:
            headers["X-Next-Page"] = str(self.number + 1)
        if self.number > 1:
            headers["X-Prev-Page"] = str(self.number - 1)
        return headers


def asked_page(request: HttpRequest) -> Page:
    """``page``, ``per_page`` and ``offset`` of the query string, clamped; what is not a number is the default."""
    return Page(
        number=asked_number(request.GET.get("page"), default=1, least=1, most=LARGEST),
        size=asked_number(request.GET.get("per_page"), default=PER_PAGE, least=1, most=MAX_PER_PAGE),
        offset=asked_number(request.GET.get("offset"), default=0, least=0, most=LARGEST),
    )


def asked_number(text: str | None, *, default: int, least: int, most: int) -> int:
    """However long the number is: a sign, and digits of which only the first 19 are ever read."""
    match = re.fullmatch(r"([+-]?)0*([0-9]+)", (text or "").strip())
    if match is None:
        return default
    size = int(match[2]) if len(match[2]) < 20 else LARGEST
    return max(least, min(most, -size if match[1] == "-" else size))


def paginated(request: HttpRequest, rows: QuerySet[Row], shape: Callable[[Row], Any]) -> HttpResponse:
    """One page of ``rows``, each through ``shape``."""
    return paginated_together(request, rows, lambda page: [shape(row) for row in page])


def paginated_together(
    request: HttpRequest,
    rows: QuerySet[Row],
    shapes: Callable[[Sequence[Row]], Iterable[Any]],
    *,
    total: int | None = None,
) -> HttpResponse:
    """One page of ``rows``, all of the page through ``shapes`` at once (for lists that read more rows in one go).

    ``total``: how many rows there are, where that is known; to count a million takes as long as a hundred pages.
    """
    page = asked_page(request)
    total = rows.count() if total is None else total
    within = page.start < total
    ordered = rows if rows.query.order_by else rows.order_by("created_at", "id")
    found = list(ordered[page.start : page.start + page.size]) if within else []
    response = answer(list(shapes(found)))
    for name, value in page.headers(total).items():
        response.headers[name] = value
    return response
