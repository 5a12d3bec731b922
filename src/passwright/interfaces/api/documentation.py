"""What a route says about itself in the OpenAPI document, in a few words beside its handler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from passwright.interfaces.api.filters import Attribute


def documented(
    *,
    answer: Any,
    name: str,
    status: int = 200,
    body: Any = None,
    refusals: Sequence[int] = (),
    listed: Sequence[int] = (),
    paged: bool = False,
    attributes: Mapping[str, Attribute] | None = None,
    headers: Sequence[str] = (),
    query: Mapping[str, tuple[str, dict[str, Any]]] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Keyword arguments for a router's ``get``, ``post`` …: status, schemas and refusals of a route.

    Args:
        answer: the type of the answer (struct, ``TypedDict``, ``list[...]``) or a JSON schema, or such by media type
            if it is not JSON.
        name: operation id, unique (``list_templates``).
        status: of success.
        body: the type or JSON schema of the JSON body; None if the route reads none.
        refusals: beside those that every route with credentials can answer (400, 401, 403, 420 …): 404, 412, 422 …
        listed: refusals whose ``errors`` is a list of sentences; the contract has it for changes of state only.
        paged: the list takes ``page``, ``per_page`` and ``offset`` and answers the pagination headers.
        attributes: what ``q[...]`` filters and sorts by.
        headers: of the answer, beside those of all answers (`openapi.HEADERS`).
        query: other parameters of the address: a sentence and a JSON schema for each.
        extra: OpenAPI keys to lay over the generated ones.
    """
    said = {
        "answer": answer,
        "status": status,
        "body": body,
        "refusals": tuple(refusals),
        "listed": tuple(listed),
        "paged": paged,
        "attributes": dict(attributes or {}),
        "headers": tuple(headers),
        "query": dict(query or {}),
        "extra": dict(extra or {}),
    }
    return {"operation_id": name, "response": {status: None}, "openapi_extra": {"x-passwright": said}}
