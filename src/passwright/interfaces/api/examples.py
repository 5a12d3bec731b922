"""Toy Town, the worked example of the documentation: requests and the answers that they had."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from passwright.settings import PUBLIC_URL

PLACE = "https://passes.example"
JSON = "application/json"
NDJSON = "application/x-ndjson"


@cache
def conversations() -> dict[str, dict[str, Any]]:
    """``request`` and ``answer`` by operation id, with the addresses of this installation."""
    text = Path(__file__).with_name("html").joinpath("examples.json").read_text()
    read: dict[str, dict[str, Any]] = json.loads(text.replace(PLACE, PUBLIC_URL))
    return read


def worked(operation: str, part: str, media_type: str) -> dict[str, Any]:
    """OpenAPI's ``examples`` of a body, if there are any for it. Of rows each is an example."""
    value = conversations().get(operation.partition("_by_")[0], {}).get(part)
    if value is None or media_type not in (JSON, NDJSON) or (part, media_type) == ("request", NDJSON):
        return {}
    if media_type == JSON:
        return {"examples": {"toy_town": {"summary": "Toy Town", "value": value}}}
    return {"examples": {f"row_{row['row']}": {"summary": f"Row {row['row']}", "value": row} for row in value}}
