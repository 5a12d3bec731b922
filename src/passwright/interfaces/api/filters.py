"""``q[...]``: conditions and order of a list, as Ransack had them.

``q[<attribute>_<predicate>]=value`` (several combine with AND) and ``q[s]=<attribute>+asc|desc``, several separated by
commas. A parameter that is unknown, or whose value does not fit its attribute, changes nothing and is named in the
answer's ``X-Ignored-Params`` header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, quote
from uuid import UUID

from django.db.models import Lookup, Model, Q, QuerySet, TextField
from django.http import HttpRequest
from msgspec import Struct

from passwright.payloads import texts

Row = TypeVar("Row", bound=Model)

if TYPE_CHECKING:
    TextLookup = Lookup[Any]  # Django's own class takes no type at run time
else:
    TextLookup = Lookup


class Kind(StrEnum):
    """The type of an attribute's values."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    UUID = "uuid"


class Attribute(Struct, frozen=True):
    """An attribute that a list can be filtered and sorted by. ``column``: the ORM path, when it is another word."""

    kind: Kind
    column: str = ""


class Unfit(Exception):
    """A value that its attribute cannot have, or a blank one, which is no condition."""


class Like(TextLookup):
    """SQL ``ILIKE``, as Ransack's on PostgreSQL, with the caller's own ``%`` and ``_``."""

    lookup_name = "like"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_parameters = self.process_lhs(compiler, connection)
        right, right_parameters = self.process_rhs(compiler, connection)
        return f"{left} ILIKE {right}", (*left_parameters, *right_parameters)


TextField.register_lookup(Like)

ALL = frozenset(Kind)
TEXT_ONLY = frozenset({Kind.TEXT})
ORDERED = ALL - {Kind.BOOLEAN}
PREDICATES: dict[str, tuple[str, frozenset[Kind], bool]] = {
    "not_eq": ("exact", ALL, True),
    "eq": ("exact", ALL, False),
    "matches": ("like", TEXT_ONLY, False),
    "match": ("like", TEXT_ONLY, False),
    "lteq": ("lte", ORDERED, False),
    "gteq": ("gte", ORDERED, False),
    "lt": ("lt", ORDERED, False),
    "gt": ("gt", ORDERED, False),
    "cont": ("icontains", TEXT_ONLY, False),
}
"""Predicate to look-up, the kinds it makes sense for, and whether it is negated."""
SORTS = frozenset({"s", "sorts"})


def filtered(
    request: HttpRequest,
    rows: QuerySet[Row],
    attributes: Mapping[str, Attribute],
    *,
    ties: Sequence[str] = ("created_at", "id"),
) -> QuerySet[Row]:
    """``rows`` as the request's ``q[...]`` asks. What is ignored is put on the request, for the response's header.
    ``ties``: the order among rows that the order asked for leaves equal."""
    ignored: list[str] = []
    order: list[str] = []
    narrowed = False
    for name, value in asked(request):
        try:
            if name in SORTS:
                order += ordering(value, attributes)
            else:
                rows, narrowed = rows.filter(condition(name, value, attributes)), True
        except Unfit:
            ignored.append(f"q[{name}]")
    if order:
        rows = rows.order_by(*order, *(column for column in ties if column not in order))
    request.ignored_params = ignored  # type: ignore[attr-defined]  # read by the door when it answers
    request.narrowed = narrowed  # type: ignore[attr-defined]  # read by is_narrowed
    return rows


def is_narrowed(request: HttpRequest) -> bool:
    """Whether `filtered` has left rows out."""
    return bool(getattr(request, "narrowed", False))


def ignored_params(request: HttpRequest) -> str:
    """The value of ``X-Ignored-Params``, in characters that a header can hold; empty if nothing was ignored."""
    return ", ".join(quote(name, safe="[]_-") for name in getattr(request, "ignored_params", ()))[:1000]


def asked(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Names inside ``q[...]`` with their values; also of a pair that was escaped as one word (``?q%5Bx%5D%3Dy``)."""
    for name, values in request.GET.lists():
        for value in values:
            if "=" in name and not value:
                pair = parse_qsl(name, keep_blank_values=True, max_num_fields=10)
                name, value = pair[0] if pair else (name, value)
            if match := re.fullmatch(r"q\[(.*?)\](?:\[\])?", name, re.DOTALL):
                yield match[1], value


def condition(name: str, value: str, attributes: Mapping[str, Attribute]) -> Q:
    for predicate, (lookup, kinds, negated) in PREDICATES.items():
        attribute = attributes.get(name.removesuffix(f"_{predicate}"))
        if attribute is None or not name.endswith(f"_{predicate}"):
            continue
        if attribute.kind not in kinds or not value.strip():
            raise Unfit
        column = attribute.column or name.removesuffix(f"_{predicate}")
        read = read_pattern if lookup == "like" else READ[attribute.kind]
        found = Q(**{f"{column}__{lookup}": read(value)})
        return (~found | Q(**{f"{column}__isnull": True})) if negated else found
    raise Unfit


def ordering(value: str, attributes: Mapping[str, Attribute]) -> list[str]:
    """ORM order of ``name asc, created_at desc``; ``asc`` is understood, ``+`` counts as a space."""
    order = []
    for part in value.replace("+", " ").split(","):
        name, _, direction = part.strip().partition(" ")
        attribute = attributes.get(name)
        if attribute is None or direction.strip().lower() not in {"", "asc", "desc"}:
            raise Unfit
        sign = "-" if direction.strip().lower() == "desc" else ""
        order.append(sign + (attribute.column or name))
    return order


def read_text(value: str) -> str:
    if "\x00" in value:
        raise Unfit
    return value.encode("utf-8", errors="replace").decode()


def read_pattern(value: str) -> str:
    """A text for ``LIKE``: PostgreSQL refuses one whose last backslash has nothing to escape."""
    if (len(value) - len(value.rstrip("\\"))) % 2:
        raise Unfit
    return read_text(value)


def read_integer(value: str) -> int:
    if not re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", value):
        raise Unfit
    return int(value)


def read_boolean(value: str) -> bool:
    known = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
    if value.strip().lower() not in known:
        raise Unfit
    return known[value.strip().lower()]


def read_moment(value: str) -> datetime:
    try:
        return texts.read_moment(value)
    except ValueError:
        raise Unfit from None


def read_uuid(value: str) -> UUID:
    try:
        return texts.read_uuid(value.strip())
    except ValueError:
        raise Unfit from None


READ: dict[Kind, Callable[[str], Any]] = {
    Kind.TEXT: read_text,
    Kind.INTEGER: read_integer,
    Kind.BOOLEAN: read_boolean,
    Kind.MOMENT: read_moment,
    Kind.UUID: read_uuid,
}
