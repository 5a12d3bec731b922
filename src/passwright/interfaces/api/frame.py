"""What a resource of the API is written with. A module of routes imports from here and is named in `routes.MODULES`.

* ``router = Router(tags=["Generics"])`` and ``@router.get("/generics/{campaign_id}", **documented(...))``; paths are
  below ``/v2``. Path parameters are annotated ``str`` and read with ``id_of(text, "Campaign")`` (404 when it is none);
  ``found(row, "Campaign")`` turns a query's None into a 404.
  Handlers take the request, are plain functions and return an ``HttpResponse``.
* ``organization_of(request)``: whose credentials came; scope every query with it. ``is_v1(request)``: came by ``/v1``.
* ``body_of(request, roots=("generic", "pass"))`` -> ``Body(attributes, beside, root)``; ``body.either("merge")`` looks
  inside the root and beside it (``msgspec.UNSET`` when nowhere). No body, null, {} and [] are all "no parameters".
* ``values.Sent(body.attributes)`` reads attributes with their types and collects errors; ``sent.check()`` raises 422.
* ``number_of(text, "Push")`` reads a path's number as ``id_of`` does its id.
* ``answer(content, status=201)``, ``gone()`` for DELETE, ``paginated(request, rows, shape)`` and
  ``paginated_together(request, rows, shapes)`` for lists, ``filtered(request, rows, {"name": Attribute(Kind.TEXT)})``.
* Errors: raise ``ValidationFailed``, ``NotFound``, ``PreconditionFailed`` (`passwright.operations.refusals`), or
  ``Refused(status, message, errors=..., error_code=...)`` for anything else. The door writes the envelope.
"""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID

from ninja import Router

from passwright.interfaces.api.body import Body, body_of
from passwright.interfaces.api.credentials import organization_of
from passwright.interfaces.api.documentation import documented
from passwright.interfaces.api.door import is_v1
from passwright.interfaces.api.envelope import Refused, answer, gone
from passwright.interfaces.api.filters import Attribute, Kind, filtered, is_narrowed
from passwright.interfaces.api.pages import paginated, paginated_together
from passwright.operations.refusals import NotFound, PreconditionFailed, ValidationFailed
from passwright.payloads.texts import read_uuid

Row = TypeVar("Row")


def id_of(text: str, noun: str) -> UUID:
    """The id in a path.

    Raises:
        NotFound: if it cannot be one.
    """
    try:
        return read_uuid(text)
    except ValueError:
        raise NotFound(noun) from None


def number_of(text: str, noun: str) -> int:
    """The number in a path that something is found by.

    Raises:
        NotFound: if it cannot be one.
    """
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise NotFound(noun)
    return int(text)


def found(row: Row | None, noun: str) -> Row:
    """The row that a query answered.

    Raises:
        NotFound: if it answered None.
    """
    if row is None:
        raise NotFound(noun)
    return row


__all__ = [
    "Attribute",
    "Body",
    "Kind",
    "NotFound",
    "PreconditionFailed",
    "Refused",
    "Router",
    "ValidationFailed",
    "answer",
    "body_of",
    "documented",
    "filtered",
    "found",
    "gone",
    "id_of",
    "is_narrowed",
    "is_v1",
    "number_of",
    "organization_of",
    "paginated",
    "paginated_together",
]
