from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status, headers and body."""
Place = Callable[[Environ], Answer]


def in_json(status: str, content: Any, *headers: tuple[str, str]) -> Answer:
    return status, [("Content-Type", "application/json"), *headers], msgspec.json.encode(content)
