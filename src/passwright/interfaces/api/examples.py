"""Toy Town, the worked example of the documentation: requests and the answers that they had."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from passwright.settings import PUBLIC_URL

PLACE = "https://passes.example"
JSON = "application/json"


@cache
def conversations() -> dict[str, dict[str, Any]]:
    """``request`` and ``answer`` by operation id, with the addresses of this installation."""
    text = Path(__file__).with_name("html").joinpath("examples.json").read_text()
    read: dict[str, dict[str, Any]] = json.loads(text.replace(PLACE, PUBLIC_URL))
    return read


def worked(operation: str, part: str, media_type: str) -> dict[str, Any]:
    """OpenAPI's ``examples`` of a body, if there is one for it."""
    value = conversations().get(operation.partition("_by_")[0], {}).get(part) if media_type == JSON else None
    return {} if value is None else {"examples": {"toy_town": {"summary": "Toy Town", "value": value}}}
