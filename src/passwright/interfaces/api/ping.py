from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from msgspec import Struct

from passwright.interfaces.api.frame import Router, answer, documented

router = Router(tags=["Ping"])


class Pong(Struct, frozen=True):
    """The server is there."""

    message: str = "pong"


@router.get("/ping", auth=None, summary="Is the server there?", **documented(name="ping", answer=Pong))
def ping(request: HttpRequest) -> HttpResponse:
    """Works without credentials."""
    return answer(Pong())
