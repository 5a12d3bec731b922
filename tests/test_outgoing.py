"""Calls to other people's servers: which addresses are never called, and how long a receiver can hold us up."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from passwright import outgoing
from passwright.outgoing import fault_of, post
from tests.fakes.receiver import Receiver, answering, dripping_body, dripping_head, hanging_up, receiving

PRIVATE = "must not be a private address"
NO_ADDRESS = "must be an http or https address"

FAULTS = [
    *(("http://" + host + "/", PRIVATE) for host in ("127.0.0.1", "127.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1")),
    *(("http://" + host + "/", PRIVATE) for host in ("localhost", "localhost.", "LOCALHOST", "a.localhost", "x.local")),
    *(("http://" + host + "/", PRIVATE) for host in ("10.0.0.1", "172.16.3.4", "192.168.1.1", "0.0.0.0", "0")),
    *(("http://" + host + "/", PRIVATE) for host in ("169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255")),
    *(
        ("http://" + host + "/", PRIVATE)
        for host in ("[::1]", "[::]", "[fe80::1]", "[fd00::1]", "[fec0::1]", "[ff02::1]")
    ),
    *(("http://" + host + "/", PRIVATE) for host in ("[::ffff:127.0.0.1]", "[::ffff:a00:1]", "[::127.0.0.1]")),
    *(("http://" + host + "/", PRIVATE) for host in ("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001::1]")),
    ("http://metadata.google.internal/computeMetadata/v1/", PRIVATE),
    ("http://127.0.0.1:5432/", PRIVATE),
    ("https://user:word@example.org/", "must not contain a user name or password"),
    ("https://user@example.org/", "must not contain a user name or password"),
    ("https://@example.org/", "must not contain a user name or password"),
    ("ftp://example.org/", NO_ADDRESS),
    ("file:///etc/passwd", NO_ADDRESS),
    ("//example.org/", NO_ADDRESS),
    ("example.org", NO_ADDRESS),
    ("https://", NO_ADDRESS),
    ("https://example.org:0/", NO_ADDRESS),
    ("https://example.org:99999/", NO_ADDRESS),
    ("https://example.org\\@127.0.0.1/", NO_ADDRESS),
    ("https://exa mple.org/", NO_ADDRESS),
    ("https://example.org/\n", NO_ADDRESS),
    ("http://①②⑦.⓪.⓪.①/", NO_ADDRESS),
]


def is_name(url: str) -> bool:
    """What resolvers say of these is theirs."""
    return "local" in url or "internal" in url


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """The operator vouches for it."""
    with receiving() as one:
        monkeypatch.setattr(outgoing, "HOSTS", frozenset({one.host}))
        yield one


@pytest.mark.parametrize(("url", "fault"), FAULTS)
def test_an_address_that_is_never_called_is_refused_when_it_is_written_down(url: str, fault: str) -> None:
    assert fault_of(url) == fault


@pytest.mark.parametrize("url", [url for url, fault in FAULTS if fault == PRIVATE and not is_name(url)])
def test_a_private_address_is_not_called_even_if_it_was_written_down(url: str) -> None:
    answer = post(url, body=b"{}", headers={})
    assert answer == outgoing.Answer(error="The address is private, and such addresses are not called.")


@pytest.mark.parametrize("url", ["https://example.org/hooks?key=1", "http://8.8.8.8:8080/", "https://ü.example/"])
def test_public_addresses_are_fine(url: str) -> None:
    assert fault_of(url) is None


def test_in_production_only_whom_the_operator_names_is_spoken_to_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "NEEDS_TLS", True)
    monkeypatch.setattr(outgoing, "HOSTS", frozenset({"hooks.internal", "10.0.0.5:8080", "::1"}))
    assert fault_of("http://example.org/") == "must be an https address"
    assert fault_of("https://example.org/") is None
    assert fault_of("http://hooks.internal:99/") is None
    assert fault_of("http://HOOKS.internal./") is None
    assert fault_of("http://10.0.0.5:8080/") is None
    assert fault_of("http://[::1]:1/") is None
    assert fault_of("https://10.0.0.5/") == PRIVATE
    assert post("http://8.8.8.8/", body=b"", headers={}).error is not None


def resolving(*addresses: str) -> Any:
    """A resolver that says something else each time."""
    left = list(addresses)
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        known = {"rebinding.example"}
        return real(left.pop(0) if host in known else host, port, *args, **kwargs)

    return resolve


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "100.64.0.1"]
)
def test_a_name_that_means_a_private_address_by_now_is_not_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    port = receiver.server.server_port
    monkeypatch.setattr(socket, "getaddrinfo", resolving(address))
    url = f"http://rebinding.example:{port}/"
    assert fault_of(url) is None
    assert post(url, body=b"{}", headers={}).error == "The address is private, and such addresses are not called."
    assert receiver.got == []


def test_what_a_name_means_is_asked_once_and_that_is_called(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a look and a call a resolver could change its mind."""
    called: list[Any] = []

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> Any:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolving("93.184.215.14", "127.0.0.1"))
    answer = post(f"http://rebinding.example:{receiver.server.server_port}/", body=b"{}", headers={})
    assert answer.error == "The connection was refused or broke off."
    assert [host for host, _ in called] == ["93.184.215.14"]
    assert receiver.got == []


def test_a_call_arrives_as_it_was_given(receiver: Receiver) -> None:
    answer = post(
        receiver.url("/a?b=c"), body=b'{"\xc3\xbc":1}', headers={"Authorization": "key", "User-Agent": "Passwright"}
    )
    assert (answer.accepted, answer.status, answer.error, answer.text) == (True, 200, None, "ok")
    (got,) = receiver.got
    assert (got.path, got.body) == ("/a?b=c", b'{"\xc3\xbc":1}')
    assert got.headers == {
        "host": receiver.host,
        "user-agent": "Passwright",
        "accept": "*/*",
        "accept-encoding": "identity",
        "authorization": "key",
        "content-length": str(len(got.body)),
    }


@pytest.mark.parametrize("to", ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/", "/elsewhere"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure_that_says_so(receiver: Receiver, status: int, to: str) -> None:
    receiver.mood = answering(status, Location=to)
    answer = post(receiver.url(), body=b"{}", headers={})
    assert not answer.accepted
    assert answer.error == (
        f"The receiver answered {status}. Redirects are not followed: write down the address itself."
    )
    assert len(receiver.got) == 1


def test_no_proxy_of_the_environment_is_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(receiver.url(), body=b"{}", headers={}).accepted


def test_cookies_are_not_kept(receiver: Receiver) -> None:
    receiver.mood = answering(200, **{"Set-Cookie": "a=b"})
    for _ in range(2):
        post(receiver.url(), body=b"{}", headers={})
    assert all("cookie" not in got.headers for got in receiver.got)


def test_a_kibibyte_of_the_answer_is_read_and_no_more(receiver: Receiver) -> None:
    receiver.mood = answering(500, b"\x00x" * 5_000_000)
    began = time.monotonic()
    answer = post(receiver.url(), body=b"{}", headers={})
    assert time.monotonic() - began < 2
    assert answer.error == "The receiver answered 500."
    assert answer.text == "\ufffdx" * 512


def test_who_hangs_up_has_not_accepted(receiver: Receiver) -> None:
    receiver.mood = hanging_up
    assert post(receiver.url(), body=b"{}", headers={}).error == "The connection was refused or broke off."


def test_a_head_that_drips_ends_with_the_time(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "SECONDS", 0.5)
    receiver.mood = dripping_head
    began = time.monotonic()
    answer = post(receiver.url(), body=b"{}", headers={})
    assert time.monotonic() - began < 2
    assert answer.error == "There was no answer within 0.5 seconds."


def test_who_accepts_and_drips_has_accepted(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "BODY_SECONDS", 0.3)
    receiver.mood = dripping_body
    began = time.monotonic()
    assert post(receiver.url(), body=b"{}", headers={}).accepted
    assert time.monotonic() - began < 2


def test_a_name_that_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert post("http://nobody.example/", body=b"{}", headers={}).error == "The host's name is not known."


def test_what_can_be_no_name_is_said() -> None:
    answer = post("https://" + "a" * 70 + ".example/", body=b"{}", headers={})
    assert answer.error == "The address cannot be called: it must be a public https address."


def certificate_for(name: str, folder: Path) -> Path:
    """Key and certificate of a server, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("rebinding.example", None),
        ("another.example", "There was no TLS connection: the certificate or the protocol does not fit."),
    ],
)
def test_with_tls_the_resolved_address_is_called_and_the_name_is_verified(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, error: str | None
) -> None:
    """This machine stands for a public one."""
    pem = certificate_for(name, tmp_path)
    monkeypatch.setattr(outgoing, "is_public", lambda _: True)
    monkeypatch.setattr(outgoing, "here", outgoing.Here())
    outgoing.here.session.verify = str(pem)
    for adapter in outgoing.here.session.adapters.values():
        adapter._allow_loopback = True  # type: ignore[attr-defined]  # of requests-hardened's
    monkeypatch.setattr(socket, "getaddrinfo", resolving("127.0.0.1"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with receiving() as receiver:
        receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
        url = f"https://rebinding.example:{receiver.server.server_port}/"
        answer = post(url, body=b"{}", headers={})
    assert answer.error == error
    assert [got.headers["host"] for got in receiver.got] == ([] if error else [url.split("/")[2]])
