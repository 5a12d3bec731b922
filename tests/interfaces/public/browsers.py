"""A browser as far as Django's test client can be one: it sends its forms as browsers do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from tests import public_ground as ground

FORM = "application/x-www-form-urlencoded"


class Browser(Client):
    def post(self, path: str, data: Mapping[str, str] | None = None, **more: Any) -> Any:  # type: ignore[override]
        """A form with its length, which the client leaves out of an empty one."""
        body = urlencode(data or {})
        return super().post(path, body, content_type=FORM, **{"CONTENT_LENGTH": str(len(body)), **more})


def browser(agent: str = ground.IPHONE) -> Browser:
    return Browser(headers={"user-agent": agent})
