"""A hundred thousand posts, as far as a test has time for them: they are sent away for less than a pass costs."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connection

from passwright.operations.attempts import attempt
from tests.walks.conftest import Installation, new_campaign

FORM = "application/x-www-form-urlencoded"
POSTS, CALLERS = 600, 4
PASSES = "SELECT count(*) FROM pass"


def posted(
    base: str, path: str, headers: Callable[[int], dict[str, str]], body: str = ""
) -> tuple[Counter[int], float]:
    """The statuses of so many posts from a few connections, and how many there were a second."""

    def one(caller: int) -> Counter[int]:
        line, seen = http.client.HTTPConnection(urlsplit(base).netloc), Counter[int]()
        for number in range(caller, POSTS, CALLERS):
            line.request("POST", path, body, {"Content-Type": FORM, "User-Agent": "x", **headers(number)})
            answer = line.getresponse()
            answer.read()
            seen[answer.status] += 1
        line.close()
        return seen

    started = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as pool:
        seen = sum(pool.map(one, range(CALLERS)), Counter[int]())
    return seen, POSTS / (time.monotonic() - started)


def test_a_flood_makes_sixty_passes_and_costs_less_than_passes(installation: Installation) -> None:
    """From one address, with headers of its own invention, with all addresses of one network, and into the trap. Only
    the last, from as many addresses as there are posts, makes as many passes."""
    installation.start("web", PASSWRIGHT_TRUSTED_PROXIES="127.0.0.1")
    credentials = installation.organization()
    login = (credentials["api_username"], credentials["api_password"])
    first, second, third, last = (link_of(installation, login, number) for number in range(4))

    def one_address(number: int) -> dict[str, str]:
        return {
            "X-Forwarded-For": f"198.51.100.{number % 250}, 203.0.113.7",
            "Forwarded": f"for=192.0.2.{number % 250}",
        }

    seen, refused = posted(installation.base, first, one_address)
    assert seen == {303: 60, 429: POSTS - 60}
    assert installation.one(PASSES) == 60
    seen, _ = posted(installation.base, second, lambda number: {"X-Forwarded-For": f"2001:db8::{number:x}:1"})
    assert seen == {303: 60, 429: POSTS - 60}
    seen, trapped = posted(installation.base, third, lambda number: addresses(number), "homepage=spam")
    assert seen == {403: POSTS}
    assert installation.one(PASSES) == 120
    seen, made = posted(installation.base, last, lambda number: addresses(number + POSTS))
    assert seen == {303: POSTS}
    print(f"{made:.0f} passes a second, {refused:.0f} posts of a crowd, {trapped:.0f} into the trap")
    assert refused > made


def addresses(number: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"203.0.{number // 250}.{number % 250}"}


def link_of(installation: Installation, login: tuple[str, str], number: int) -> str:
    path = f"{new_campaign(installation, login, name=f'Link {number}', barcode={})}/distributions"
    (link,) = requests.get(f"{installation.base}{path}", auth=login, timeout=30).json()
    return str(urlsplit(link["page_url"]).path)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_thousand_attempts_of_one_address_are_sixty() -> None:
    """Every hundredth of them: the rest would be the same statement."""
    now, hour = datetime.now(UTC), timedelta(hours=1)

    def some(_: int) -> int:
        try:
            return sum(attempt(who=b"claim", limit=60, within=hour, now=now) for _ in range(250))
        finally:
            connection.close()

    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(some, range(4))) == 60
    print(f"{1000 / (time.monotonic() - started):.0f} attempts a second")
