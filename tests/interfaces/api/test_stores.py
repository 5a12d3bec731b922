"""Stores of a campaign, and passes that say their places in a field."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from passwright.data.models import Campaign, Event, Pass, Push, Store
from passwright.interfaces import jobs
from passwright.interfaces.api.stores import MOST_BYTES
from passwright.operations.find_stores import find_stores
from passwright.operations.purge_campaign import purge_campaign
from passwright.payloads.stores import MOST_STORES
from passwright.queries.passes import content_of
from passwright.wallets import apple
from tests.interfaces.api.conftest import NOW, Api
from tests.interfaces.api.toy_town import ok, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("certificates")]

LISBON = '{"near": {"latitude": 38.72, "longitude": -9.14}}'
PORTO = '{"near": {"latitude": 41.15, "longitude": -8.61}}'
SHOP = {"key": "shop", "label": "SHOPS NEAR", "data_type": "locations", "behaviour": "dynamic", "required": False}
NAME = {"key": "name", "behaviour": "dynamic", "required": False}
CSV = "name,latitude,longitude,text\nBaixa,38.7107,-9.1365,Hello ${name}\nRibeira,41.1403,-8.6130,\n"


def campaign(api: Api, *, name: str = "Toys", **content: Any) -> str:
    """Its path."""
    asked = {
        "name": name,
        "icon_id": api.upload("icon"),
        "primary_fields": [NAME],
        "back_fields": [SHOP],
        "locations": [{"latitude": 1.0, "longitude": 2.0}],
    }
    made = ok(api.post("/v2/generics", {"generic": asked | content}), 201)
    return f"/v2/generics/{made['id']}"


def put(api: Api, path: str, text: str) -> Any:
    return api.raw("PUT", f"{path}/stores", text.encode())


def issue(api: Api, path: str, shop: str | None = LISBON, name: str = "Ada", **parts: Any) -> Any:
    fields: dict[str, Any] = {"primary_fields": [{"key": "name", "value": name}]}
    if shop is not None:
        fields["back_fields"] = [{"key": "shop", "value": shop}]
    return ok(api.post(f"{path}/passes", {"pass": fields | parts}), 201)


def places(api: Api, path: str, made: Any) -> list[Any]:
    said = ok(api.get(f"{path}/passes/{made['id']}"))
    return [(place["latitude"], place["relevant_text"]) for place in said["locations"]]


def run_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> 'campaign_id' FROM procrastinate_jobs WHERE task_name = 'find_stores'")
        for (campaign_id,) in cursor.fetchall():
            jobs.find_near_stores(campaign_id)
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'find_stores'")


def test_stores_are_kept_in_their_order_and_replaced_as_a_whole(api: Api) -> None:
    path = campaign(api)
    assert ok(put(api, path, CSV)) == {"stores": 2}
    listed = api.get(f"{path}/stores?per_page=1")
    assert ok(listed) == [{"name": "Baixa", "latitude": 38.7107, "longitude": -9.1365, "text": "Hello ${name}"}]
    assert (listed["X-Total"], listed["X-Next-Page"]) == ("2", "2")
    assert ok(api.put(f"{path}/stores", [{"name": "One", "latitude": 1, "longitude": 2}])) == {"stores": 1}
    assert [store["name"] for store in ok(api.get(f"{path}/stores"))] == ["One"]
    ok(api.delete(f"{path}/stores"))
    assert ok(api.get(f"{path}/stores")) == []


def test_the_same_list_again_does_nothing(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    before = (Campaign.objects.get().epoch, list(Store.objects.values_list("id", flat=True)))
    ok(put(api, path, CSV))
    assert (Campaign.objects.get().epoch, list(Store.objects.values_list("id", flat=True))) == before


def test_a_list_with_one_wrong_row_replaces_nothing(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    assert set(refused(put(api, path, CSV + "Far,138,0,\n,1,2,\n"))) == {"line 4.latitude", "line 5.name"}
    assert len(ok(api.get(f"{path}/stores"))) == 2


def test_too_much_is_refused(api: Api) -> None:
    path = campaign(api)
    assert put(api, path, CSV + " " * MOST_BYTES).status_code == 413


def test_stores_of_somebody_else_are_not_there(api: Api, stranger: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    for answer in (stranger.get(f"{path}/stores"), put(stranger, path, "[]"), stranger.delete(f"{path}/stores")):
        assert answer.status_code == 404
    assert api.get(f"{path.replace('generics', 'coupons')}/stores").status_code == 404
    assert Store.objects.count() == 2


def test_a_pass_has_the_stores_nearest_to_its_point_and_never_says_so_on_its_face(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    lisbon, porto, none = issue(api, path), issue(api, path, PORTO, "Rui"), issue(api, path, None)
    assert places(api, path, lisbon) == [(38.7107, "Hello Ada"), (41.1403, None)]
    assert places(api, path, porto) == [(41.1403, None), (38.7107, "Hello Rui")]
    assert places(api, path, none) == [(1.0, None)]
    row = Pass.objects.get(id=lisbon["id"])
    issuer = apple.AppleIssuer(pass_type_identifier="pass.a", team_identifier="T")
    said = json.loads(apple.render(content_of(row.campaign, row), issuer))
    assert said["locations"][0] == {"latitude": 38.7107, "longitude": -9.1365, "relevantText": "Hello Ada"}
    assert "shop" not in json.dumps(said["generic"])


def test_no_more_than_ten_and_the_nearest(api: Api) -> None:
    path = campaign(api)
    rows = "".join(f"S{number},{38 + number / 10},-9.1,\n" for number in range(30))
    put(api, path, "name,latitude,longitude,text\n" + rows)
    shown = [latitude for latitude, _ in places(api, path, issue(api, path))]
    assert shown == [38.7, 38.8, 38.6, 38.9, 38.5, 39.0, 38.4, 39.1, 38.3, 39.2]


def test_a_list_of_places_is_taken_as_it_is_and_explicit_locations_rule(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    own = json.dumps([{"latitude": 5.5, "longitude": 6, "relevant_text": "Home of ${name}"}])
    listed = issue(api, path, own)
    assert places(api, path, listed) == [(5.5, "Home of ${name}")]
    explicit = issue(api, path, LISBON, locations=[{"latitude": 9.0, "longitude": 9.0}])
    assert places(api, path, explicit) == [(9.0, None)]
    ok(api.patch(f"{path}/passes/{explicit['id']}", {"pass": {"locations": None}}))
    assert places(api, path, explicit)[0] == (38.7107, "Hello Ada")


def test_another_point_is_one_version_and_one_push_and_the_same_none(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    made = issue(api, path)
    row = Pass.objects.get(id=made["id"])

    def move(shop: str) -> tuple[int, int]:
        ok(api.patch(f"{path}/passes/{row.id}", {"pass": {"back_fields": [{"key": "shop", "value": shop}]}}))
        was = row.version
        row.refresh_from_db()
        return row.version - was, Push.objects.filter(pass_id=row.id).count()

    assert move(PORTO) == (1, 1)
    assert move(PORTO) == (0, 1)
    nearby = '{"near": {"latitude": 41.16, "longitude": -8.61}}'
    assert move(nearby) == (0, 1), "another point with the same stores shows nothing new"
    assert move("") == (1, 2)
    assert places(api, path, made) == [(1.0, None)]


def test_another_list_reaches_passes_that_gave_a_point_and_only_where_it_makes_a_difference(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    lisbon, listed, none = (
        issue(api, path),
        issue(api, path, '[{"latitude": 5.5, "longitude": 6}]'),
        issue(api, path, None),
    )
    versions = dict(Pass.objects.values_list("id", "version"))
    run_jobs()
    assert Push.objects.count() == 0, "nothing has changed since they were made"
    put(api, path, CSV + "Alfama,38.7139,-9.1300,\n")
    run_jobs()
    run_jobs()
    assert [latitude for latitude, _ in places(api, path, lisbon)] == [38.7107, 38.7139, 41.1403]
    assert [str(push.pass_id) for push in Push.objects.all()] == [lisbon["id"]]
    moved = {str(key): value - versions[key] for key, value in Pass.objects.values_list("id", "version")}
    assert moved == {lisbon["id"]: 1, listed["id"]: 0, none["id"]: 0}
    assert Event.objects.get(kind="updated").extra == {"changed": ["locations"]}
    find_stores(campaign_id=Campaign.objects.get().id, now=NOW)
    assert Push.objects.count() == 1


def test_without_stores_a_point_has_no_places_of_its_own(api: Api) -> None:
    path = campaign(api)
    made = issue(api, path)
    assert places(api, path, made) == [(1.0, None)]
    put(api, path, CSV)
    run_jobs()
    assert len(places(api, path, made)) == 2
    ok(api.delete(f"{path}/stores"))
    run_jobs()
    assert places(api, path, made) == [(1.0, None)]


def test_a_bulk_import_reads_the_stores_once(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    rows = [{"back_fields": [{"key": "shop", "value": shop}]} for shop in (LISBON, PORTO) * 20]
    made = ok(api.post(f"{path}/passes/bulk", rows), 202)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        jobs.import_rows(made["id"])
    assert sum('"store"' in query["sql"] for query in queries) <= 1
    assert Pass.objects.count() == 40
    firsts = {content_of(row.campaign, row).locations[0].latitude for row in Pass.objects.all()}
    assert firsts == {38.7107, 41.1403}


def test_as_many_as_fit(api: Api) -> None:
    path = campaign(api)
    rows = "".join(f"S{n},{37 + n / 4000:.5f},{-9 + (n % 97) / 50:.2f},\n" for n in range(MOST_STORES))
    assert ok(put(api, path, "name,latitude,longitude,text\n" + rows)) == {"stores": MOST_STORES}
    assert len(places(api, path, issue(api, path))) == 10


def test_stores_go_with_their_campaign(api: Api) -> None:
    path = campaign(api)
    put(api, path, CSV)
    ok(api.delete(path))
    purge_campaign(campaign_id=Campaign.objects.get().id)
    assert not Store.objects.exists()
    find_stores(campaign_id=Campaign().id, now=NOW + timedelta(days=1))
