"""One running server for all old clients, and what the types of campaign need to exist."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import Struct
from PIL import Image

from tests.clients.wire import Server
from tests.walks.conftest import eventually, new_installation
from tests.walks.test_wire import reachable

FIELDS = ("header_fields", "primary_fields", "secondary_fields", "auxiliary_fields", "back_fields")


class Type(Struct, frozen=True):
    """A type of campaign as the clients address it. ``pictures``: what its passes show."""

    segment: str
    root: str
    pictures: tuple[str, ...]

    def attributes(self, name: str, assets: dict[str, str]) -> dict[str, Any]:
        """A campaign with something in every list."""
        wanted = {
            "name": name,
            "logo_text": "Toy Town",
            "background_color": "#c51f1f",
            "text_color": "#ffffff",
            "barcode": {"format": "pdf417"},
            "user_info": {},
            "locations": [{"latitude": 38.7, "longitude": -9.1, "relevant_text": "Near"}],
            **{f"{slot}_id": asset for slot, asset in assets.items()},
            **{fields: [{"key": fields[0], "value": "1", "label": fields.upper()}] for fields in FIELDS},
        }
        return wanted | ({"transit_type": "bus"} if self.root == "boarding_pass" else {})


TYPES = (
    Type("boarding_passes", "boarding_pass", ("icon", "logo", "footer")),
    Type("coupons", "coupon", ("icon", "logo", "strip")),
    Type("event_tickets", "event_ticket", ("icon", "logo", "background", "thumbnail")),
    Type("generics", "generic", ("icon", "logo", "thumbnail")),
    Type("store_cards", "store_card", ("icon", "logo", "strip")),
)
every_type = pytest.mark.parametrize("kind", TYPES, ids=[kind.segment for kind in TYPES])


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with new_installation(tmp_path_factory.mktemp("clients")) as installation:
        credentials = installation.organization()
        installation.start("web")
        host, port = installation.base.removeprefix("http://").split(":")
        eventually(lambda: reachable(host, int(port)), within=60, what="the web process listens")
        yield Server(host, int(port), credentials["api_username"], credentials["api_password"])


def picture(width: int = 58, height: int = 58) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#ffd166").save(file, "PNG")
    return file.getvalue()
