"""Fifty tills redeem the same pass at the same moment, over real connections to a real web process."""

from __future__ import annotations

import base64
import http.client
import io
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

import pytest
from PIL import Image

from tests.walks.conftest import Installation, eventually, new_installation

TILLS = 50

pytestmark = pytest.mark.xdist_group("redeem")
"""One installation serves them all."""


class Till:
    """A connection that stays, and the organization's credentials."""

    def __init__(self, installation: Installation, credentials: dict[str, Any]) -> None:
        self.connection = http.client.HTTPConnection(installation.base.removeprefix("http://"), timeout=60)
        pair = f"{credentials['api_username']}:{credentials['api_password']}".encode()
        self.headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        self.connection.request(method, path, content, self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


class Shop:
    """An installation with one organization and an icon."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.credentials = installation.organization()
        installation.start("web")
        eventually(self.open, within=60, what="the web process answers")
        self.icon = self.made("/v2/assets", {"asset": {"asset_type": "icon", "base64": icon()}})["id"]

    def till(self) -> Till:
        return Till(self.installation, self.credentials)

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        till = self.till()
        with closing(till.connection):
            return till.call(method, path, body)

    def made(self, path: str, body: Any) -> dict[str, Any]:
        status, shown = self.call("POST", path, body)
        assert status == 201, shown
        assert isinstance(shown, dict)
        return shown

    def open(self) -> bool:
        try:
            return self.call("GET", "/v2/ping")[0] == 200
        except OSError:
            return False

    def coupon(self, **attributes: Any) -> str:
        body = {"coupon": {"name": str(attributes), "icon_id": self.icon, "barcode": {}, **attributes}}
        return f"/v2/coupons/{self.made('/v2/coupons', body)['id']}"

    def at_once(self, path: str, body: Any) -> list[tuple[int, Any]]:
        """What every till is answered."""
        tills = [self.till() for _ in range(TILLS)]
        for till in tills:
            till.connection.connect()
        start = Barrier(TILLS)

        def redeem(till: Till) -> tuple[int, Any]:
            with closing(till.connection):
                start.wait(timeout=60)
                return till.call("POST", path, body)

        with ThreadPoolExecutor(TILLS) as threads:
            return list(threads.map(redeem, tills))

    def traces(self, path: str, pass_id: str) -> dict[str, int]:
        """What is kept of the redeems, wherever it is kept."""
        campaign_id, one = path.rpartition("/")[2], self.installation.one
        redeemed = "campaign_id = %s AND counter = 'redeems'"
        return {
            "pass": one("SELECT redeemed_count FROM pass WHERE id = %s", pass_id),
            "campaign": one("SELECT redeem_count FROM campaign WHERE id = %s", campaign_id),
            "history": one("SELECT count(*) FROM redeem WHERE pass_id = %s", pass_id),
            "events": one("SELECT count(*) FROM event WHERE pass_id = %s AND kind = 'redeemed'", pass_id),
            "tallied": one(f"SELECT sum(amount)::int FROM tally WHERE {redeemed}", campaign_id),
        }


def icon() -> str:
    file = io.BytesIO()
    Image.new("RGB", (58, 58), "#c51f1f").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with new_installation(tmp_path_factory.mktemp("redeem")) as installation:
        yield Shop(installation)


@pytest.mark.parametrize("way", ["id", "code"])
def test_of_fifty_tills_exactly_one_redeems(shop: Shop, way: str) -> None:
    path = shop.coupon(description=way)
    made = shop.made(f"{path}/passes", None)
    place, sent = ("/redeem", {"redeem_code": "1"}) if way == "code" else (f"/passes/{made['id']}/redeem", {})
    answers = shop.at_once(f"{path}{place}", {"pass": sent})
    assert Counter(status for status, _ in answers) == {200: 1, 412: TILLS - 1}
    (winner,) = (shown for status, shown in answers if status == 200)
    assert (winner["id"], winner["voided"], winner["redeemed_count"]) == (made["id"], True, 1)
    used_up = f"Pass was already redeemed at {winner['redeemed_at']}. Reset its redeem to use it once more."
    for _, refusal in (answer for answer in answers if answer[0] == 412):
        assert refusal["errors"] == {"pass": used_up}
        assert "id" not in refusal
    assert set(shop.traces(path, made["id"]).values()) == {1}
    assert shop.installation.one("SELECT version FROM pass WHERE id = %s", made["id"]) == 2


def test_a_pass_for_many_uses_is_redeemed_by_all_fifty(shop: Shop) -> None:
    path = shop.coupon(allow_multiple_redeems=True)
    made = shop.made(f"{path}/passes", None)
    answers = shop.at_once(f"{path}/redeem", {"pass": {"redeem_code": made["redeem_code"], "comment": "till"}})
    assert Counter(status for status, _ in answers) == {200: TILLS}
    assert sorted(shown["redeemed_count"] for _, shown in answers) == list(range(1, TILLS + 1))
    assert set(shop.traces(path, made["id"]).values()) == {TILLS}
    status, rows = shop.call("GET", f"{path}/redeems?per_page=50")
    assert (status, len(rows), {row["comment"] for row in rows}) == (200, TILLS, {"till"})


def test_addresses_with_codes_on_the_wire(shop: Shop) -> None:
    path = shop.coupon()
    made = shop.made(f"{path}/passes", None)
    for code in ("1", "%31", "0000001/", "0000001.json", "/1"):
        status, shown = shop.call("GET", f"{path}/redeem/{code}")
        assert (status, shown["pass_id"]) == (200, made["id"])
    for code in ("2", "%00", "1%00", "%FF", "%0D%0A", "https%3A%2F%2Fexample.com%2F%2Fx%2F", "x" * 7_000):
        status, shown = shop.call("GET", f"{path}/redeem/{code}")
        assert (status, shown["errors"]) == (404, {"pass": "Pass not found."}), code
    assert shop.call("GET", f"{path}/redeem/{'x' * 10_000}")[0] in range(400, 500)
