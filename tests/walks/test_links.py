"""Links over real HTTP, with everybody at once: limits hold, a smart link is one pass, and no log tells of it."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests

from tests.walks.conftest import COMMAND, Installation, new_campaign

FIELDS = {
    "primary_fields": [{"key": "member", "label": "MEMBER", "behaviour": "dynamic"}],
    "auxiliary_fields": [{"key": "mail", "data_type": "email", "behaviour": "dynamic", "required": False}],
}
pytestmark = pytest.mark.timeout(300)


def together(calls: list[Callable[[], requests.Response]]) -> list[requests.Response]:
    start = Barrier(len(calls))

    def call(request: Callable[[], requests.Response]) -> requests.Response:
        start.wait(timeout=60)
        return request()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


def test_everybody_comes_at_once(installation: Installation, tmp_path: Path) -> None:
    installation.settings["PASSWRIGHT_CLAIMS_PER_HOUR"] = "100000"
    installation.settings["PASSWRIGHT_ALL_CLAIMS_PER_HOUR"] = "100000"
    credentials = installation.organization()
    login = credentials["api_username"], credentials["api_password"]
    said = tmp_path / "said"
    with said.open("wb") as output:
        web = subprocess.Popen(
            [*COMMAND, "web"], env=installation.environment, stdout=output, stderr=output, start_new_session=True
        )
        installation.processes.append(web)
        campaign = new_campaign(installation, login, **FIELDS)

        def api(method: str, path: str, body: Any = None, status: int = 200) -> Any:
            answer = requests.request(method, installation.base + path, json=body, auth=login, timeout=60)
            assert answer.status_code == status, answer.text
            return answer.json()

        def sent(url: str, **answers: str) -> requests.Response:
            body = {f"field-{key}": value for key, value in answers.items()}
            return requests.post(url, data=body, allow_redirects=False, timeout=120)

        def link(**rules: Any) -> dict[str, Any]:
            made: dict[str, Any] = api("POST", f"{campaign}/distributions", rules, 201)
            return made

        # A hundred come for thirty-seven passes.
        limited = link(pass_limit=37)
        answers = together([lambda: sent(limited["page_url"], member="Ada")] * 100)
        assert Counter(answer.status_code for answer in answers) == {303: 37, 410: 63}
        assert len({answer.headers["Location"] for answer in answers if answer.status_code == 303}) == 37
        shown = api("GET", f"{campaign}/distributions/{limited['id']}")
        assert (shown["issued_count"], shown["created_count"]) == (37, 37)
        assert 37 <= shown["forms_begun_count"] <= 100  # who comes after the last pass is sent away unread
        assert installation.one("SELECT count(*) FROM pass WHERE distribution_id = %s", limited["id"]) == 37
        codes = installation.one("SELECT count(DISTINCT redeem_code) FROM pass")
        assert codes == installation.one("SELECT count(*) FROM pass") == 37

        # One form, clicked twenty times.
        doubled = link(pass_limit=5)
        page = requests.get(doubled["page_url"], timeout=60).text
        visit = re.search(r'name="visit" value="([^"]+)"', page)
        assert visit
        form = {"visit": visit[1], "field-member": "Ada", "field-mail": ""}
        answers = together(
            [lambda: requests.post(doubled["page_url"], data=form, allow_redirects=False, timeout=120)] * 20
        )
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["Location"] for answer in answers}) == 1
        assert api("GET", f"{campaign}/distributions/{doubled['id']}")["issued_count"] == 1

        # Fifty open one smart link.
        wanted = {"values": {"member": "Grace"}, "external_id": "customer-7"}
        (smart,) = api("POST", f"{campaign}/distributions/{doubled['id']}/links", wanted, 201)["links"]
        answers = together([lambda: sent(smart["url"])] * 50)
        assert {answer.status_code for answer in answers} == {303}
        assert len({answer.headers["Location"] for answer in answers}) == 1
        made = api("GET", f"{campaign}/passes?q[external_id_eq]=customer-7")
        assert [row["id"] for row in made] == [smart["pass_id"]]
        assert api("GET", f"{campaign}/distributions/{doubled['id']}")["issued_count"] == 2

        # And one that only one of them may see.
        (once,) = api(
            "POST",
            f"{campaign}/distributions/{doubled['id']}/links",
            {**wanted, "single_use": True, "external_id": None},
            201,
        )["links"]
        answers = together([lambda: sent(once["url"])] * 50)
        assert Counter(answer.status_code for answer in answers) == {303: 1, 410: 49}

        # Twenty with the same answer.
        one_each = link(returning="per_field", distinct_key="mail")
        answers = together([lambda: sent(one_each["page_url"], member="Ada", mail="ada@example.com")] * 20)
        assert Counter(answer.status_code for answer in answers) == {303: 1, 409: 19}
        assert api("GET", f"{campaign}/distributions/{one_each['id']}")["issued_count"] == 1

        # What the links say stands in no log.
        broken = requests.get(smart["url"][:-3], timeout=60)
        assert broken.status_code == 404
        assert installation.one("SELECT count(*) FROM pass") == 41
        web.terminate()
        web.wait(30)
    logged = said.read_text()
    for secret in (smart["url"].rpartition("/")[2], once["url"].rpartition("/")[2], "Grace", "customer-7"):
        assert secret not in logged


def test_links_by_the_command(installation: Installation, tmp_path: Path) -> None:
    credentials = installation.organization()
    login = credentials["api_username"], credentials["api_password"]
    installation.start("web")
    campaign = new_campaign(installation, login, **FIELDS).rpartition("/")[2]
    one = installation.run("link", campaign, "member=Ada Moreau", "--expires", "2h", "--external-id", "a")
    assert one.returncode == 0, one.stderr
    page = requests.get(one.stdout.strip(), timeout=30)
    assert (page.status_code, "Ada Moreau" in page.text) == (200, True)
    table = tmp_path / "people.csv"
    table.write_text('name,member,external_id\nAda,Ada Moreau,7\n"Bob, jr.",Bob,8\n', encoding="utf-8-sig")
    several = installation.run("link", campaign, "--csv", str(table), "--single-use")
    assert several.returncode == 0, several.stderr
    lines = several.stdout.splitlines()
    assert lines[0] == "name,member,external_id,url"
    assert lines[2].startswith('"Bob, jr.",Bob,8,http')
    made = requests.post(lines[1].rpartition(",")[2], data={}, allow_redirects=False, timeout=30)
    assert made.status_code == 303
