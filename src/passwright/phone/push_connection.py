"""One HTTP/2 connection of the simulated push service."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from typing import Protocol, cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import ConnectionTerminated, DataReceived, Event, RequestReceived, StreamEnded, StreamReset
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hyperframe.frame import GoAwayFrame
from msgspec import Struct

CONFIGURATION = H2Configuration(
    client_side=False, header_encoding="utf-8", validate_outbound_headers=False, normalize_outbound_headers=False
)
WINDOW = 1 << 30
"""Bytes that a client may send on one connection: pushes are two bytes long, so none comes to its end."""

MOST_KEPT = 8192
"""Of a body: enough to see that it is too long."""

LINGER_SECONDS = 0.2
"""Between a GOAWAY and the end of the connection, so that the client gets to read it."""


class Request(Struct):
    """As it comes in."""

    method: str
    path: str
    topic: str
    apns_id: str
    push_type: str
    priority: str
    body: bytes = b""

    def __repr__(self) -> str:
        return f"Request({self.method}, {self.topic!r})"


class Answer(Struct, frozen=True, kw_only=True):
    """``delay`` in seconds. ``instead`` is done to the connection in place of an answer; then ``status`` is 0."""

    status: int
    apns_id: str
    reason: str = ""
    body: bytes = b""
    delay: float = 0.0
    instead: Callable[[PushConnection, int], None] | None = None


class Service(Protocol):
    """What a connection needs of its service."""

    concurrent_streams: int

    def opened(self, connection: PushConnection) -> None: ...

    def closed(self, connection: PushConnection) -> None: ...

    def topics_of(self, transport_security: ssl.SSLObject) -> Sequence[str]: ...

    def answer(self, request: Request, topics: Sequence[str]) -> Answer: ...


class PushConnection(asyncio.Protocol):
    """Lives in the loop's thread only."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.requests: dict[int, Request] = {}
        self.topics: Sequence[str] = ()
        self.ended = False
        self.last_taken: int | None = None
        """After a GOAWAY: the last stream that is still answered."""
        self.last_stream = 0
        self.late = 0
        self.transport: asyncio.Transport
        self.http = H2Connection(CONFIGURATION)
        self.http.local_settings = Settings(
            client=False, initial_values={SettingCodes.MAX_CONCURRENT_STREAMS: service.concurrent_streams}
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.topics = self.service.topics_of(transport.get_extra_info("ssl_object"))
        self.http.initiate_connection()
        self.http.increment_flow_control_window(WINDOW)
        self.flush()
        self.service.opened(self)

    def connection_lost(self, _reason: Exception | None) -> None:
        self.ended = True
        self.service.closed(self)

    def data_received(self, data: bytes) -> None:
        if self.ended:
            return
        try:
            events = self.http.receive_data(data)
        except ProtocolError:  # h2 has prepared the GOAWAY that says what was wrong
            self.end()
            return
        for event in events:
            self.handle(event)
        self.flush()

    def handle(self, event: Event) -> None:
        if self.ended:
            return
        if isinstance(event, RequestReceived):
            if self.last_taken is not None and event.stream_id > self.last_taken:
                return
            self.requests[event.stream_id] = request_of(dict(cast("list[tuple[str, str]]", event.headers)))
        elif isinstance(event, DataReceived):
            request = self.requests.get(event.stream_id)
            if request is not None and len(request.body) < MOST_KEPT:
                request.body += event.data
        elif isinstance(event, StreamEnded):
            if request := self.requests.pop(event.stream_id, None):
                self.answer(event.stream_id, request)
        elif isinstance(event, StreamReset):
            self.requests.pop(event.stream_id, None)
        elif isinstance(event, ConnectionTerminated):
            self.end()

    def answer(self, stream: int, request: Request) -> None:
        answer = self.service.answer(request, self.topics)
        if answer.instead is not None:
            answer.instead(self, stream)
            return
        self.last_stream = max(self.last_stream, stream)
        if answer.delay:
            self.late += 1
            asyncio.get_running_loop().call_later(answer.delay, self.send_late, stream, answer)
        else:
            self.send(stream, answer)

    def send(self, stream: int, answer: Answer) -> None:
        headers = [(":status", str(answer.status)), ("apns-id", answer.apns_id)]
        if answer.body:
            headers.append(("content-type", "application/json"))
        self.http.send_headers(stream, headers, end_stream=not answer.body)
        if answer.body:
            self.http.send_data(stream, answer.body, end_stream=True)

    def send_late(self, stream: int, answer: Answer) -> None:
        self.late -= 1
        if self.ended:
            return
        try:
            self.send(stream, answer)
        except ProtocolError:  # the client has given the stream up
            return
        self.flush()

    def flush(self) -> None:
        if data := self.http.data_to_send():
            self.transport.write(data)

    # The mean ways. ``stream`` is the request that they are done to.

    def refuse_and_go_away(self, stream: int) -> None:
        """This request was not looked at, nor any after it."""
        self.requests = {number: request for number, request in self.requests.items() if number < stream}
        self.go_away(stream - 2)

    def go_away(self, last_stream: int | None = None) -> None:
        """What came up to ``last_stream`` is answered; the client has to send the rest to another connection.

        The frame is written by hand, because h2 ends all streams of a connection with it.
        """
        if self.ended or self.last_taken is not None:
            return
        self.last_taken = self.last_stream if last_stream is None else max(0, last_stream)
        self.flush()
        self.transport.write(GoAwayFrame(last_stream_id=self.last_taken, error_code=ErrorCodes.NO_ERROR).serialize())
        self.hang_up_when_done()

    def hang_up_when_done(self) -> None:
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.hang_up)

    def hang_up(self) -> None:
        if self.late or self.requests:
            self.hang_up_when_done()
        elif not self.ended:
            self.end()

    def reset(self, stream: int) -> None:
        self.http.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)

    def cut(self, _stream: int = 0) -> None:
        self.ended = True
        self.transport.abort()

    def end(self) -> None:
        """Send what is to be sent and hang up a moment later."""
        self.ended = True
        self.flush()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self.transport.close)


def request_of(headers: dict[str, str]) -> Request:
    return Request(
        method=headers.get(":method", ""),
        path=headers.get(":path", ""),
        topic=headers.get("apns-topic", ""),
        apns_id=headers.get("apns-id", ""),
        push_type=headers.get("apns-push-type", ""),
        priority=headers.get("apns-priority", ""),
    )
