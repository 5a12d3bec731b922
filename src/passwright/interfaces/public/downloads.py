"""``.pkpass`` files ahead of Django, which costs more to come through than all that a download does beside signing.

Only a download that works ends here. Whatever else happens, Django's view is asked, and says what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db import close_old_connections

from passwright import secrets
from passwright.apple.archive import MEDIA_TYPE
from passwright.interfaces.public.answers import PRIVATE, disposition
from passwright.operations.deliver import Delivery, deliver_pass

ADDRESS = re.compile(r"/p/(?:([A-Za-z0-9_-]{10})/)?([A-Za-z0-9_-]{22})\.pkpass", re.ASCII)


class Downloads:
    """A WSGI application that answers downloads and leaves everything else to another."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        address = ADDRESS.fullmatch(environ["PATH_INFO"])
        if address and environ["REQUEST_METHOD"] == "GET":
            delivery = delivered(link=address[1], token=address[2])
            if delivery:
                start_response("200 OK", headers(delivery))
                return [delivery.pkpass]
        answer: Iterable[bytes] = self.application(environ, start_response)
        return answer


def delivered(*, link: str | None, token: str) -> Delivery | None:
    close_old_connections()
    pass_id = secrets.read_page_token(token)
    if pass_id is None:
        return None
    try:
        return deliver_pass(pass_id=pass_id, link=link, at=datetime.now(UTC))
    except Exception:
        return None


def headers(delivery: Delivery) -> list[tuple[str, str]]:
    """Those of `answers.pass_file`."""
    return [
        ("Content-Type", MEDIA_TYPE),
        ("Content-Disposition", disposition(delivery.file_name)),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", PRIVATE),
        ("Content-Length", str(len(delivery.pkpass))),
    ]
