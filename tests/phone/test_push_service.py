"""The simulated APNs, asked by curl as the platform asks it, and by h2 where curl is too polite."""

from __future__ import annotations

import json
import queue
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pycurl
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RemoteSettingsChanged, ResponseReceived, StreamEnded
from h2.settings import SettingCodes
from msgspec import Struct

from passwright.apple.development import DevelopmentAuthority, DevelopmentCertificate, development_authority
from passwright.phone.push_service import Mean, Push, PushService
from passwright.phone.tls import identity_by
from tests.fakes.web_service import PASS_TYPE

NOW = datetime.now(UTC)
TOPIC = PASS_TYPE
TOKEN = "6d" * 32
CURLE_HTTP2_STREAM = 92


class Client(Struct):
    """A provider with a certificate: one multi handle, which keeps its connections."""

    certificate: Path
    root: Path
    multi: Any

    def options(self, url: str) -> Any:
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.SSLCERT, str(self.certificate))
        curl.setopt(pycurl.CAINFO, str(self.root))
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        curl.setopt(pycurl.PIPEWAIT, 1)
        curl.setopt(pycurl.TIMEOUT, 10)
        return curl

    def push(
        self, service: PushService, *tokens: str, headers: tuple[str, ...] = (f"apns-topic: {TOPIC}",)
    ) -> list[Any]:
        """(status, body) for each token, or curl's error number, all asked at once."""
        waiting: dict[Any, tuple[int, BytesIO]] = {}
        for place, token in enumerate(tokens):
            curl, body = self.options(f"{service.url}/3/device/{token}"), BytesIO()
            curl.setopt(pycurl.POSTFIELDS, "{}")
            curl.setopt(pycurl.HTTPHEADER, list(headers))
            curl.setopt(pycurl.WRITEDATA, body)
            waiting[curl] = (place, body)
            self.multi.add_handle(curl)
        return self.outcomes(waiting)

    def outcomes(self, waiting: dict[Any, tuple[int, BytesIO]]) -> list[Any]:
        found: list[Any] = [None] * len(waiting)
        while waiting:
            self.multi.perform()
            _, good, bad = self.multi.info_read()
            for curl, error in [(curl, 0) for curl in good] + [(curl, number) for curl, number, _ in bad]:
                place, body = waiting.pop(curl)
                answered = (curl.getinfo(pycurl.RESPONSE_CODE), json.loads(body.getvalue() or b"{}"))
                found[place] = error or answered
                self.multi.remove_handle(curl)
            self.multi.select(0.01)
        return found

    def one(self, service: PushService, token: str = TOKEN, **arguments: Any) -> Any:
        return self.push(service, token, **arguments)[0]


@pytest.fixture
def service(development: DevelopmentAuthority) -> Iterator[PushService]:
    with PushService(client_authorities=development.root_pem) as running:
        running.add(TOKEN, topic=TOPIC)
        yield running


@pytest.fixture
def client(service: PushService, leaf: DevelopmentCertificate, tmp_path: Path) -> Client:
    file = tmp_path / "client.pem"
    file.write_bytes(leaf.certificate_pem + leaf.intermediate_pem + leaf.key_pem)
    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
    multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, 1)
    return Client(file, service.write_root(tmp_path / "root.pem"), multi)


def test_a_push_is_taken_and_handed_to_the_phone(service: PushService, client: Client) -> None:
    received: queue.Queue[Push] = queue.Queue()
    service.add("ab" * 32, topic=TOPIC, receive=received.put)
    name = str(uuid.uuid4())
    assert client.one(service, "AB" * 32, headers=(f"apns-topic: {TOPIC}", f"apns-id: {name}")) == (200, {})
    assert received.get(timeout=5).topic == TOPIC
    assert [(push.token, push.apns_id) for push in service.pushes_to("AB" * 32)] == [("ab" * 32, name)]


@pytest.mark.parametrize(
    ("headers", "token", "status", "reason"),
    [
        (("apns-topic: pass.org.example.other",), TOKEN, 400, "TopicDisallowed"),
        ((), TOKEN, 400, "MissingTopic"),
        (("apns-topic: org.example",), TOKEN, 400, "BadTopic"),
        ((f"apns-topic: {TOPIC}",), "7e" * 32, 400, "BadDeviceToken"),
        ((f"apns-topic: {TOPIC}",), "not-hex", 400, "BadDeviceToken"),
        ((f"apns-topic: {TOPIC}",), "", 400, "MissingDeviceToken"),
        ((f"apns-topic: {TOPIC}", "apns-push-type: voip"), TOKEN, 400, "InvalidPushType"),
        ((f"apns-topic: {TOPIC}", "apns-push-type: background", "apns-priority: 10"), TOKEN, 400, "BadPriority"),
        ((f"apns-topic: {TOPIC}", "apns-id: seven"), TOKEN, 400, "BadMessageId"),
    ],
)
def test_what_apple_refuses_is_refused(
    service: PushService, client: Client, headers: tuple[str, ...], token: str, status: int, reason: str
) -> None:
    assert client.one(service, token, headers=headers) == (status, {"reason": reason})
    assert service.pushes == []


def test_a_token_belongs_to_one_topic(service: PushService, client: Client) -> None:
    service.add("cd" * 32, topic="pass.org.example.other")
    assert client.one(service, "cd" * 32) == (400, {"reason": "DeviceTokenNotForTopic"})


def test_method_path_and_body_are_looked_at(service: PushService, client: Client) -> None:
    def ask(path: str, **options: Any) -> Any:
        curl, body = client.options(f"{service.url}{path}"), BytesIO()
        curl.setopt(pycurl.WRITEDATA, body)
        curl.setopt(pycurl.HTTPHEADER, [f"apns-topic: {TOPIC}"])
        for name, value in options.items():
            curl.setopt(getattr(pycurl, name), value)
        client.multi.add_handle(curl)
        return client.outcomes({curl: (0, body)})[0]

    path = f"/3/device/{TOKEN}"
    assert ask(path) == (405, {"reason": "MethodNotAllowed"})
    assert ask("/4/device/x", POSTFIELDS="{}") == (404, {"reason": "BadPath"})
    assert ask(path, POSTFIELDS="") == (400, {"reason": "PayloadEmpty"})
    assert ask(path, POSTFIELDS="[]") == (400, {"reason": "BadPayload"})
    assert ask(path, POSTFIELDS="{" + " " * 4096 + "}") == (413, {"reason": "PayloadTooLarge"})
    assert ask(path, POSTFIELDS='{"aps": {}}') == (200, {})


def test_a_phone_that_is_gone_says_since_when(service: PushService, client: Client) -> None:
    since = datetime(2026, 11, 22, 10, 0, 0, 5000, tzinfo=UTC)
    service.remove(TOKEN, since=since)
    gone = (410, {"reason": "Unregistered", "timestamp": int(since.timestamp() * 1000)})
    assert client.one(service) == gone
    service.add(TOKEN, topic=TOPIC)
    assert client.one(service) == (200, {})


@pytest.mark.parametrize(
    ("how", "status", "reason"),
    [
        (Mean.BAD_DEVICE_TOKEN, 400, "BadDeviceToken"),
        (Mean.NOT_FOR_TOPIC, 400, "DeviceTokenNotForTopic"),
        (Mean.BAD_CERTIFICATE, 403, "BadCertificate"),
        (Mean.TOO_MANY_REQUESTS, 429, "TooManyRequests"),
        (Mean.INTERNAL_SERVER_ERROR, 500, "InternalServerError"),
        (Mean.SERVICE_UNAVAILABLE, 503, "ServiceUnavailable"),
        (Mean.SHUTDOWN, 503, "Shutdown"),
    ],
)
def test_it_is_mean_once_and_then_good_again(
    service: PushService, client: Client, how: Mean, status: int, reason: str
) -> None:
    service.misbehave(how)
    assert client.push(service, TOKEN) == [(status, {"reason": reason})]
    assert client.push(service, TOKEN) == [(200, {})]


@pytest.mark.parametrize("how", [Mean.UNREGISTERED, Mean.EXPIRED_TOKEN])
def test_it_is_mean_to_one_token_until_told_otherwise(service: PushService, client: Client, how: Mean) -> None:
    service.add("ab" * 32, topic=TOPIC)
    service.misbehave(how, token=TOKEN)
    mean = client.push(service, TOKEN, "ab" * 32, TOKEN)
    assert [status for status, _ in mean] == [410, 200, 410]
    assert all(body["timestamp"] / 1000 <= time.time() for status, body in mean if status == 410)
    service.behave(TOKEN)
    assert client.one(service) == (200, {})


def test_a_stream_is_reset_and_the_connection_lives(service: PushService, client: Client) -> None:
    service.misbehave(Mean.RESET_STREAM)
    assert client.one(service) == CURLE_HTTP2_STREAM
    assert client.one(service) == (200, {})
    assert service.connections_made == 1


@pytest.mark.parametrize(("how", "arrived"), [(Mean.LOST_ANSWER, 1), (Mean.CUT, 0)])
def test_an_answer_is_lost(service: PushService, client: Client, how: Mean, arrived: int) -> None:
    """On a new connection, because curl tries again by itself on one that it has used before."""
    service.misbehave(how)
    assert isinstance(client.one(service), int)
    assert len(service.pushes) == arrived
    assert [outcome.status for outcome in service.outcomes] == [0]


def test_slow_answers_hold_up_nobody_else(service: PushService, client: Client) -> None:
    service.add("ab" * 32, topic=TOPIC)
    service.misbehave(Mean.SLOW, token=TOKEN)
    began = time.monotonic()
    assert client.push(service, "ab" * 32) == [(200, {})]
    assert time.monotonic() - began < 0.9
    assert client.push(service, TOKEN, "ab" * 32) == [(200, {}), (200, {})]
    assert time.monotonic() - began >= 1.0


def test_it_goes_away_in_the_middle(service: PushService, client: Client) -> None:
    """curl sends again by itself what a GOAWAY says was not looked at; none is pushed twice, none is lost."""
    tokens = [f"{number:064x}" for number in range(1, 41)]
    for token in tokens:
        service.add(token, topic=TOPIC)
    client.one(service)
    service.misbehave(Mean.SLOW, token=tokens[0])
    service.misbehave(Mean.GOAWAY, token=tokens[20])
    threading.Timer(0.3, service.behave, [tokens[20]]).start()
    found = client.push(service, *tokens)
    missing = [token for token, answer in zip(tokens, found, strict=True) if isinstance(answer, int)]
    again = client.push(service, *missing)
    assert {answer for answer in (*found, *again) if not isinstance(answer, int) and answer[0] != 200} == set()
    assert found[0] == (200, {}), "what came before the GOAWAY is answered, late as it may be"
    assert sorted(push.token for push in service.pushes if push.token != TOKEN) == tokens
    assert service.connections_made >= 2


class H2Client:
    """One connection, frame by frame."""

    def __init__(self, service: PushService, certificate: Path, root: Path) -> None:
        context = ssl.create_default_context(cafile=str(root))
        context.load_cert_chain(certificate)
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection((service.host, service.port), timeout=10)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self.http = H2Connection(H2Configuration(client_side=True))
        self.http.initiate_connection()

    def events(self) -> Iterator[Any]:
        while True:
            self.socket.sendall(self.http.data_to_send())
            data = self.socket.recv(65536)
            if not data:
                return
            yield from self.http.receive_data(data)

    def send(self, stream: int, token: str) -> None:
        headers = {":method": "POST", ":path": f"/3/device/{token}", ":scheme": "https", ":authority": "localhost"}
        self.http.send_headers(stream, [*headers.items(), ("apns-topic", TOPIC)])
        self.http.send_data(stream, b"{}", end_stream=True)


def test_it_says_how_many_streams_it_takes(development: DevelopmentAuthority, client: Client, tmp_path: Path) -> None:
    with PushService(client_authorities=development.root_pem, knows_all=True, concurrent_streams=3) as narrow:
        speaking = H2Client(narrow, client.certificate, narrow.write_root(tmp_path / "narrow.pem"))
        settings = next(event for event in speaking.events() if isinstance(event, RemoteSettingsChanged))
        assert settings.changed_settings[SettingCodes.MAX_CONCURRENT_STREAMS].new_value == 3
        narrow.misbehave(Mean.SLOW, times=4)
        speaking.http.config.validate_outbound_headers = False
        speaking.http.remote_settings._settings[SettingCodes.MAX_CONCURRENT_STREAMS].append(10)
        speaking.http.remote_settings._settings[SettingCodes.MAX_CONCURRENT_STREAMS].popleft()
        for stream in (1, 3, 5, 7):
            speaking.send(stream, f"{stream:064x}")
        assert not any(isinstance(event, ResponseReceived) for event in speaking.events()), "too many: it hangs up"


def test_without_a_certificate_nobody_gets_in(service: PushService, tmp_path: Path) -> None:
    """TLS 1.3 tells the client only after its handshake."""
    context = ssl.create_default_context(cafile=str(service.write_root(tmp_path / "ca.pem")))
    with (
        socket.create_connection((service.host, service.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        assert hangs_up(secured)
    assert service.connections_made == 0


def hangs_up(secured: ssl.SSLSocket) -> bool:
    try:
        return secured.recv(1) == b""
    except (ssl.SSLError, ConnectionResetError):
        return True


def test_a_certificate_of_another_authority_is_a_stranger(service: PushService, client: Client, tmp_path: Path) -> None:
    other = development_authority(NOW).issue(TOPIC, "A1B2C3D4E5", "Club", NOW)
    file = tmp_path / "other.pem"
    file.write_bytes(other.certificate_pem + other.intermediate_pem + other.key_pem)
    stranger = Client(file, client.root, pycurl.CurlMulti())
    assert isinstance(stranger.one(service), int)
    assert service.outcomes == []


def test_the_development_root_can_vouch_for_it(
    development: DevelopmentAuthority, client: Client, tmp_path: Path
) -> None:
    """So that an installation trusts a phone beside it without being told to."""
    identity = identity_by(development, NOW)
    with PushService(client_authorities=development.root_pem, identity=identity, knows_all=True) as service:
        assert service.root_pem == development.root_pem
        beside = Client(client.certificate, service.write_root(tmp_path / "dev-root.pem"), pycurl.CurlMulti())
        assert beside.one(service) == (200, {})


def test_a_phone_that_is_switched_off_stays_known(
    service: PushService, development: DevelopmentAuthority, client: Client
) -> None:
    """As at Apple's, where the phone's process does not have to run for its token to be good."""
    authorities = development.root_pem
    with PushService(client_authorities=authorities, identity=service.identity, knows_all=True) as knowing:
        knowing.add(TOKEN, topic="pass.org.example.other")
        assert client.one(knowing, "7e" * 32) == (200, {})
        assert client.one(knowing) == (400, {"reason": "DeviceTokenNotForTopic"})
        knowing.remove(TOKEN)
        assert client.one(knowing)[0] == 410


def test_a_phone_that_fails_holds_up_no_other(
    service: PushService, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    received: queue.Queue[Push] = queue.Queue()

    def fail(_push: Push) -> None:
        raise RuntimeError("a phone that fails")

    service.add("ab" * 32, topic=TOPIC, receive=fail)
    service.add("cd" * 32, topic=TOPIC, receive=received.put)
    assert client.push(service, "ab" * 32, "cd" * 32) == [(200, {})] * 2
    assert received.get(timeout=5).token == "cd" * 32
    assert "a push was not taken" in caplog.text


def test_an_ipv6_address_stands_in_brackets(development: DevelopmentAuthority) -> None:
    service = PushService(client_authorities=development.root_pem, host="::1", port=2197)
    assert service.url == "https://[::1]:2197"


def test_a_port_that_is_taken_is_said(service: PushService, development: DevelopmentAuthority) -> None:
    with (
        pytest.raises(OSError, match=f"cannot listen at 127.0.0.1:{service.port}"),
        PushService(client_authorities=development.root_pem, port=service.port),
    ):
        pass


def test_tokens_are_not_in_what_is_printed(service: PushService, client: Client) -> None:
    client.one(service)
    assert TOKEN not in repr((service, service.pushes, service.outcomes))


def test_a_thousand_a_second(development: DevelopmentAuthority, client: Client, tmp_path: Path) -> None:
    """Of CPU time, so that a busy machine does not matter; the client's share is in it."""
    with PushService(client_authorities=development.root_pem, knows_all=True) as service:
        speaking = H2Client(service, client.certificate, service.write_root(tmp_path / "fast.pem"))
        next(event for event in speaking.events() if isinstance(event, RemoteSettingsChanged))
        began, answered, sent = time.process_time(), 0, 0
        events = speaking.events()
        while answered < 1000:
            while sent < 1000 and sent - answered < 200:
                speaking.send(2 * sent + 1, f"{sent:064x}")
                sent += 1
            answered += isinstance(next(events), StreamEnded)
        assert time.process_time() - began < 2
        assert len(service.pushes) == 1000


def test_it_starts_quickly_and_ends_whole(development: DevelopmentAuthority) -> None:
    began = time.monotonic()
    with PushService(client_authorities=development.root_pem) as service:
        port = service.port
    assert time.monotonic() - began < 3
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
