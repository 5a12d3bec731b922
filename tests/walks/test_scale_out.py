"""Two web processes and three workers on one PostgreSQL; one of each is killed under load. Nothing is lost, and nothing
happens twice that may happen once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
import requests

from passwright.phone.phone import Phone
from passwright.phone.web_service import NotAnswered
from tests.walks.balancer import balanced
from tests.walks.conftest import answering, eventually, free_port, kill, new_installation
from tests.walks.town import QUEUED, TO_SPREAD, Town, hook, level_of, town

PHONES = 16
CUSTOMERS = 40
BEFORE, AFTER = 1.0, 2.5
"""Seconds of load before the kills and after them."""

EVENTS = """
SELECT kind, count(*)::int FROM event
WHERE kind IN ('created', 'downloaded', 'installed', 'fetched', 'redeemed', 'uninstalled') GROUP BY kind
"""
TOLD = "SELECT event, count(*)::int FROM webhook_delivery WHERE state = 'delivered' GROUP BY event"
REDEEMS = "SELECT count(*)::int, count(DISTINCT pass_id)::int FROM redeem"
OUTCOMES = "SELECT DISTINCT state FROM delivery"
LATEST = """
SELECT count(*) FROM registration JOIN delivery USING (device_id, pass_id)
WHERE delivery.fetched_version = (SELECT pass.version + campaign.version FROM pass JOIN campaign
                                  ON campaign.id = pass.campaign_id WHERE pass.id = registration.pass_id)
"""

PACE = (BEFORE + AFTER) / CUSTOMERS / 2
"""Seconds between a till's customers."""

BROKEN = "the web service cannot be reached"
"""Of the one that was killed."""

Value = TypeVar("Value")


@pytest.fixture
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Web processes and workers, the first of each first."""
    folder = tmp_path_factory.mktemp("several")
    with new_installation(folder) as installation:
        first, second = installation.base.removeprefix("http://"), f"127.0.0.1:{free_port()}"
        with balanced(first, second) as balancer, town(installation, folder, base=balancer.base) as made:
            for address in (first, second):
                installation.start("web", PASSWRIGHT_LISTEN=address, PASSWRIGHT_THREADS="4")
            for _ in range(3):
                installation.start("worker", "--concurrency", "2")
            for base in (first, second):
                eventually(lambda base=base: answering(f"http://{base}"), within=60, what="it answers")  # type: ignore[misc]
            workers = "SELECT count(*) FROM procrastinate_workers"
            eventually(lambda: installation.one(workers) == 3, within=60, what="the workers work")
            yield made


def until_answered(ask: Callable[[], Value]) -> Value:
    """As every client does that is told nothing: once more."""
    for _ in range(200):
        try:
            return ask()
        except (requests.ConnectionError, NotAnswered):
            time.sleep(0.05)
    raise AssertionError("nobody answers")


def keep_saying(town: Town, campaign: str, mine: list[str], stop: threading.Event) -> dict[str, str]:
    """What each of the passes was told last; it told nothing else after it."""
    number, last = 0, {}
    while not stop.is_set():
        number += 1
        for pass_id in mine:
            level = f"Level {number}"
            until_answered(lambda pass_id=pass_id, level=level: town.say(campaign, pass_id, level))  # type: ignore[misc]
            last[pass_id] = level
    return last


def redeem_all(town: Town, campaign: str, passes: list[str], till: str) -> list[tuple[str, int]]:
    """A till that redeems every pass, and asks again under the same key where it got no answer."""

    def redeem(pass_id: str) -> int:
        time.sleep(PACE)
        answer = requests.post(
            f"{town.base}{campaign}/passes/{pass_id}/redeem",
            json={"pass": {}},
            headers={"Idempotency-Key": f"{till}-{pass_id}"},
            auth=town.login,
            timeout=30,
        )
        return answer.status_code

    return [(pass_id, until_answered(lambda pass_id=pass_id: redeem(pass_id))) for pass_id in passes]  # type: ignore[misc]


def install(phone: Phone, url: str) -> None:
    until_answered(lambda: phone.add(url))


def test_one_of_each_is_killed_under_load(several: Town) -> None:
    with hook(several):
        campaign = several.campaign()
        held = [several.issue(campaign, **level_of("Explorer")["pass"]) for _ in range(PHONES)]
        sold = [several.issue(campaign)["id"] for _ in range(CUSTOMERS)]
        phones = [several.phone(verifies=number == 0) for number in range(PHONES)]
        for phone, made in list(zip(phones, held, strict=True))[: PHONES // 2]:
            install(phone, made["pkpass_url"])
        last, answers = under_load(several, campaign, held, phones, sold)
        several.come_to_rest(within=60)
        check_phones(phones, held, last)
        several.come_to_rest(within=60)
        check_redeems(several, answers)
        check_rows(several)


def under_load(
    several: Town, campaign: str, held: list[dict[str, Any]], phones: list[Phone], sold: list[str]
) -> tuple[dict[str, str], list[tuple[str, int]]]:
    stop = threading.Event()
    ids = [made["id"] for made in held]
    web, worker = several.installation.processes[0], several.installation.processes[2]
    with ThreadPoolExecutor() as threads:
        sayers = [threads.submit(keep_saying, several, campaign, ids[turn::2], stop) for turn in range(2)]
        tills = [threads.submit(redeem_all, several, campaign, sold, f"till-{number}") for number in range(2)]
        rest = list(zip(phones, held, strict=True))[PHONES // 2 :]
        installing = [threads.submit(install, phone, made["pkpass_url"]) for phone, made in rest]
        time.sleep(BEFORE)
        kill(web)
        kill(worker)
        time.sleep(AFTER)
        stop.set()
        for each in installing:
            each.result(60)
        last = {pass_id: level for sayer in sayers for pass_id, level in sayer.result(60).items()}
        return last, [answer for till in tills for answer in till.result(60)]


def check_phones(phones: list[Phone], held: list[dict[str, Any]], last: dict[str, str]) -> None:
    """Each phone shows what its pass was told last; nobody has pulled to refresh."""
    for phone, made in zip(phones, held, strict=True):

        def shown(phone: Phone = phone) -> Any:
            return [each.field("level") for each in list(phone.passes.values())]

        wanted = [last[made["id"]]]
        phone.wait_for(lambda shown=shown, wanted=wanted: shown() == wanted, within=30)  # type: ignore[misc]
        assert [line for line in phone.complaints if BROKEN not in line] == []


def check_redeems(several: Town, answers: list[tuple[str, int]]) -> None:
    """Of two tills one has redeemed each pass, and knows it."""
    statuses: dict[str, Counter[int]] = {}
    for pass_id, status in answers:
        statuses.setdefault(pass_id, Counter())[status] += 1
    assert set(map(frozenset, (each.items() for each in statuses.values()))) == {frozenset({(200, 1), (412, 1)})}
    with several.installation.rows() as rows:
        assert rows.execute(REDEEMS).fetchone() == (CUSTOMERS, CUSTOMERS)
    redeemed = {got.id: got.json["pass_id"] for got in several.receiver.got if got.json["event"] == "redeemed"}
    assert sorted(redeemed.values()) == sorted(statuses)


def check_rows(several: Town) -> None:
    """Nothing waits for ever, and the receiver has got everything that was written down, which is all that happened."""
    one = several.installation.one
    assert (one(TO_SPREAD), one(QUEUED), one("SELECT count(*) FROM registration")) == (0, 0, PHONES)
    assert one(LATEST) >= PHONES
    with several.installation.rows() as rows:
        assert rows.execute(OUTCOMES).fetchall() == [("accepted",)]
        happened, told = dict(rows.execute(EVENTS).fetchall()), dict(rows.execute(TOLD).fetchall())
        assert happened == told
        assert {"created", "downloaded", "installed", "fetched", "redeemed"} == set(told)
        written = {str(row[0]) for row in rows.execute("SELECT id FROM webhook_delivery")}
    assert {got.id for got in several.receiver.got} == written
