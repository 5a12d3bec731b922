"""The habits of the old PHP client (2.1.0) on libcurl, after the description of what it sends and what it needs."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from tests.clients.wire import Broken, Server

AGENT = "Passworks PHP Client/2.1.0 PHP/5.6.24 CURL/7.50.1 OS/Linux"
JSON = "application/json"
EXPECTS = 1024 * 1024
"""Bytes from which on libcurl asks before it sends a body; older ones ask from 1 KiB on."""
WITHOUT_A_CLASS = frozenset({401, 403, 404, 500, 502, 503})
"""For these the client raises, but forgot to import what it raises: an error all the same."""


class PhpError(Exception):
    """An exception of the client, or the error of a class that was not found (then without a code)."""

    def __init__(self, status: int, message: str, error_code: int | None = None) -> None:
        super().__init__(message)
        self.status, self.error_code = status, error_code


class Reply:
    """The head as the client reads it: names exactly as they came."""

    def __init__(self, received: bytes) -> None:
        head, _, self.body = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def content(self) -> Any:
        """Raises: Broken: where ``json_decode`` answers null, which the client hands on without a word."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Broken(f"null: {self.status} {self.body[:200]!r}") from error


class Php:
    """The client. ``endpoint`` is what the caller wrote behind the host; with ``/`` two slashes come together."""

    def __init__(
        self,
        server: Server,
        *,
        endpoint: str = "",
        version: str = "v2",
        fork: bool = False,
        expects: int = EXPECTS,
        password: str | None = None,
    ) -> None:
        self.server, self.expects, self.fork = server, expects, fork
        self.base = f"{endpoint}/{version}"
        word = f"{server.username}:{server.password if password is None else password}"
        self.authorization = f"Basic {base64.b64encode(word.encode()).decode()}"

    def reply(
        self, method: str, path: str, body: bytes | None = None, content_type: str = JSON, accept: str = "*/*"
    ) -> Reply:
        """JSON is announced on every request, also where nothing is sent."""
        lines = [
            f"{method} {self.base}{path} HTTP/1.1",
            f"Host: {self.server.host}:{self.server.port}",
            f"Authorization: {self.authorization}",
            f"User-Agent: {AGENT}",
            f"Accept: {accept}",
            f"Content-Type: {content_type}",
        ]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
            lines += ["Expect: 100-continue"] if len(body) > self.expects else []
        return Reply(self.server.exchange(lines, body or b""))

    def request(self, method: str, path: str, body: bytes | None = None, **more: Any) -> Any:
        return judged(self.reply(method, path, body, **more))

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def create(self, path: str, root: str, attributes: Mapping[str, Any] | None = None, **extra: Any) -> Any:
        return found(self.request("POST", path, encoded({root: attributes or {}, **extra})))

    def update_campaign(self, segment: str, campaign_id: str, attributes: Mapping[str, Any]) -> Any:
        """The root is ``pass`` for all types but coupons."""
        root = "coupon" if segment == "coupons" else "pass"
        return found(self.request("PATCH", f"/{segment}/{campaign_id}", encoded({root: attributes})))

    def update_pass(self, path: str, attributes: Mapping[str, Any], **extra: Any) -> Any:
        return found(self.request("PATCH", path, encoded({"pass": attributes, **extra})))

    def push(self, segment: str, campaign_id: str, pass_id: str) -> Any:
        """Also what the client calls the push of a campaign: there is none. Nothing to say is ``null``."""
        return self.request("POST", f"/{segment}/{campaign_id}/passes/{pass_id}/push", encoded(None))

    def report(self, path: str, **days: str) -> Any:
        """The question mark stands there whatever follows it."""
        return self.get(f"{path}/reports?{urlencode(days)}")

    def redeem_coupon(self, campaign_id: str, redeem_code: str, comment: str | None = None) -> Any:
        """Of the fork."""
        sent = {"pass": {"redeem_code": redeem_code, "comment": comment}}
        return self.request("POST", f"/coupons/{campaign_id}/redeem", encoded(sent))

    def delete(self, path: str) -> Any:
        """Upstream sends a GET instead; the fork a DELETE."""
        return self.request("DELETE" if self.fork else "GET", path)

    def upload(self, picture: bytes, asset_type: str, name: str = "picture.png") -> Any:
        boundary = f"------------------------{secrets.token_hex(8)}"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="asset[file]"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        tail = (
            f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="asset[asset_type]"\r\n\r\n{asset_type}\r\n'
            f"--{boundary}--\r\n"
        )
        content_type = f"multipart/form-data; boundary={boundary}"
        body = head.encode() + picture + tail.encode()
        return found(self.request("POST", "/assets", body, content_type=content_type, accept=JSON))

    def pages(self, path: str, per_page: int | None = None, offset: int | None = None) -> Pages:
        return Pages(self, path, per_page, offset)


class Pages:
    """The client's iterator: loads page 1 at once, and the next while a header names one and a page has rows."""

    def __init__(self, client: Php, path: str, per_page: int | None, offset: int | None) -> None:
        self.client, self.path, self.per_page, self.offset = client, path, per_page, offset
        self.loaded = self.load(1)

    def load(self, page: int) -> Reply:
        wanted = {"page": page, "per_page": self.per_page, "offset": self.offset}
        query = "&".join(f"{name}={value}" for name, value in wanted.items() if value is not None)
        return self.client.reply("GET", f"{self.path}?{query}")

    def __len__(self) -> int:
        """Raises: Broken: where the client answers -1."""
        if "X-Total" not in self.loaded.headers:
            raise Broken(f"-1: {self.loaded.headers}")
        return int(self.loaded.headers["X-Total"])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        seen = set()
        while True:
            rows = judged(self.loaded)
            if not isinstance(rows, list):
                raise Broken(f"TypeError: {rows!r}")
            yield from map(found, rows)
            if "X-Next-Page" not in self.loaded.headers or not rows:
                return
            following = int(self.loaded.headers["X-Next-Page"] or 0)
            if following in seen or following < 2:
                raise Broken(f"an endless loop: page {following} again")
            seen.add(following)
            self.loaded = self.load(following)


def judged(reply: Reply) -> Any:
    """The decoded body, also of refusals that the client does not know as such.

    Raises:
        PhpError: where it raises anything.
    """
    if reply.status in WITHOUT_A_CLASS:
        raise PhpError(reply.status, "Class not found")
    if reply.status in {400, 422}:
        refusal = reply.content
        if not isinstance(refusal, dict) or not {"message", "error_code"} <= set(refusal):
            raise Broken(f"Undefined property: {refusal!r}")
        if not isinstance(refusal["message"], str) or type(refusal["error_code"]) is not int:
            raise Broken(f"Wrong parameters for Exception: {refusal!r}")
        raise PhpError(reply.status, refusal["message"], refusal["error_code"])
    return reply.content


def found(resource: Any) -> dict[str, Any]:
    """What the caller reads ``->id`` of."""
    if not isinstance(resource, dict) or not isinstance(resource.get("id"), str):
        raise Broken(f"Undefined property: id: {resource!r}")
    return resource


def encoded(value: Any) -> bytes:
    """``json_encode``: an empty hash is ``[]``, slashes and other letters are escaped."""
    return json.dumps(emptied(value)).replace("/", "\\/").encode()


def emptied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: emptied(each) for key, each in value.items()} or []
    return [emptied(each) for each in value] if isinstance(value, list) else value
