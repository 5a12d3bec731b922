"""A small honest web service over passes that are signed on the spot: what a phone is tried against without a platform.

It keeps everything in memory behind one lock. A test may break it on purpose by the attributes of `Faults`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from PIL import Image

from passwright.apple import archive, images
from passwright.apple.development import DevelopmentCertificate
from passwright.apple.signature import Signer

PASS_TYPE = "pass.org.example.club"
TEAM = "A1B2C3D4E5"
BEGIN = datetime(2026, 11, 22, 9, tzinfo=UTC)


def icon() -> dict[str, bytes]:
    picture = BytesIO()
    Image.new("RGB", (114, 114), "#c51f1f").save(picture, "PNG")
    return images.densities("icon", picture.getvalue())


@dataclass
class Card:
    """One pass: its fields, its version, its registrations with the tag of their last change."""

    serial_number: str
    token: str
    fields: dict[str, Any]
    version: int = 2
    registrations: dict[str, int] = field(default_factory=dict)

    @property
    def last_modified(self) -> str:
        return format_datetime(BEGIN + timedelta(seconds=self.version), usegmt=True)


@dataclass
class Faults:
    """``answers``: statuses that the next requests whose path contains the key get instead of an answer."""

    answers: dict[str, list[int]] = field(default_factory=dict)
    without_tag: bool = False
    same_tag: str = ""
    without_last_modified: bool = False
    ignores_if_modified_since: bool = False
    lists_always: list[str] = field(default_factory=list)
    another_pass: str = ""
    broken_pass: bool = False
    web_service_url: str = ""
    media_type: str = archive.MEDIA_TYPE


class FakeWebService:
    """Use it as a context manager. ``push`` is called with each push token when a pass changes."""

    def __init__(self, leaf: DevelopmentCertificate, now: datetime) -> None:
        self.leaf = leaf
        self.now = now
        self.signer = Signer(leaf.certificate, leaf.key, leaf.intermediate)
        self.prepared = archive.prepare(icon())
        self.faults = Faults()
        self.cards: dict[str, Card] = {}
        self.tokens: dict[str, str] = {}
        """Device: push token."""
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.logged: list[str] = []
        self.push: Callable[[str], None] = lambda _token: None
        self.lock = threading.RLock()
        self.tag = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def link(self, card: Card) -> str:
        return f"{self.base}/download/{card.serial_number}"

    @contextmanager
    def running(self) -> Iterator[FakeWebService]:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()

    def issue(self, serial_number: str, **values: Any) -> Card:
        card = Card(serial_number, f"token-of-{serial_number}-and-more", values or {"toy": "Trucks"})
        self.cards[serial_number] = card
        return card

    def change(self, card: Card, *, silently: bool = False, **values: Any) -> None:
        """As an update through the API: a version, a tag, a push for each device."""
        with self.lock:
            card.fields = {**card.fields, **values}
            card.version += 1
            self.tag += 1
            card.registrations = dict.fromkeys(card.registrations, self.tag)
            tokens = [self.tokens[device] for device in card.registrations]
        for token in () if silently else dict.fromkeys(tokens):
            self.push(token)

    def archive(self, card: Card) -> bytes:
        document = {
            "formatVersion": 1,
            "passTypeIdentifier": PASS_TYPE,
            "serialNumber": self.faults.another_pass or card.serial_number,
            "teamIdentifier": "ZZZZZZZZZZ" if self.faults.broken_pass else TEAM,
            "organizationName": "Toy Town",
            "description": "Membership card",
            "webServiceURL": self.faults.web_service_url or f"{self.base}/apple",
            "authenticationToken": card.token,
            "generic": {
                "primaryFields": [
                    {"key": key, "label": key.upper(), "value": value, "changeMessage": f"{key} is now %@"}
                    for key, value in card.fields.items()
                ]
            },
        }
        return self.prepared.build(json.dumps(document).encode(), self.signer, self.now)

    def count(self, method: str, part: str) -> int:
        return sum(1 for one, path, _ in self.requests if one == method and part in path)


Answer = tuple[int, dict[str, str], bytes]


def answer_of(service: FakeWebService, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
    url = urlsplit(target)
    for part, statuses in service.faults.answers.items():
        if part in url.path and statuses:
            return statuses.pop(0), {}, b""
    parts = [unquote(part) for part in url.path.split("/")[1:]]
    with service.lock:
        if parts[0] == "download":
            card = service.cards[parts[1]]
            kept = {"Content-Type": service.faults.media_type, "Last-Modified": card.last_modified}
            return 200, kept, service.archive(card)
        if parts[:2] != ["apple", "v1"]:
            return 404, {}, b""
        return route(service, method, parts[2:], parse_qs(url.query), headers, body)


def route(
    service: FakeWebService,
    method: str,
    parts: list[str],
    query: dict[str, list[str]],
    headers: dict[str, str],
    body: bytes,
) -> Answer:
    match method, parts:
        case "POST", ["log"]:
            service.logged += json.loads(body)["logs"]
            return 200, {}, b""
        case "GET", ["devices", device, "registrations", _]:
            return listed(service, device, query.get("passesUpdatedSince", [""])[0])
        case _, ["devices", device, "registrations", _, serial]:
            card = opened(service, serial, headers)
            if card is None:
                return 401, {}, b""
            return registration(service, method, device, card, body)
        case (("GET" | "HEAD"), ["passes", _, serial]):
            card = opened(service, serial, headers)
            return (401, {}, b"") if card is None else latest(service, card, headers)
    return 404, {}, b""


def opened(service: FakeWebService, serial: str, headers: dict[str, str]) -> Card | None:
    card = service.cards.get(serial)
    words = ("ApplePass", "AndroidPass", "WalletUnionPass", "WalletUnionHMSPass", "AttidoPass")
    said = headers.get("authorization", "")
    return card if card and said in [f"{word} {card.token}" for word in words] else None


def registration(service: FakeWebService, method: str, device: str, card: Card, body: bytes) -> Answer:
    if method == "DELETE":
        card.registrations.pop(device, None)
        return 200, {}, b""
    service.tokens[device] = json.loads(body)["pushToken"]
    if device in card.registrations:
        return 200, {}, b""
    service.tag += 1
    card.registrations[device] = service.tag
    return 201, {}, b""


def listed(service: FakeWebService, device: str, since: str) -> Answer:
    tag = int(since.partition(" ")[0] or 0)
    mine = {
        card.serial_number: card.registrations[device]
        for card in service.cards.values()
        if device in card.registrations
    }
    serials = [serial for serial, changed in mine.items() if changed > tag] + service.faults.lists_always
    if not serials:
        return 204, {}, b""
    body: dict[str, Any] = {"serialNumbers": serials}
    if not service.faults.without_tag:
        another = len(service.requests) if service.faults.lists_always else ""
        body["lastUpdated"] = service.faults.same_tag or f"{max(mine.values(), default=0)} & opaque+ä{another}"
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def latest(service: FakeWebService, card: Card, headers: dict[str, str]) -> Answer:
    kept = {} if service.faults.without_last_modified else {"Last-Modified": card.last_modified}
    since = "" if service.faults.ignores_if_modified_since else headers.get("if-modified-since", "")
    if since == card.last_modified:
        return 304, kept, b""
    return 200, {**kept, "Content-Type": archive.MEDIA_TYPE}, service.archive(card)


def handler(service: FakeWebService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.requests.append((self.command, self.path, headers))
            status, sent, content = answer_of(service, self.command, self.path, headers, body)
            self.send_response(status)
            for name, value in sent.items():
                self.send_header(name, value)
            if status not in (204, 304):
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD" and status not in (204, 304):
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_DELETE = answer

        def log_message(self, *_arguments: object) -> None:
            pass

    return Handler
