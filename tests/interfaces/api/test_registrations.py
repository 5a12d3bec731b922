"""Which passes are on which devices, as lists. The rows are made here as phones would make them."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from passwright.data.models import Registration
from passwright.interfaces.api.campaign_types import TYPES, CampaignType
from tests.devices import device
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.test_redeems import BY_ROOT, UNKNOWN_CAMPAIGN, UNKNOWN_PASS, campaign, issue
from tests.interfaces.api.toy_town import ok, refused

pytestmark = pytest.mark.usefixtures("certificates")


def register(path: str, pass_id: str, number: int, wallet: str = "passbook", device_os: str = "ios") -> str:
    row = Registration.objects.create(
        campaign_id=path.rpartition("/")[2],
        pass_row_id=pass_id,
        device=device(),
        update_tag=0,
        wallet=wallet,
        device_os=device_os,
        created_at=NOW + timedelta(hours=number, microseconds=745_999),
    )
    return str(row.id)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.root)
def test_registrations_of_a_campaign_and_of_a_pass(api: Api, kind: CampaignType) -> None:
    path, other = campaign(api, kind), campaign(api, kind)
    one, two, apart = (issue(api, where)["id"] for where in (path, path, other))
    assert ok(api.get(f"{path}/registrations")) == ok(api.get(f"{path}/passes/{one}/registrations")) == []
    late, early = register(path, one, 2), register(path, two, 1, "google_wallet", "android")
    register(other, apart, 0)
    listed = ok(api.get(f"{path}/registrations"))
    assert listed == [
        {
            "id": early,
            "pass_id": two,
            "wallet": "google_wallet",
            "device_os": "android",
            "created_at": "2026-11-22T10:30:00.745Z",
        },
        {
            "id": late,
            "pass_id": one,
            "wallet": "passbook",
            "device_os": "ios",
            "created_at": "2026-11-22T11:30:00.745Z",
        },
    ]
    assert ok(api.get(f"{path}/passes/{one}/registrations")) == listed[1:]
    assert ok(api.get(f"{path.replace('/v2/', '/v1/').replace(kind.segment, kind.root)}/registrations")) == listed


@pytest.mark.parametrize("root", ["store_card", "event_ticket"])
def test_pages_conditions_and_order(api: Api, root: str) -> None:
    path = campaign(api, BY_ROOT[root])
    one, two = issue(api, path)["id"], issue(api, path)["id"]
    ids = [
        register(path, one if number < 20 else two, number // 2, "passbook" if number % 2 else "pass2u")
        for number in range(30)
    ]
    for query, number in (
        ("", 30),
        ("q[wallet_eq]=passbook", 15),
        ("q[wallet_cont]=PASS2", 15),
        ("q[device_os_not_eq]=ios", 0),
        (f"q[pass_id_eq]={two}", 10),
        ("q[created_at_lteq]=2026-11-22T10:00:00Z", 2),
    ):
        assert api.get(f"{path}/registrations?{query}")["X-Total"] == str(number), query
    pages = [api.get(f"{path}/registrations?page={page}") for page in (1, 2)]
    assert sorted(row["id"] for page in pages for row in ok(page)) == sorted(ids)
    assert [page.get("X-Next-Page") for page in pages] == ["2", None]
    newest = ok(api.get(f"{path}/passes/{two}/registrations?q[s]=created_at+desc&per_page=1"))
    assert newest[0]["created_at"] == "2026-11-22T23:30:00.745Z"
    ignored = api.get(f"{path}/registrations?q[color_eq]=red")
    assert (ignored["X-Total"], ignored["X-Ignored-Params"]) == ("30", "q[color_eq]")


def test_unknown_ids_and_strangers(api: Api, stranger: Api) -> None:
    path = campaign(api, BY_ROOT["coupon"])
    made = issue(api, path)["id"]
    register(path, made, 1)
    own = campaign(stranger, BY_ROOT["coupon"])
    assert refused(stranger.get(f"{path}/registrations"), 404) == UNKNOWN_CAMPAIGN
    assert refused(stranger.get(f"{path}/passes/{made}/registrations"), 404) == UNKNOWN_CAMPAIGN
    assert refused(stranger.get(f"{own}/passes/{made}/registrations"), 404) == UNKNOWN_PASS
    assert refused(api.get(f"{path}/passes/{uuid4()}/registrations"), 404) == UNKNOWN_PASS
    assert ok(stranger.get(f"{own}/registrations")) == []


def test_a_deleted_pass_is_on_no_device(api: Api) -> None:
    path = campaign(api)
    made = issue(api, path)["id"]
    register(path, made, 1)
    ok(api.delete(f"{path}/passes/{made}", {}))
    assert ok(api.get(f"{path}/registrations")) == []
