"""Programs get a few passes and not a hundred thousand; people do not notice."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from passwright.data.models import Attempts, Campaign, Distribution, Organization, Pass
from passwright.interfaces.public import visits
from passwright.metrics import REFUSED_CLAIMS
from passwright.settings import ENVIRONMENT
from tests import public_ground as ground
from tests.interfaces.public.browsers import Browser, browser

pytestmark = pytest.mark.django_db

LIMIT = 5


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "claims_per_hour", LIMIT)
    monkeypatch.setattr(ENVIRONMENT, "all_claims_per_hour", 2 * LIMIT)


@pytest.fixture
def plain(owner: Organization) -> Campaign:
    return ground.campaign(owner)


@pytest.fixture
def asking(owner: Organization) -> Campaign:
    return ground.campaign(owner, ground.ASKED, name="Asking")


def path_of(campaign: Campaign) -> str:
    return f"/p/{ground.link_of(campaign)}"


def statuses(path: str, number: int, **more: Any) -> list[int]:
    """Of so many forms, each from a browser that nobody has seen."""
    return [browser().post(path, **more).status_code for _ in range(number)]


def refused(reason: str) -> float:
    return REFUSED_CLAIMS.labels(reason)._value.get()


def visit_in(page: str) -> str:
    found = re.search(r'name="visit" value="([^"]+)"', page)
    assert found
    return found[1]


def test_an_address_gets_so_many_passes_an_hour(plain: Campaign) -> None:
    before = refused("crowd")
    assert statuses(path_of(plain), LIMIT + 3) == [303] * LIMIT + [429] * 3
    assert Pass.objects.count() == LIMIT
    assert refused("crowd") == before + 3
    answer = browser().post(path_of(plain))
    assert 3590 < int(answer["Retry-After"]) <= 3600
    assert "Try again in 60 minutes." in answer.content.decode()
    assert "What you can do" in answer.content.decode()


def test_the_page_says_how_long(plain: Campaign) -> None:
    statuses(path_of(plain), LIMIT)
    for left, words in (
        (timedelta(minutes=9, seconds=30), "in 10 minutes."),
        (timedelta(seconds=20), "in one minute."),
    ):
        Attempts.objects.update(since=ground.now() - timedelta(hours=1) + left)
        answer = browser().post(path_of(plain))
        assert answer.status_code == 429
        assert f"Try again {words}" in answer.content.decode()
    Attempts.objects.update(since=ground.now() - timedelta(hours=1))
    assert browser().post(path_of(plain)).status_code == 303


def test_another_address_does_not_wait(plain: Campaign) -> None:
    statuses(path_of(plain), LIMIT + 1)
    assert statuses(path_of(plain), 1, REMOTE_ADDR="203.0.113.9") == [303]


def test_a_link_has_a_limit_of_its_own(owner: Organization, plain: Campaign) -> None:
    Distribution.objects.update(claims_per_hour=2)
    assert statuses(path_of(plain), 3) == [303, 303, 429]
    other = ground.campaign(owner, name="Other")
    Distribution.objects.update(claims_per_hour=3 * LIMIT)
    assert statuses(path_of(other), 3 * LIMIT) == [303] * 13 + [429] * 2  # more than the address may elsewhere: 15


def test_many_links_do_not_give_one_address_more(owner: Organization) -> None:
    links = [path_of(ground.campaign(owner, name=f"Link {number}")) for number in range(4)]
    seen = [status for _ in range(LIMIT) for link in links for status in statuses(link, 1)]
    assert seen.count(303) == Pass.objects.count() == 2 * LIMIT
    assert seen[2 * LIMIT :] == [429] * (len(seen) - 2 * LIMIT)


def test_what_strangers_write_into_headers_changes_nothing(plain: Campaign) -> None:
    seen = [
        browser()
        .post(path_of(plain), headers={"x-forwarded-for": f"198.51.100.{number}", "forwarded": f"for=192.0.2.{number}"})
        .status_code
        for number in range(LIMIT + 3)
    ]
    assert seen == [303] * LIMIT + [429] * 3


def test_behind_a_proxy_people_have_addresses_of_their_own(plain: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENVIRONMENT, "trusted_proxies", "127.0.0.1")
    for client in ("203.0.113.7", "203.0.113.8"):
        seen = [
            browser().post(path_of(plain), headers={"x-forwarded-for": f"198.51.100.{number}, {client}"}).status_code
            for number in range(LIMIT + 1)
        ]
        assert seen == [303] * LIMIT + [429]


def test_one_ipv6_network_is_one_address(plain: Campaign) -> None:
    seen = [
        browser().post(path_of(plain), REMOTE_ADDR=f"2001:db8:1:2:{number:x}::1").status_code
        for number in range(LIMIT + 3)
    ]
    assert seen == [303] * LIMIT + [429] * 3


def test_the_file_is_a_pass_too(plain: Campaign) -> None:
    path = path_of(plain)
    assert [browser().get(f"{path}.pkpass").status_code for _ in range(LIMIT + 2)] == [200] * LIMIT + [429] * 2
    assert [browser().post(path).status_code, browser().head(f"{path}.pkpass").status_code] == [429, 200]
    assert Pass.objects.count() == LIMIT


def test_who_has_his_pass_gets_it_again_without_being_counted(plain: Campaign) -> None:
    visitor, path = browser(), path_of(plain)
    first = visitor.get(f"{path}.pkpass")
    assert [visitor.get(f"{path}.pkpass").status_code for _ in range(2 * LIMIT)] == [200] * 2 * LIMIT
    assert first.status_code == 200
    assert Pass.objects.count() == 1
    assert statuses(path, LIMIT - 2) == [303] * (LIMIT - 2)  # one for the first, one when it brought a cookie


def test_a_double_click_counts_once(asking: Campaign) -> None:
    Distribution.objects.update(claims_per_hour=1)
    path = path_of(asking)
    form = {"field-member": "Ada", "visit": visit_in(browser().get(path).content.decode())}
    first, second = browser().post(path, form), browser().post(path, form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert browser().post(path, {**form, "field-member": "Bob"}).status_code == 429


def test_a_form_that_was_sent_away_is_not_let_in_the_second_time(asking: Campaign) -> None:
    statuses(path_of(asking), LIMIT, data={"field-member": "Ada"})
    form = {"field-member": "Ada", "visit": visit_in(browser().get(path_of(asking)).content.decode())}
    assert [browser().post(path_of(asking), form).status_code for _ in range(3)] == [429] * 3
    assert Pass.objects.count() == LIMIT


def test_the_visit_of_another_form_does_not_make_the_same_form_of_it(asking: Campaign) -> None:
    """One form, sent with the cookies of many: each is another pass, and each counts."""
    path, link = path_of(asking), ground.link_of(asking)
    form = {"field-member": "Ada", "visit": visit_in(browser().get(path).content.decode())}
    seen = []
    for _ in range(LIMIT + 3):
        one = browser()
        one.cookies[visits.COOKIE + link] = visit_in(one.get(path).content.decode())
        seen.append(one.post(path, form).status_code)
    assert seen == [303] * LIMIT + [429] * 3


def test_answers_that_need_a_look_count_too(asking: Campaign) -> None:
    assert statuses(path_of(asking), LIMIT + 2, data={"field-member": " "}) == [422] * LIMIT + [429] * 2


def test_looking_counts_for_nothing(plain: Campaign) -> None:
    path = path_of(plain)
    for _ in range(3 * LIMIT):
        browser().get(path)
        browser().head(path)
        browser().get(f"{path}.png")
    assert not Attempts.objects.exists()
    assert statuses(path, 1) == [303]


def test_a_program_that_fills_in_everything_gets_nothing(asking: Campaign) -> None:
    page = browser().get(path_of(asking)).content.decode()
    names = re.findall(r'<input[^>]* name="([^"]+)"', page)
    before = refused("trap")
    answer = browser().post(path_of(asking), dict.fromkeys(names, "https://spam.example"))
    assert answer.status_code == 403
    assert "Nothing was created" in answer.content.decode()
    assert not Pass.objects.exists()
    assert refused("trap") == before + 1
    assert statuses(path_of(asking), LIMIT, data={"homepage": "x"}) == [403] * (LIMIT - 1) + [429]
    assert not Pass.objects.exists()


def test_nobody_meets_the_trap(plain: Campaign) -> None:
    page = browser().get(path_of(plain)).content.decode()
    found = re.search(r'<div class="beside" aria-hidden="true">(.*?)</div>', page)
    assert found
    assert 'tabindex="-1"' in found[1]
    assert 'autocomplete="off"' in found[1]
    assert "Leave this empty" in found[1]


LOOKERS = ["facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0", "WhatsApp/2.23", "Googlebot/2.1", "UptimeRobot/2.0"]


@pytest.mark.parametrize("agent", LOOKERS)
def test_programs_that_look_at_links_are_shown_the_page_and_not_the_file(plain: Campaign, agent: str) -> None:
    answer = browser(agent).get(f"{path_of(plain)}.pkpass?a=b")
    assert (answer.status_code, answer["Location"]) == (303, f"{path_of(plain)}?a=b")
    assert not Pass.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-dest": "image", "sec-fetch-site": "cross-site"},
        {"sec-fetch-dest": "image", "sec-fetch-site": "same-origin"},
        {"sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site", "sec-fetch-user": "?1"},
        {"sec-fetch-dest": "document", "sec-fetch-site": "cross-site"},
        {"sec-fetch-dest": "empty", "sec-fetch-site": "cross-site"},
        {"sec-purpose": "prefetch"},
    ],
)
def test_another_page_takes_no_pass_for_its_visitor(plain: Campaign, headers: dict[str, str]) -> None:
    assert browser().get(f"{path_of(plain)}.pkpass", headers=headers).status_code == 303
    assert not Pass.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-dest": "document", "sec-fetch-site": "none", "sec-fetch-user": "?1"},
        {"sec-fetch-dest": "document", "sec-fetch-site": "cross-site", "sec-fetch-user": "?1"},
        {"sec-fetch-dest": "document", "sec-fetch-site": "same-origin"},
        {"user-agent": "curl/8.5.0"},
    ],
)
def test_a_click_gets_the_file_and_so_does_a_program_that_was_told_to(plain: Campaign, headers: dict[str, str]) -> None:
    assert Browser(headers={"user-agent": ground.IPHONE} | headers).get(f"{path_of(plain)}.pkpass").status_code == 200


def test_a_picture_in_another_page_is_no_view(plain: Campaign) -> None:
    browser().get(path_of(plain), headers={"sec-fetch-dest": "image"})
    assert not plain.events.filter(kind="viewed").exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_get_no_more(plain: Campaign) -> None:
    path = path_of(plain)

    def one(_: int) -> int:
        try:
            return int(browser().post(path).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        seen = list(pool.map(one, range(50)))
    assert (seen.count(303), seen.count(429)) == (LIMIT, 50 - LIMIT)
    assert Pass.objects.count() == LIMIT
