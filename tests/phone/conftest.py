"""A web service, a push service and phones, all in this process and all over real connections."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pycurl
import pytest

from passwright.apple.development import DevelopmentAuthority, DevelopmentCertificate, development_authority
from passwright.phone.phone import Phone
from passwright.phone.push_service import PushService
from tests import phones
from tests.fakes.web_service import PASS_TYPE, TEAM, FakeWebService

NOW = datetime.now(UTC)
MakePhone = Callable[..., Phone]


@pytest.fixture(scope="session")
def development() -> DevelopmentAuthority:
    return development_authority(NOW)


@pytest.fixture(scope="session")
def leaf(development: DevelopmentAuthority) -> DevelopmentCertificate:
    """Of all passes here: a key takes longer to make than a test."""
    return development.issue(PASS_TYPE, TEAM, "Club", NOW)


@pytest.fixture
def apns(development: DevelopmentAuthority) -> Iterator[PushService]:
    with PushService(client_authorities=development.root_pem) as running:
        yield running


@pytest.fixture
def platform(leaf: DevelopmentCertificate, apns: PushService) -> Iterator[FakeWebService]:
    """Pushes by the certificate of its passes, as the platform does."""
    service = FakeWebService(leaf, NOW)
    with service.running(), tempfile.TemporaryDirectory() as folder:
        client, root = Path(folder) / "client.pem", apns.write_root(Path(folder) / "root.pem")
        client.write_bytes(service.leaf.certificate_pem + service.leaf.intermediate_pem + service.leaf.key_pem)
        service.push = lambda token: push(apns.url, client, root, token)
        yield service


def push(url: str, client: Path, root: Path, token: str) -> None:
    curl = pycurl.Curl()
    for option, value in (
        (pycurl.URL, f"{url}/3/device/{token}"),
        (pycurl.SSLCERT, str(client)),
        (pycurl.CAINFO, str(root)),
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS),
        (pycurl.POSTFIELDS, "{}"),
        (pycurl.HTTPHEADER, [f"apns-topic: {PASS_TYPE}"]),
        (pycurl.WRITEDATA, BytesIO()),
    ):
        curl.setopt(option, value)
    curl.perform()
    curl.close()


@pytest.fixture
def new_phone(apns: PushService, development: DevelopmentAuthority) -> Iterator[MakePhone]:
    with ExitStack() as switched_on:
        yield lambda *habits, **options: switched_on.enter_context(
            phones.phone(apns, development.root_pem, habits, **options)
        )


def texts(phone: Phone) -> list[tuple[str, str]]:
    return [(banner.title, banner.text) for banner in phone.banners]


def asked(service: FakeWebService) -> list[Any]:
    return [(method, path.partition("?")[0].split("/")[3]) for method, path, _ in service.requests if "/v1/" in path]
