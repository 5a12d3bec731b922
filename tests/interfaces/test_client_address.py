"""Whose address it is: the peer's, unless that is a proxy of the operator's, and never what a stranger writes."""

from __future__ import annotations

import pytest

from passwright.interfaces.client_address import client_address, sender
from passwright.settings import ENVIRONMENT

PROXY, INNER = "10.1.2.3", "127.0.0.1"


def asked_by(peer: str, header: str = "", *, named: str = "HTTP_X_FORWARDED_FOR") -> str:
    return client_address({"REMOTE_ADDR": peer, named: header})


@pytest.fixture
def behind_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "trusted_proxies", "10.0.0.0/8, 127.0.0.1, fd00::/8")


@pytest.fixture
def forwarded(behind_proxies: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "proxy_header", "Forwarded")


def test_without_proxies_the_peer_is_the_client_whatever_he_writes() -> None:
    assert asked_by("203.0.113.7", "198.51.100.1") == "203.0.113.7"
    assert asked_by("127.0.0.1", "198.51.100.1") == "127.0.0.1"
    assert client_address({}) == ""


@pytest.mark.usefixtures("behind_proxies")
@pytest.mark.parametrize(
    ("peer", "header", "client"),
    [
        (PROXY, "203.0.113.7", "203.0.113.7"),
        (PROXY, "", PROXY),
        (PROXY, "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # the client wrote the first himself
        (PROXY, "198.51.100.1,203.0.113.7 , 10.9.9.9,127.0.0.1", "203.0.113.7"),
        (PROXY, "10.0.0.5, 10.0.0.6", "10.0.0.5"),  # somebody within
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a peer that nobody trusts
        (PROXY, "203.0.113.7:5123", "203.0.113.7"),
        (PROXY, "[2001:db8::1]:443", "2001:db8::1"),
        (PROXY, "2001:DB8:0::1", "2001:db8::1"),
        (PROXY, "::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:10.1.2.3", "203.0.113.7", "203.0.113.7"),
        ("fd00::1", "203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "203.0.113.7", "fe80::1"),
        (PROXY, "203.0.113.7, unknown", PROXY),
        (PROXY, "203.0.113.7, 10.0.0.9, garbage", PROXY),
        (PROXY, "<script>", PROXY),
        (PROXY, "203.0.113.7,", PROXY),
        (PROXY, "203.0.113.٧", PROXY),
        ("", "203.0.113.7", ""),
    ],
)
def test_what_proxies_say_is_read_from_the_right(peer: str, header: str, client: str) -> None:
    assert asked_by(peer, header) == client


@pytest.mark.usefixtures("forwarded")
@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("for=203.0.113.7", "203.0.113.7"),
        ("for=198.51.100.1, for=203.0.113.7;proto=https;by=10.0.0.1", "203.0.113.7"),
        ('proto=https; For="203.0.113.7:5123"', "203.0.113.7"),
        ('for="[2001:db8::1]:443"', "2001:db8::1"),
        ("for=203.0.113.7, for=10.4.4.4", "203.0.113.7"),
        ("for=203.0.113.7, for=_hidden", PROXY),
        ("for=203.0.113.7, proto=https", PROXY),
        ('for="a,203.0.113.7"', PROXY),
    ],
)
def test_the_other_header_is_read_where_it_is_set(header: str, client: str) -> None:
    assert asked_by(PROXY, header, named="HTTP_FORWARDED") == client


def test_one_header_counts_and_the_other_does_not(forwarded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that writes one of them passes on what clients write into the other."""
    assert asked_by(PROXY, "198.51.100.1") == PROXY
    monkeypatch.setattr(ENVIRONMENT, "proxy_header", "X-Forwarded-For")
    assert asked_by(PROXY, "for=198.51.100.1", named="HTTP_FORWARDED") == PROXY


def test_an_ipv6_network_is_one_sender() -> None:
    senders = {sender({"REMOTE_ADDR": f"2001:db8:1:2:{number:x}::9"}) for number in range(1, 50)}
    assert senders == {"2001:db8:1:2::/64"}
    assert sender({"REMOTE_ADDR": "2001:db8:1:3::9"}) == "2001:db8:1:3::/64"
    assert [sender({"REMOTE_ADDR": f"203.0.113.{number}"}) for number in (7, 8)] == ["203.0.113.7", "203.0.113.8"]
    assert sender({}) == ""
