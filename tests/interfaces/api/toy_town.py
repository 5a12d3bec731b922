"""Toy Town, the worked example of the v2 contract, and a client that speaks as its users do."""

from __future__ import annotations

import base64
import io
import json
from datetime import datetime, timedelta
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client
from PIL import Image

from passwright.data.models import Certificate, Organization
from passwright.passes.content import Style

JSON = "application/json"
UNSENT = object()


class ApiClient:
    """One organization's credentials and the five verbs. A body that is not given is not sent at all."""

    def __init__(self, username: str, password: str) -> None:
        token = base64.b64encode(f"{username}:{password}".encode()).decode()
        self.authorization = f"Basic {token}"
        self.client = Client(raise_request_exception=False)

    def request(self, method: str, path: str, body: Any = UNSENT, **extra: Any) -> HttpResponse:
        content = b"" if body is UNSENT else json.dumps(body).encode()
        return self.raw(method, path, content, **extra)

    def raw(self, method: str, path: str, content: bytes, **extra: Any) -> HttpResponse:
        headers = {"authorization": self.authorization, **extra.pop("headers", {})}
        answer = self.client.generic(method, path, content, content_type=JSON, headers=headers, **extra)
        return cast(HttpResponse, answer)

    def get(self, path: str, **extra: Any) -> HttpResponse:
        return self.request("GET", path, **extra)

    def post(self, path: str, body: Any = UNSENT) -> HttpResponse:
        return self.request("POST", path, body)

    def patch(self, path: str, body: Any = UNSENT) -> HttpResponse:
        return self.request("PATCH", path, body)

    def put(self, path: str, body: Any = UNSENT) -> HttpResponse:
        return self.request("PUT", path, body)

    def delete(self, path: str, body: Any = UNSENT) -> HttpResponse:
        return self.request("DELETE", path, body)

    def upload(self, asset_type: str, picture: bytes | None = None) -> str:
        """The id of a new asset."""
        file = io.BytesIO(picture or png())
        file.name = f"{asset_type}.png"
        answer = self.client.post(
            "/v2/assets",
            {"asset[file]": file, "asset[asset_type]": asset_type},
            headers={"authorization": self.authorization},
        )
        assert answer.status_code == 201, answer.content
        return cast(str, answer.json()["id"])


def png(width: int = 58, height: int = 58, color: str = "#c51f1f") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), color).save(out, "PNG")
    return out.getvalue()


def certificate(
    style: Style | None, now: datetime, *, organization: Organization | None = None, days: int = 3650
) -> Certificate:
    """A certificate that campaigns can name; nothing is signed with it."""
    word = style.lower() if style else "own" if days > 0 else "own.expired"
    return Certificate.objects.create(
        organization=organization,
        pass_type=style,
        pass_type_identifier=f"pass.org.example.{word}",
        team_identifier="A1B2C3D4E5",
        issued_to="Example",
        not_before=now - timedelta(days=3650),
        expires_at=now + timedelta(days=days),
        leaf_pem="",
        intermediate_pem="",
        key_encrypted=b"",
        created_at=now,
    )


def public_certificates(now: datetime) -> None:
    for style in Style:
        certificate(style, now)


def ok(answer: HttpResponse, status: int = 200) -> Any:
    """The JSON of an answer with that status."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    return json.loads(answer.content)


def refused(answer: HttpResponse, status: int = 422) -> Any:
    """The `errors` of a refusal in the contract's envelope."""
    body = ok(answer, status)
    assert set(body) == {"status_code", "error_code", "message", "errors"}
    assert body["status_code"] == status
    assert type(body["error_code"]) is int
    assert isinstance(body["message"], str)
    assert body["message"]
    assert isinstance(body["errors"], dict)
    for sentence in body["errors"].values():
        assert isinstance(sentence, str) or (isinstance(sentence, list) and all(type(s) is str for s in sentence))
    return body["errors"]


def toy_town(icon_id: str, logo_id: str) -> dict[str, Any]:
    """The contract's request that creates the campaign."""
    return {
        "generic": {
            "name": "Toy Town Generic Passes!",
            "icon_id": icon_id,
            "logo_id": logo_id,
            "logo_text": "Toy Town",
            "barcode": {"format": "pdf417"},
            "text_color": "#ffffff",
            "background_color": "#c51f1f",
            "primary_fields": [{"key": "member"}],
            "secondary_fields": [{"key": "subtitle", "label": "MEMBER SINCE"}],
            "auxiliary_fields": [
                {"key": "level", "label": "LEVEL"},
                {"key": "favorite", "label": "FAVORITE TOY"},
            ],
        }
    }


def johnny(thumbnail_id: str) -> dict[str, Any]:
    """The contract's request that creates Johnny Appleseed's pass."""
    return {
        "pass": {
            "thumbnail_id": thumbnail_id,
            "primary_fields": [{"key": "member", "value": "Johnny Appleseed"}],
            "secondary_fields": [{"key": "subtitle", "value": "2012"}],
            "auxiliary_fields": [
                {"key": "level", "value": "Platinum"},
                {"key": "favorite", "value": "Trucks"},
            ],
        }
    }
