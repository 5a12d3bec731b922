"""``/docs``: the OpenAPI document as a page that people read. No script, nothing from other hosts."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from msgspec import Struct

from passwright.apple.styles import IMAGES, StyleKey
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from passwright.interfaces.api.openapi import (
    ALWAYS,
    HEADERS,
    JSON,
    KEY_PARAMETER,
    METHODS,
    PAGED,
    RATE,
    REFUSALS,
    document,
)
from passwright.operations.places import FARTHEST_METRES, FARTHEST_METRES_OF_OTHERS
from passwright.passes.content import Style
from passwright.settings import PUBLIC_URL

HTML = Path(__file__).with_name("html")
SOMEWHERE = "b6a3ffb6-5aa5-4ea3-9a5f-0a9f6c1a6ab1"
EXAMPLES = {"uuid": SOMEWHERE, "date-time": "2027-01-31T18:30:00Z", "date": "2027-01-31", "uri": "https://example.org/"}
COMMON = {*ALWAYS, 401, 403, 420}
"""Refusals that are described once for all routes."""


EXAMPLE = next(kind for kind in TYPES if kind.style is Style.GENERIC)
"""The type whose routes are described for all: the worked example is one of its campaigns."""
FORMATS = {"uuid": "id", "date-time": "time", "date": "date", "binary": "file", "uri": "address"}
"""What formats of texts are called."""

ANY_TYPE, ANY_ROOT = "{type}", "{root}"

TOPICS = {
    "Bulk imports": re.compile("/passes/bulk"),
    "Redeeming": re.compile("/(reset_)?redeem"),
    "Reports and devices": re.compile("/(reports|registrations|deliveries|device_logs|pushes)"),
    "Passes": re.compile("/passes"),
    "Distributions": re.compile("/distributions"),
    "States and updates": re.compile("}/"),
    "Campaigns": re.compile(""),
}
"""What all types share, by the addresses below a type; the first that fits."""
OF_ALL_TYPES = (
    "Campaigns",
    "States and updates",
    "Distributions",
    "Passes",
    "Redeeming",
    "Bulk imports",
    "Reports and devices",
)
"""As they stand on the page, before everything else."""

OF_LISTS = {*PAGED, "X-Ignored-Params"}
OF_KEY = 409
"""What only the key of a request leads to; it is described once, with the key."""
LISTED = "Here `errors` is a list of sentences."
AGAIN = "The same attributes may stand in it."
LONG = 90
"""Characters of a body on one line; a longer one stands on several."""


class Row(Struct, frozen=True, kw_only=True):
    """A parameter or an attribute. ``depth`` counts the objects around it."""

    name: str
    kind: str
    description: str
    required: bool = False
    depth: int = 0


class Entry(Struct, frozen=True, kw_only=True):
    """A route on the page. ``same``: the names of the operations that do the same with other types of campaign;
    ``explained``: what needs words of the answer."""

    anchor: str
    same: tuple[str, ...]
    method: str
    path: str
    summary: str
    description: str
    also: tuple[str, ...]
    parameters: tuple[Row, ...]
    attributes: tuple[Row, ...]
    conditions: tuple[tuple[str, str], ...]
    curl: str
    answer: str
    explained: tuple[Row, ...]
    status: int
    refusals: tuple[tuple[int, str], ...]
    closed: bool


class Group(Struct, frozen=True, kw_only=True):
    """``of_types``: described once for all types of campaign."""

    anchor: str
    title: str
    entries: tuple[Entry, ...]
    of_types: bool


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The page, for anybody."""
    content, policy = page()
    return HttpResponse(
        content,
        headers={
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
            "Content-Length": str(len(content.encode())),
        },
    )


@cache
def page() -> tuple[str, str]:
    """The page and the policy that lets it use its own stylesheet and nothing else."""
    style = (HTML / "docs.css").read_text()
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    context = {
        "style": mark_safe(style),  # noqa: S308 - a file of ours
        "groups": groups(),
        "types": [type_row(kind) for kind in TYPES],
        "base": f"{PUBLIC_URL}/v2",
        "headers": header_rows(OF_LISTS),
        "limits": header_rows({*RATE}),
        "key": prose(KEY_PARAMETER["description"]),
        "under_way": prose(REFUSALS[OF_KEY]),
        "common": [(status, prose(words)) for status, words in REFUSALS.items() if status in COMMON],
    }
    template = Engine(dirs=[str(HTML)]).get_template("docs.html")
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return template.render(Context(context)), policy


def header_rows(names: set[str]) -> list[tuple[str, SafeString]]:
    return [(name, prose(words)) for name, (words, _, _) in HEADERS.items() if name in names]


class TypeRow(Struct, frozen=True, kw_only=True):
    """What differs between the types of campaign. ``farthest`` in metres."""

    title: str
    segment: str
    root: str
    pictures: str
    farthest: int


def type_row(kind: CampaignType) -> TypeRow:
    return TypeRow(
        title=kind.title,
        segment=kind.segment,
        root=kind.root,
        pictures=", ".join(IMAGES[StyleKey(kind.style.value)]),
        farthest=FARTHEST_METRES.get(kind.style, FARTHEST_METRES_OF_OTHERS),
    )


def groups() -> list[Group]:
    """Routes by topic, in the order of the document; aliases of a route stand with it."""
    found: dict[str, list[Entry]] = {}
    for path, operations in document()["paths"].items():
        for method, operation, also in without_aliases(operations):
            if path == example_path(path) or method not in document()["paths"].get(example_path(path), {}):
                found.setdefault(topic(path, operation), []).append(entry(path, method, operation, also))
    return [
        Group(anchor=f"group-{number}", title=title, entries=tuple(entries), of_types=title in OF_ALL_TYPES)
        for number, (title, entries) in enumerate(sorted(found.items(), key=order), 1)
    ]


def example_path(path: str) -> str:
    """The same route of the type that is described for all; the path itself if it belongs to no type."""
    kind = type_of(path)
    return path.replace(f"/{kind.segment}", f"/{EXAMPLE.segment}", 1) if kind else path


def type_of(path: str) -> CampaignType | None:
    return next((kind for kind in TYPES if path.split("/")[2] == kind.segment), None)


def topic(path: str, operation: dict[str, Any]) -> str:
    """All types share their topics."""
    if type_of(path):
        return next(title for title, place in TOPICS.items() if place.search(path))
    return str(next(iter(operation.get("tags", ())), "Other"))


def order(group: tuple[str, list[Entry]]) -> int:
    """What all types share comes first, the rest in the order of the document."""
    title = group[0]
    return OF_ALL_TYPES.index(title) if title in OF_ALL_TYPES else len(OF_ALL_TYPES)


def same_routes(path: str, method: str) -> tuple[str, ...]:
    """The names of the operations that do the same with other types."""
    paths = document()["paths"]
    others = (other for other in paths if other != path and example_path(other) == path)
    return tuple(paths[other][method]["operationId"] for other in others if method in paths[other])


def of_any_type(words: str) -> str:
    """A sentence about the example's type, said of all."""
    return words.replace(EXAMPLE.noun, "campaign").replace("pass of a campaign", "pass")


def without_aliases(operations: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    """Each method that does something of its own, with the methods that do the same."""
    for method, operation in operations.items():
        if "_by_" in operation["operationId"]:
            continue
        also = [
            other.upper()
            for other in METHODS
            if f"{operation['operationId']}_by_{other}" == identity(operations, other)
        ]
        yield method, operation, tuple(also)


def identity(operations: dict[str, Any], method: str) -> str:
    return str(operations.get(method, {}).get("operationId", ""))


def entry(path: str, method: str, operation: dict[str, Any], also: tuple[str, ...]) -> Entry:
    status, good = next((int(code), answer) for code, answer in operation["responses"].items() if code[0] == "2")
    plain = [parameter for parameter in operation["parameters"] if stands_with_route(parameter)]
    bodies = operation.get("requestBody", {}).get("content", {})
    same = same_routes(path, method)
    return Entry(
        anchor=operation["operationId"],
        same=same,
        method=method.upper(),
        path=path.replace(EXAMPLE.segment, ANY_TYPE, 1) if same else path,
        summary=of_any_type(operation["summary"]) if same else operation["summary"],
        description=prose(operation.get("description", "")),
        also=also,
        parameters=tuple(parameter_row(parameter) for parameter in plain),
        attributes=tuple(rows(body_schema(bodies))) if bodies else (),
        conditions=conditions(operation),
        curl=curl(path, method, operation),
        answer=answer_text(good["content"]),
        explained=explained(body_schema(good["content"])),
        status=status,
        refusals=tuple(refusals(operation)),
        closed=bool(operation.get("security")),
    )


def stands_with_route(parameter: dict[str, Any]) -> bool:
    """Ids stand in the address already, conditions have a table of their own, and the key is described once."""
    return bool(parameter.get("description")) and parameter["name"] != "q" and parameter["in"] != "header"


def refusals(operation: dict[str, Any]) -> Iterator[tuple[int, SafeString]]:
    """Those of the route itself."""
    for code, answer in operation["responses"].items():
        status = int(code)
        if status >= 400 and status not in COMMON and status != OF_KEY:
            words = [REFUSALS[status]] + ([LISTED] if "/ListedRefusal" in answer["$ref"] else [])
            yield status, prose(" ".join(words))


def answer_text(bodies: dict[str, Any]) -> str:
    """An example of the answer; rows stand on a line each."""
    media_type, content = next(iter(bodies.items()))
    if media_type == JSON:
        return pretty(shown(content, example))
    rows = [each["value"] for each in content.get("examples", {}).values()] or [example(content["schema"])]
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)


def explained(schema: dict[str, Any]) -> tuple[Row, ...]:
    """What needs words, once for each name."""
    return tuple({row.name: row for row in rows(innermost(resolved(schema))) if row.description}.values())


def body_schema(bodies: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = next(iter(bodies.values()))["schema"]
    return schema


def parameter_row(parameter: dict[str, Any]) -> Row:
    return Row(
        name=parameter["name"],
        kind=kind(parameter["schema"]),
        description=prose(parameter.get("description", "")),
        required=parameter["required"],
    )


def conditions(operation: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The attributes that ``q[...]`` understands, and the predicates they share."""
    for parameter in operation["parameters"]:
        if parameter["name"] == "q":
            patterns = resolved(parameter["schema"])["patternProperties"]
            parts = [re.fullmatch(r"\^\((.*?)\)_\((.*)\)\$", pattern) for pattern in patterns]
            return tuple((part[1].replace("|", ", "), part[2].replace("|", ", ")) for part in parts if part)
    return ()


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema, through its reference and without a ``null`` beside it."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = next(part for part in schema["anyOf"] if part.get("type") != "null")
    return schema


def innermost(schema: dict[str, Any]) -> dict[str, Any]:
    """Of a list or of a mapping by any name, what each of them is."""
    each = schema.get("items") or schema.get("additionalProperties")
    return resolved(each) if isinstance(each, dict) else schema


def rows(schema: dict[str, Any], depth: int = 0) -> Iterator[Row]:
    """The attributes of an object and, indented, of the objects in it: those of the same kind once."""
    plain = resolved(schema)
    beside = plain.get("properties", {})
    seen: dict[int, str] = {}
    for name, each in beside.items():
        inner = resolved(each)
        inside = innermost(inner)
        words = repeated(inside, {} if depth else beside, seen)
        if inside.get("properties"):
            seen.setdefault(id(inside), name)
        yield Row(
            name=ANY_ROOT if name == EXAMPLE.root else name,
            kind=kind(each),
            description=prose(words or str(each.get("description") or inner.get("description") or "")),
            required=name in plain.get("required", ()),
            depth=depth,
        )
        if not words:
            yield from rows(inside, depth + 1)


def repeated(inside: dict[str, Any], beside: dict[str, Any], seen: dict[int, str]) -> str:
    """Where the attributes of an object stand already; empty if nowhere.

    ``beside``: the attributes around it, where it may be a root; ``seen``: objects that were described, by the
    identity of their schema.
    """
    if not inside.get("properties"):
        return ""
    if set(inside["properties"]) <= set(beside):
        return AGAIN
    return f"With the attributes of `{seen[id(inside)]}`." if id(inside) in seen else ""


def kind(schema: dict[str, Any]) -> str:
    """A type in a few words."""
    plain = resolved(schema)
    if "enum" in plain:
        return " · ".join(str(word) for word in plain["enum"] if word not in (None, ""))
    types = plain.get("type", "any")
    name = next((each for each in types if each != "null"), "any") if isinstance(types, list) else types
    if name == "array":
        return f"list of {kind(plain['items'])}s" if isinstance(plain.get("items"), dict) else "list"
    return {"uuid": "id", "date-time": "time", "date": "date", "binary": "file", "uri": "address"}.get(
        plain.get("format", ""), name
    )


def example(schema: dict[str, Any], depth: int = 0) -> Any:
    """A value that the schema allows and that looks like one."""
    plain = resolved(schema)
    for key in ("examples", "enum"):
        if key in plain:
            return plain[key][0]
    if "const" in plain:
        return plain["const"]
    types = plain.get("type", "object")
    name = next((each for each in types if each != "null"), "null") if isinstance(types, list) else types
    match name:
        case "object":
            properties = plain.get("properties", {})
            return {key: example(each, depth + 1) for key, each in properties.items() if depth < 5}
        case "array":
            return [example(plain["items"], depth + 1)] if plain.get("items") and plain.get("maxItems") != 0 else []
        case "string":
            return EXAMPLES.get(plain.get("format", ""), "text")
        case "integer" | "number":
            return plain.get("default", 1)
        case "boolean":
            return plain.get("default", True)
    return None


def shown(content: dict[str, Any], otherwise: Callable[[dict[str, Any]], Any]) -> Any:
    """The worked example of a body, if there is one, else a value made up from its schema."""
    for worked in content.get("examples", {}).values():
        return worked["value"]
    return otherwise(content["schema"])


def needed(schema: dict[str, Any]) -> Any:
    """As `example`, with nothing but what is required: what to try first."""
    plain = resolved(schema)
    if plain.get("type") == "object" or "properties" in plain:
        wanted = plain.get("required", ())
        return {key: needed(each) for key, each in plain.get("properties", {}).items() if key in wanted}
    return example(schema)


def prose(text: str) -> SafeString:
    """A sentence with its `words of code` marked as such."""
    return mark_safe(re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(text)))  # noqa: S308 - escaped before


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def sent_text(value: Any) -> str:
    """On one line if it is short; of a list, each row on one."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= LONG:
        return text
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value) + "\n]"
    return pretty(value)


def curl(path: str, method: str, operation: dict[str, Any]) -> str:
    """A line to paste into a terminal."""
    address = PUBLIC_URL + path
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            address = address.replace(f"{{{parameter['name']}}}", f"${parameter['name'].upper()}")
    words = ['curl -u "$API_USERNAME:$API_KEY"' if operation.get("security") else "curl"]
    bodies = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in bodies:
        words += ["-F 'asset[file]=@icon.png'", "-F 'asset[asset_type]=icon'"]
    elif bodies:
        words += [
            f"-X {method.upper()}",
            "-H 'Content-Type: application/json'",
            f"-d '{sent_text(shown(next(iter(bodies.values())), needed))}'",
        ]
    elif method != "get":
        words.append(f"-X {method.upper()}")
    return " \\\n  ".join([*words, f'"{address}"'])
