"""What phones ask most, ahead of Django: which passes have changed, and the pass as it is now.

Only what works ends here, as in `interfaces.public.downloads`. Whatever else happens, Django's view is asked, and says
what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from django.db import close_old_connections

from passwright.interfaces.apple.answers import Answer
from passwright.interfaces.apple.devices import updated
from passwright.interfaces.apple.passes import fetched

PASS = re.compile(r"/apple/v1/passes/([A-Za-z0-9.-]+)/([0-9a-f-]{36})", re.ASCII)
LIST = re.compile(r"/apple/v1/devices/([A-Za-z0-9._-]+)/registrations/([A-Za-z0-9.-]+)", re.ASCII)
QUERY = re.compile(r"(?:passesUpdatedSince=([^&;]*))?", re.ASCII)


class Phones:
    """A WSGI application that answers these two and leaves everything else to another."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = answer_of(environ)
        if answer is not None:
            start_response(answer.line, answer.all_headers())
            return [answer.body]
        passed_on: Iterable[bytes] = self.application(environ, start_response)
        return passed_on


def answer_of(environ: dict[str, Any]) -> Answer | None:
    path: str = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] != "GET" or not path.startswith("/apple/"):
        return None
    close_old_connections()
    try:
        if asked := PASS.fullmatch(path):
            headers = environ.get("HTTP_AUTHORIZATION"), environ.get("HTTP_IF_MODIFIED_SINCE")
            return fetched("GET", asked[1], asked[2], *headers, datetime.now(UTC))
        query = QUERY.fullmatch(environ.get("QUERY_STRING", ""))
        if query and (asked := LIST.fullmatch(path)):
            tag = unquote_plus(query[1]) if query[1] else None
            return updated(asked[1], asked[2], tag, datetime.now(UTC))
    except Exception:
        return None
    return None
