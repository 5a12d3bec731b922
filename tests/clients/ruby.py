"""The habits of the old Ruby client (2.1.0), after the description of what it sends and what it needs."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct

from tests.clients.wire import Broken, Server, read_json

AGENT = "Passworks Ruby API Client/2.1.0 Ruby/2.3.1 Platform/x86_64-linux"
ENCODINGS = "gzip;q=1.0,deflate;q=0.6,identity;q=0.3"
JSON = "application/json"
RAISED = frozenset({400, 401, 402, 403, 404, 405, 412, 420, 422, 500, 501, 502, 503, 504})
METHODS = {
    *("push", "merge", "delete", "destroy", "update", "passes", "client", "collection_name"),
    *("daily_report", "total_report", "method", "class", "send"),
}
"""Names that a resource has as methods: attributes of these names cannot be read."""
MOST_PAGES = 100


class RubyError(Exception):
    """What the client raises for a refusal."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Reply(Struct, frozen=True):
    """Header names are in lower case: the client's library does not care."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Ruby:
    """The client: ``ruby["coupons"].create(...)``, ``ruby.get("/coupons/…/passes")``."""

    def __init__(self, server: Server, *, password: str | None = None) -> None:
        self.server = server
        word = f"{server.username}:{server.password if password is None else password}"
        self.authorization = f"Basic {base64.b64encode(word.encode()).decode()}"

    def __getitem__(self, segment: str) -> Collection:
        return Collection(self, f"/{segment}")

    def request(
        self, method: str, path: str, body: bytes | None = None, content_type: str = JSON, **query: Any
    ) -> Reply:
        target = f"/v2{path}" + (f"?{urlencode(sorted(query.items()))}" if query else "")
        lines = [
            f"{method} {target} HTTP/1.1",
            f"Authorization: {self.authorization}",
            f"User-Agent: {AGENT}",
            "Accept: */*",
            f"Accept-Encoding: {ENCODINGS}",
            "Connection: close",
            f"Host: {self.server.host}:{self.server.port}",
        ]
        if body is not None:
            lines += [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        return checked(read_reply(self.server.exchange(lines, body or b"")))

    def send(self, method: str, path: str, attributes: Mapping[str, Any]) -> Reply:
        return self.request(method, path, json.dumps(attributes).encode())

    def get(self, path: str, **query: Any) -> Any:
        return content(self.request("GET", path, **query))

    def post(self, path: str, attributes: Mapping[str, Any]) -> Any:
        return content(self.send("POST", path, attributes))

    def upload(self, picture: bytes, asset_type: str, name: str = "picture.png") -> Resource:
        body, boundary = form(picture, asset_type, name)
        content_type = f"multipart/form-data; boundary={boundary}"
        reply = self.request("POST", "/assets", body, content_type)
        return Resource(self, "/assets", content(reply))


def form(picture: bytes, asset_type: str, name: str) -> tuple[bytes, str]:
    """The picture first, then its type; the boundary begins with dashes of its own."""
    boundary = f"-----------RubyMultipartPost-{secrets.token_hex(16)}"
    head = [
        f"--{boundary}",
        f'Content-Disposition: form-data; name="asset[file]"; filename="{name}"',
        f"Content-Length: {len(picture)}",
        "Content-Type: image/png",
        "Content-Transfer-Encoding: binary",
        "",
        "",
    ]
    tail = [
        "",
        f"--{boundary}",
        'Content-Disposition: form-data; name="asset[asset_type]"',
        "",
        asset_type,
        f"--{boundary}--",
        "",
        "",
    ]
    return "\r\n".join(head).encode() + picture + "\r\n".join(tail).encode(), boundary


def read_reply(received: bytes) -> Reply:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    if first.split(" ")[1].startswith("1"):
        return read_reply(body)
    named = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in named}
    plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
    return Reply(int(first.split(" ")[1]), headers, plain)


def checked(reply: Reply) -> Reply:
    """Raises: RubyError: for what the client takes for a refusal; anything else it takes for an answer."""
    if reply.status in RAISED:
        raise RubyError(reply.status, "" if reply.status >= 500 else told(reply.body))
    return reply


def told(body: bytes) -> str:
    """What a refusal says. Every body of a refusal is parsed; an empty one says nothing."""
    if not body:
        return ""
    refusal = read_json(body)
    if not isinstance(refusal, dict):
        raise Broken(f"TypeError: {refusal!r}")
    errors = refusal.get("errors")
    if errors is None or errors == []:
        return str(refusal.get("message", ""))
    if not isinstance(errors, dict):
        raise Broken(f"NoMethodError: join for nil: {errors!r}")
    return ", ".join(f"{name}: {sentence(each)}" for name, each in errors.items())


def sentence(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    if not isinstance(value, str):
        raise Broken(f"NoMethodError: {value!r}")
    return value


def content(reply: Reply) -> Any:
    """The JSON of an answer, which has to say that it is JSON."""
    if not reply.headers.get("content-type", "").partition(";")[0].strip().endswith("json"):
        raise Broken(f"NoMethodError: not parsed: {reply.headers.get('content-type')}")
    return read_json(reply.body)


class Resource:
    """One thing, with the attributes that it had when it was read."""

    def __init__(self, client: Ruby, collection: str, attributes: Any, root: str | None = None) -> None:
        if not isinstance(attributes, dict):
            raise Broken(f"NoMethodError: {attributes!r}")
        if hidden := METHODS & set(attributes):
            raise Broken(f"cannot be read: {hidden}")
        self.client, self.collection, self.root = client, collection, root
        self.attributes = attributes
        self.id = attributes.get("id")
        if not isinstance(self.id, str):
            raise Broken(f"a resource whose id is nil: {attributes!r}")

    def __getitem__(self, name: str) -> Any:
        return self.attributes[name]

    @property
    def path(self) -> str:
        return f"{self.collection}/{self.id}"

    @property
    def passes(self) -> Collection:
        return Collection(self.client, f"{self.path}/passes")

    def update(self, attributes: Mapping[str, Any], **params: Any) -> Resource:
        """A new resource, made of the answer."""
        root = root_of(self.collection)
        reply = self.client.send("PATCH", self.path, {root: attributes, **params})
        return Resource(self.client, self.collection, content(reply))

    def push(self, **params: Any) -> Reply:
        """Of a pass with words to its owner, which go bare; of a campaign without."""
        return self.client.send("POST", f"{self.path}/push", params)

    def merge(self) -> Reply:
        return self.client.send("POST", f"{self.path}/merge", {})

    def daily_report(self, *, start_date: str, end_date: str) -> Any:
        return self.client.get(f"{self.path}/reports", start_date=start_date, end_date=end_date)

    def total_report(self) -> Any:
        return self.client.get(f"{self.path}/reports/totals")

    def delete(self, attributes: Mapping[str, Any] | None = None) -> Reply:
        return self.client.send("DELETE", self.path, attributes or {})

    def delete_template(self, *, delete_assets: bool = True) -> Reply:
        return self.delete({"template": {"delete_assets": delete_assets}})


class Collection:
    """``all``, ``find``, ``create``. A pass lives below its campaign, and says itself which one that is."""

    def __init__(self, client: Ruby, path: str) -> None:
        self.client, self.path = client, path

    def create(self, attributes: Mapping[str, Any] | None = None, **params: Any) -> Resource:
        body = {root_of(self.path): attributes or {}, **params}
        return self.made(content(self.client.send("POST", self.path, body)))

    def find(self, wanted: str) -> Resource:
        return self.made(content(self.client.request("GET", f"{self.path}/{wanted}")))

    def made(self, attributes: Any) -> Resource:
        resource = Resource(self.client, self.path, attributes)
        if self.path.endswith("/passes") and f"/{resource['campaign_id']}/" not in self.path:
            raise Broken(f"a pass of another campaign: {attributes!r}")
        return resource

    def all(self, **first: Any) -> Iterator[Resource]:
        """Page after page. Only the first request carries the parameters: the client forgets them."""
        reply = self.client.request("GET", self.path, **first)
        for _ in range(MOST_PAGES):
            rows = content(reply)
            if not isinstance(rows, list):
                raise Broken(f"NoMethodError: {rows!r}")
            yield from map(self.made, rows)
            following = to_i(reply.headers.get("x-next-page"))
            if following == 0:
                return
            reply = self.client.request("GET", self.path, page=following)
        raise Broken("endless pages")

    @property
    def size(self) -> int:
        return to_i(self.client.request("GET", self.path).headers.get("x-total"))


def root_of(collection: str) -> str:
    """``/coupons`` -> ``coupon``; ``/coupons/…/passes`` -> ``pass``."""
    segment = collection.rpartition("/")[2]
    return "pass" if segment == "passes" else segment.removesuffix("es" if segment == "boarding_passes" else "s")


def to_i(text: str | None) -> int:
    return int(text) if text and text.strip().isdigit() else 0
