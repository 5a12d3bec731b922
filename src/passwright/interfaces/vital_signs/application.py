from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from passwright.interfaces.vital_signs.answers import Answer, Application, Environ, Place, in_json
from passwright.interfaces.vital_signs.health import health, ready
from passwright.interfaces.vital_signs.metrics import metrics
from passwright.settings import ENVIRONMENT

PLACES: dict[str, Place] = {"/health": health, "/ready": ready, "/metrics": metrics}
NOT_FOUND: Answer = in_json("404 Not Found", {"error": "Here are /health, /ready and /metrics."})
NOT_ALLOWED: Answer = in_json("405 Method Not Allowed", {"error": "Send GET."}, ("Allow", "GET, HEAD"))
UNCACHED = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]


def answer(environ: Environ, start_response: Any, place: Place | None) -> Iterable[bytes]:
    if place is None:
        status, headers, body = NOT_FOUND
    elif environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        status, headers, body = NOT_ALLOWED
    else:
        status, headers, body = place(environ)
    start_response(status, [*headers, *UNCACHED, ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class VitalSigns:
    """A WSGI application ahead of another. On the listener of their own there is nothing else."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        place = PLACES.get(environ["PATH_INFO"])
        if environ.get("passwright.aside"):
            return answer(environ, start_response, place)
        if place is None or (place is metrics and not ENVIRONMENT.metrics_token):
            return self.application(environ, start_response)
        return answer(environ, start_response, place)
