"""The OpenAPI 3.1 document of the whole API, made from the routes and what they say about themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

import msgspec
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from msgspec import Struct

from passwright.interfaces.api.credentials import Credentials
from passwright.interfaces.api.examples import worked
from passwright.interfaces.api.filters import PREDICATES, Attribute, Kind
from passwright.interfaces.api.idempotency import HEADER, MAX_KEY, REPLAYED
from passwright.interfaces.api.pages import MAX_PER_PAGE, PER_PAGE
from passwright.settings import PUBLIC_URL

REF = "#/components/schemas/{name}"
JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")
EXTRA = "x-passwright"

ABOUT = """
Issue, personalise, update and distribute wallet passes.

Send the organization's API user name and API key with HTTP Basic. Lists are JSON arrays, a page at a time; the
pagination headers say what follows, and a header that has nothing to say is absent. Attributes stand under a root
(`{"generic": {...}}`); no body, `null`, `{}` and `[]` all mean no parameters. A trailing slash, `.json` and `/v1`
instead of `/v2` are understood and never redirected. Every refusal has the same shape, and its `message` says what
to do.
""".strip()

REFUSALS = {
    400: "The request cannot be read: its JSON, encoding or parameters are malformed.",
    401: "The credentials are missing or wrong.",
    403: "The organization is locked, may not manage organizations, or sent its credentials over plain http.",
    404: "There is no such thing, or it is another organization's.",
    405: "This address does not answer that method; `Allow` names those it does.",
    409: "The first request with this `Idempotency-Key` is not answered yet; try again after `Retry-After` seconds.",
    412: "The state of the thing does not allow it.",
    413: "The body is larger than 4 MiB, or 1 GiB of a bulk import.",
    420: "The organization has made all its requests of this hour; go on after `Retry-After` seconds. Only where the "
    "server's operator enforces limits.",
    422: "An attribute or a header is missing or wrong; `errors` says which.",
    500: "The server failed. The message has a request id for its operator.",
    503: "The database is not available; try again after `Retry-After` seconds.",
}
GOOD = {200: "It worked.", 201: "It is made.", 202: "It is accepted and will be done."}
ALWAYS = (400, 405, 413, 500, 503)
"""What every route can answer; those with credentials 401, 403 and 420 as well."""

FORMATS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
    Kind.UUID: {"type": "string", "format": "uuid"},
}

HEADERS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "X-RateLimit-Limit": ("Requests allowed in an hour.", {"type": "integer"}, True),
    "X-RateLimit-Remaining": ("What is left of them.", {"type": "integer"}, True),
    "X-RateLimit-Reset": ("End of the hour, in epoch seconds.", {"type": "integer"}, True),
    "X-Total": ("Rows in the whole list.", {"type": "integer"}, True),
    "X-Total-Pages": ("Pages in the whole list.", {"type": "integer"}, True),
    "X-Page": ("This page.", {"type": "integer"}, True),
    "X-Per-Page": ("Rows on a page.", {"type": "integer"}, True),
    "X-Offset": ("The `offset` that was asked for.", {"type": "integer"}, True),
    "X-Next-Page": ("The next page; absent on the last one.", {"type": "integer"}, False),
    "X-Prev-Page": ("The page before; absent on the first one.", {"type": "integer"}, False),
    "X-Next-Row": ("The row to go on with, as `from_row`; absent when there are no more.", {"type": "integer"}, False),
    "Location": ("Where to ask how it goes.", {"type": "string", "format": "uri-reference"}, True),
    "X-Push-Id": (
        "The push that this is, to be looked at under `pushes`; absent if nothing was pushed.",
        {"type": "integer"},
        False,
    ),
    "X-Ignored-Params": ("Parts of `q` that were not understood.", {"type": "string"}, False),
    "WWW-Authenticate": ("The scheme to use.", {"type": "string"}, True),
    "Allow": ("The methods of this address.", {"type": "string"}, True),
    "Retry-After": ("Seconds to wait.", {"type": "integer"}, True),
    "Idempotent-Replayed": ("`true`: it is the answer to the first request with this key.", {"const": "true"}, False),
    "X-Request-Id": ("What the operator finds the failure by.", {"type": "string", "format": "uuid"}, True),
}
RATE = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
PAGED = ("X-Total", "X-Total-Pages", "X-Page", "X-Per-Page", "X-Offset", "X-Next-Page", "X-Prev-Page")
OF_STATUS = {
    401: ("WWW-Authenticate",),
    404: ("Idempotent-Replayed",),
    405: ("Allow",),
    409: ("Retry-After",),
    412: ("Idempotent-Replayed",),
    420: ("Retry-After",),
    422: ("Idempotent-Replayed",),
    500: ("X-Request-Id",),
    503: ("Retry-After",),
}
OF_KEYS = (409, 422)
"""What a POST with credentials can answer beside: it takes an `Idempotency-Key`."""

REFUSAL: dict[str, Any] = {
    "title": "Refusal",
    "type": "object",
    "description": "What every refusal says.",
    "properties": {
        "status_code": {"type": "integer", "description": "The HTTP status."},
        "error_code": {"type": "integer", "description": "A number that stays the same for the same refusal."},
        "message": {"type": "string", "description": "What to do, in a sentence."},
        "errors": {
            "type": "object",
            "description": "What is wrong, by attribute.",
            "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        },
    },
    "required": ["status_code", "error_code", "message", "errors"],
}
LISTED_REFUSAL = {
    **REFUSAL,
    "title": "Listed refusal",
    "description": "What a refused change of state says.",
    "properties": {
        **REFUSAL["properties"],
        "errors": {"type": "array", "description": "What is wrong.", "items": {"type": "string"}, "minItems": 1},
    },
}


NUMBERS = frozenset({"push_id"})
"""Parameters of addresses that are numbers, not UUIDs."""

LITERAL = frozenset({"examples", "example", "default", "enum", "const"})
"""Keys under which values stand, not schemas."""

PER_PAGE_SCHEMA = {"type": "integer", "minimum": 1, "default": PER_PAGE}


KEY_PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "A name for this request, unique in the organization, such as a UUID. The same request with the "
    "same key gets the first answer for 48 hours, and nothing is done twice; another request with it is refused.",
    "schema": {"type": "string", "pattern": f"^[!-~]{{1,{MAX_KEY}}}$"},
}


class Route(Struct, frozen=True, kw_only=True):
    """One method of one address, with what `documented` was told about it."""

    path: str
    method: str
    operation: dict[str, Any]
    said: dict[str, Any]

    @property
    def closed(self) -> bool:
        """Credentials are needed."""
        return bool(self.operation.get("security"))

    @property
    def once(self) -> bool:
        """It takes an ``Idempotency-Key``."""
        return self.closed and self.method == "post"


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:
    """``/openapi.json``, for anybody and from any page."""
    headers = {"Access-Control-Allow-Origin": "*", "Content-Length": str(len(encoded()))}
    return HttpResponse(encoded(), content_type=JSON, headers=headers)


@cache
def encoded() -> bytes:
    return msgspec.json.encode(document())


@cache
def document() -> dict[str, Any]:
    found = list(routes())
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Refusal": REFUSAL, "ListedRefusal": LISTED_REFUSAL}
    listed = sorted({status for route in found for status in route.said["listed"]})
    references = schema_references(found, schemas)
    for route in found:
        operation = with_references(described(route, references), schemas)
        paths.setdefault(route.path, {})[route.method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Passwright API", "version": "2", "description": ABOUT},
        "servers": [{"url": PUBLIC_URL}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                **{f"Refusal{status}": refusal(status, "Refusal") for status in REFUSALS},
                **{f"ListedRefusal{status}": refusal(status, "ListedRefusal") for status in listed},
            },
            "headers": {name: header(name) for name in HEADERS},
            "securitySchemes": {"Credentials": Credentials.openapi_security_schema},
        },
    }


def routes() -> Iterator[Route]:
    """All routes, each method by itself."""
    from passwright.interfaces.api.routes import api

    plain = api.get_openapi_schema(path_prefix="v2/")
    for path, operations in plain["paths"].items():
        shared: set[str] = set()
        for method, operation in operations.items():
            own = dict(operation)
            said = own.pop(EXTRA)
            if own["operationId"] in shared:
                own["operationId"] += f"_by_{method}"
            shared.add(operation["operationId"])
            yield Route(path=path, method=method, operation=own, said=said)


def schema_references(found: list[Route], schemas: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Schemas of all types that the routes name, by the identity of the type; their parts go to ``schemas``."""
    types = [kind for route in found for kind in named_types(route)]
    references, components = msgspec.json.schema_components(types, ref_template=REF)
    schemas.update(components)
    return {id(kind): reference for kind, reference in zip(types, references, strict=True)}


def with_references(part: Any, schemas: dict[str, Any]) -> Any:
    """The same with a reference in the place of each schema that has a title, which goes to ``schemas`` under it."""
    if isinstance(part, list):
        return [with_references(each, schemas) for each in part]
    if not isinstance(part, dict):
        return part
    plain = {key: with_references(each, schemas) if key not in LITERAL else each for key, each in part.items()}
    title = part.get("title")
    if not isinstance(title, str):
        return plain
    names = (title, *(f"{title}{number}" for number in range(2, 100)))
    return {"$ref": REF.format(name=next(name for name in names if schemas.setdefault(name, plain) == plain))}


def named_types(route: Route) -> list[Any]:
    bodies = by_media_type(route.said["body"]).values()
    answers = by_media_type(route.said["answer"]).values()
    return [kind for kind in (*answers, *bodies) if not isinstance(kind, dict)]


def by_media_type(body: Any) -> dict[str, Any]:
    """A body is JSON unless it says otherwise."""
    if body is None:
        return {}
    if isinstance(body, dict) and body and all("/" in key for key in body):
        return body
    return {JSON: body}


def described(route: Route, references: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    """The OpenAPI operation."""
    said = route.said
    operation = {**route.operation, "parameters": parameters(route), "responses": responses(route, references)}
    content = {
        media_type: {
            "schema": references.get(id(body), body),
            **worked(operation["operationId"], "request", media_type),
        }
        for media_type, body in by_media_type(said["body"]).items()
    }
    if content:
        needed = any(isinstance(body, dict) and body.get("required") for body in by_media_type(said["body"]).values())
        operation["requestBody"] = {"content": content, "required": needed}
    return {**operation, **said["extra"]}


def parameters(route: Route) -> list[dict[str, Any]]:
    found = [path_parameter(parameter["name"]) for parameter in route.operation.get("parameters", ())]
    if route.said["paged"]:
        found += [
            query("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "default": 1}),
            query("per_page", f"Rows on a page; more than {MAX_PER_PAGE} is {MAX_PER_PAGE}.", PER_PAGE_SCHEMA),
            query("offset", "Rows to leave out first.", {"type": "integer", "minimum": 0, "default": 0}),
        ]
    found += [query(name, *about) for name, about in route.said["query"].items()]
    if filters(route):
        words = "Conditions and order, such as `q[created_at_gteq]=2027-01-01` and `q[s]=created_at desc`."
        found.append({**query("q", words, conditions(route)), "style": "deepObject", "explode": True})
    if route.once:
        found.append(KEY_PARAMETER)
    return found


def path_parameter(name: str) -> dict[str, Any]:
    if name in NUMBERS:
        return {"in": "path", "name": name, "required": True, "schema": {"type": "integer", "minimum": 1}}
    schema = {"type": "string", "format": "uuid"} if name.endswith("_id") else {"type": "string", "minLength": 1}
    return {"in": "path", "name": name, "required": True, "schema": schema}


def query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": "query", "name": name, "required": False, "description": description, "schema": schema}


def filters(route: Route) -> dict[str, Attribute]:
    return dict(route.said["attributes"])


def conditions(route: Route) -> dict[str, Any]:
    """What may stand inside ``q[...]``, a pattern for each kind of attribute; anything else is ignored and named."""
    attributes = filters(route)
    listed = next((kind.__name__ for kind in get_args(route.said["answer"])), "")
    patterns = {
        pattern(names, kind): FORMATS[kind]
        for kind in Kind
        if (names := [name for name, attribute in attributes.items() if attribute.kind is kind])
    }
    order = {"type": "string", "examples": ["created_at desc"]}
    return {"title": f"{listed}Conditions", "type": "object", "patternProperties": patterns, "properties": {"s": order}}


def pattern(names: list[str], kind: Kind) -> str:
    predicates = [name for name, (_, kinds, _) in PREDICATES.items() if kind in kinds and name != "matches"]
    return f"^({'|'.join(names)})_({'|'.join(predicates)})$"


def responses(route: Route, references: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    said = route.said
    names = (
        *RATE,
        *(PAGED if said["paged"] else ()),
        *(("X-Ignored-Params",) if said["attributes"] else ()),
        *((REPLAYED,) if route.once else ()),
        *said["headers"],
    )
    good = {
        "description": GOOD[said["status"]],
        "headers": header_references(names),
        "content": {
            media_type: {
                "schema": references.get(id(answer), answer),
                **worked(route.operation["operationId"], "answer", media_type),
            }
            for media_type, answer in by_media_type(said["answer"]).items()
        },
    }
    closed = (401, 403, 420) if route.closed else ()
    statuses = {*ALWAYS, *closed, *(OF_KEYS if route.once else ()), *said["refusals"]}
    return {
        str(said["status"]): good,
        **{str(status): {"$ref": f"#/components/responses/Refusal{status}"} for status in sorted(statuses)},
        **{str(status): {"$ref": f"#/components/responses/ListedRefusal{status}"} for status in said["listed"]},
    }


def refusal(status: int, schema: str) -> dict[str, Any]:
    return {
        "description": REFUSALS[status],
        "headers": header_references((*RATE, *OF_STATUS.get(status, ()))),
        "content": {JSON: {"schema": {"$ref": REF.format(name=schema)}}},
    }


def header_references(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def header(name: str) -> dict[str, Any]:
    description, schema, required = HEADERS[name]
    return {"description": description, "schema": schema, "required": required}
