from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from passwright.interfaces.vital_signs.answers import Application, Environ
from passwright.metrics import REQUESTS

DOORS = {
    "v1": "api",
    "v2": "api",
    "p": "pages",
    "d": "pages",
    "apple": "apple",
    "static": "static",
}
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class Measured:
    """A WSGI application that measures another: how many requests, by which door, with which answer, how long."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.observe: dict[tuple[str, str, str], Callable[[float], None]] = {}

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        started, status_class = time.perf_counter(), "5"

        def start(status: str, headers: list[tuple[str, str]], *failure: Any) -> Any:
            nonlocal status_class
            status_class = status[0]
            return start_response(status, headers, *failure)

        try:
            return self.application(environ, start)
        finally:
            key = (door_of(environ["PATH_INFO"]), environ["REQUEST_METHOD"], status_class)
            observe = self.observe.get(key) or self.observer(*key)
            observe(time.perf_counter() - started)

    def observer(self, door: str, method: str, status_class: str) -> Callable[[float], None]:
        known = method if method in METHODS else "other"
        observe: Callable[[float], None] = REQUESTS.labels(door, known, f"{status_class}xx").observe
        if known == method:
            self.observe[door, method, status_class] = observe
        return observe


def door_of(path: str) -> str:
    """``pkpass`` for downloads, which sign, and else what the address begins with."""
    door = DOORS.get(path.lstrip("/").partition("/")[0], "other")
    return "pkpass" if door == "pages" and path.endswith(".pkpass") else door
