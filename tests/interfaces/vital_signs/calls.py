"""The vital signs asked without a server between."""

from __future__ import annotations

from typing import Any

import msgspec

from passwright.interfaces.vital_signs.answers import Application, Environ


class Told(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def numbers(self) -> dict[str, float]:
        """The samples of a page of metrics, by name and labels."""
        lines = [line for line in self.body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def ask(application: Application, path: str, method: str = "GET", **environ: Any) -> Told:
    started: list[Any] = []
    asked: Environ = {"PATH_INFO": path, "REQUEST_METHOD": method, **environ}
    body = b"".join(application(asked, lambda *parts: started.extend(parts)))
    status, headers = started
    return Told(int(status[:3]), dict(headers), body)


def behind(environ: Environ, start_response: Any) -> list[bytes]:
    """What stands behind the vital signs."""
    start_response("404 Not Found", [])
    return [b"behind"]
