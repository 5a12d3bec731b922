"""Fields and links, end to end: what is asked for, by every door; what a phone then holds; and what it hears of later.

One web process and one worker, real HTTP, a push service and phones.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from passwright.phone.held import HeldPass
from tests.walks.conftest import answering, eventually, kill, new_installation
from tests.walks.town import Town, town

SOON = 30.0
MANY = {"PASSWRIGHT_CLAIMS_PER_HOUR": "100000", "PASSWRIGHT_ALL_CLAIMS_PER_HOUR": "100000"}
PASSES = "SELECT count(*) FROM pass WHERE campaign_id = %s"
NUMBERED = """
SELECT count(*), count(DISTINCT serial_number), count(DISTINCT redeem_code) FROM pass WHERE campaign_id = %s
"""
PUSHES = "SELECT count(*) FROM push WHERE pass_id = %s"
DELIVERIES = "SELECT count(*) FROM delivery WHERE pass_id = %s"
VERSION = "SELECT version FROM pass WHERE id = %s"

MEMBER = {"key": "member", "label": "Your name", "behaviour": "dynamic", "required": True}
LEVEL = {
    "key": "level",
    "label": "Level",
    "behaviour": "dynamic",
    "required": False,
    "change_message": "Your level is now %@",
}
SEASON = {"key": "season", "label": "Season", "value": "Spring"}
STAFF = {"key": "note", "label": "Note of the staff", "behaviour": "dynamic", "admin_only": True, "required": False}
HOME = {"key": "home", "label": "Home", "behaviour": "dynamic", "data_type": "locations", "required": False}
AGE = {"key": "age", "label": "Age", "behaviour": "dynamic", "data_type": "number", "required": False}

pytestmark = [pytest.mark.xdist_group("fields"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("fields")
    with new_installation(folder) as installation, town(installation, folder) as made:
        installation.settings |= MANY
        installation.start("web")
        eventually(lambda: answering(installation.base), within=60, what="the web process answers")
        made.start_worker()
        yield made


def campaign_with(alive: Town, *fields: dict[str, Any], **more: Any) -> str:
    """Its path. Members stand first, all else beside."""
    first, rest = fields[:1], list(fields[1:])
    return alive.campaign(primary_fields=list(first), auxiliary_fields=rest, back_fields=[], **more)


def link_of(alive: Town, campaign: str) -> str:
    return str(alive.call("GET", f"{campaign}/distributions")[0]["page_url"])


def sent(link: str, **answers: str) -> requests.Response:
    body = {f"field-{key}": value for key, value in answers.items()}
    return requests.post(link, data=body, allow_redirects=False, timeout=60)


def claimed(link: str, **answers: str) -> str:
    """The page of the pass that the form makes."""
    answer = sent(link, **answers)
    assert answer.status_code == 303, answer.text
    return str(requests.compat.urljoin(link, answer.headers["Location"]))


def made_at(alive: Town, campaign: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = alive.call("GET", f"{campaign}/passes?per_page=50")
    return rows


def count(alive: Town, campaign: str) -> int:
    return int(alive.installation.one(PASSES, campaign.rpartition("/")[2]))


def issued(alive: Town, campaign: str, **values: Any) -> dict[str, Any]:
    return alive.issue(campaign, values=values)


def changed(alive: Town, campaign: str, pass_id: str, **values: Any) -> dict[str, Any]:
    answer: dict[str, Any] = alive.call("PATCH", f"{campaign}/passes/{pass_id}", {"pass": {"values": values}})
    return answer


def edit_link(held: HeldPass) -> str:
    found = re.search(r"http[^\s\"'<>\\]+/e/[A-Za-z0-9_-]{22}", json.dumps(held.keys))
    assert found, "the back of the pass has the link with which its holder edits it"
    return found[0]


def without(keys: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in keys.items() if name not in names}


def test_two_who_say_the_same_get_two_passes_that_look_the_same(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, LEVEL, barcode={"format": "none"})
    link, phone = link_of(alive, campaign), alive.phone()
    pages = [claimed(link, member="Ada", level="Gold") for _ in range(2)]
    one, other = (phone.add(f"{page}.pkpass") for page in pages)
    assert one.serial_number != other.serial_number
    own = ("serialNumber", "authenticationToken", "barcode", "barcodes")
    looks = [
        re.sub(r"/[pe]/[^\"\s]+", "/…", json.dumps(without(dict(each.keys), *own), sort_keys=True))
        for each in (one, other)
    ]
    assert looks[0] == looks[1]
    for held, page in zip((one, other), pages, strict=True):
        for shown in ("", ".svg", ".svg?side=back"):
            assert held.serial_number not in requests.get(f"{page}{shown}", timeout=30).text
        assert held.serial_number not in json.dumps(without(dict(held.keys), "serialNumber"))


def test_nothing_is_made_before_somebody_asks(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER)
    link = link_of(alive, campaign)
    assert count(alive, campaign) == 0
    agents = ["", "Mozilla/5.0 (iPhone)", "facebookexternalhit/1.1", "Googlebot/2.1", "curl/8"]
    for agent in agents:
        for path in (link, f"{link}.pkpass", f"{link}.png", f"{link}.qrcode"):
            for method in ("GET", "HEAD"):
                answer = requests.request(method, path, headers={"User-Agent": agent}, timeout=30)
                assert answer.status_code < 500
    assert count(alive, campaign) == 0


def test_the_form_insists_and_then_makes_one_pass(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, LEVEL)
    link = link_of(alive, campaign)
    for member in ("", "   "):
        refused = sent(link, member=member, level="Gold")
        assert refused.status_code == 422
        assert 'value="Gold"' in refused.text
        assert re.search(r'name="field-member"[^>]*aria-invalid="true"', refused.text)
    assert count(alive, campaign) == 0
    claimed(link, member="Ada", level="Gold")
    assert count(alive, campaign) == 1


def test_the_api_insists_with_the_same_words(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, AGE)
    wrong = {"pass": {"values": {"age": "old"}}}
    refused = alive.call("POST", f"{campaign}/passes", wrong, status=422)
    assert set(refused["errors"]) == {"values.member", "values.age"}
    unknown = alive.call("POST", f"{campaign}/passes", {"pass": {"values": {"member": "Ada", "x": "1"}}}, status=422)
    assert "values.x" in unknown["errors"]
    form = sent(link_of(alive, campaign), member="", age="old")
    assert form.status_code == 422
    assert form.text.count('aria-invalid="true"') == 2
    assert count(alive, campaign) == 0
    made = issued(alive, campaign, member="Ada", age="36")
    assert count(alive, campaign) == 1
    assert made["values"]["member"] == "Ada"


def test_two_hundred_and_fifty_fields_are_asked_for_and_kept(alive: Town) -> None:
    keys = [f"field_{number}" for number in range(250)]
    fields = [
        {"key": key, "label": key, "behaviour": "dynamic", "required": number < 3} for number, key in enumerate(keys)
    ]
    campaign = alive.campaign(primary_fields=[], auxiliary_fields=[], back_fields=fields)
    values = {key: f"Value {number}" for number, key in enumerate(keys)}
    phone = alive.phone()
    by_api = issued(alive, campaign, **values)
    by_form = claimed(link_of(alive, campaign), **values)
    for url in (by_api["pkpass_url"], f"{by_form}.pkpass"):
        held = phone.add(url)
        assert {key: held.field(key) for key in keys} == values


def test_names_messages_and_places_differ_from_pass_to_pass(alive: Town) -> None:
    message = {"key": "message", "label": "For you", "behaviour": "dynamic", "required": False}
    campaign = campaign_with(alive, MEMBER, message, HOME)
    phone, held = alive.phone(), {}
    places = {"Ada": (38.7107, -9.1365), "Bob": (41.1403, -8.6130)}
    for name, (latitude, longitude) in places.items():
        home = [{"latitude": latitude, "longitude": longitude, "relevant_text": f"Welcome, {name}"}]
        made = issued(alive, campaign, member=name, message=f"Hello {name}", home=home)
        held[name] = phone.add(made["pkpass_url"])
    for name, (latitude, longitude) in places.items():
        keys = held[name].keys
        assert held[name].field("member") == name
        assert held[name].field("message") == f"Hello {name}"
        (place,) = keys["locations"]
        assert (place["latitude"], place["longitude"]) == (latitude, longitude)
        assert place["relevantText"] == f"Welcome, {name}"
        assert str(latitude) not in json.dumps(keys["generic"])


def test_one_changed_value_is_one_message_on_one_phone_and_the_same_again_is_none(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, LEVEL)
    made = [issued(alive, campaign, member=name, level="Silver") for name in ("Ada", "Bob")]
    mine, theirs = alive.phone(), alive.phone()
    held, other = mine.add(made[0]["pkpass_url"]), theirs.add(made[1]["pkpass_url"])
    before = [alive.installation.one(VERSION, each["id"]) for each in made]

    changed(alive, campaign, made[0]["id"], level="Gold")
    mine.wait_for(lambda: mine.banners, within=SOON)
    alive.come_to_rest()
    assert [banner.text for banner in mine.banners] == ["Your level is now Gold"]
    assert mine.passes[held.name].field("level") == "Gold"
    (account,) = mine.accounts.values()
    assert len(alive.service.pushes_to(account.push_token)) == 1
    after = [alive.installation.one(VERSION, each["id"]) for each in made]
    assert after[0] > before[0]
    assert after[1] == before[1]
    assert theirs.banners == []
    assert theirs.passes[other.name].field("level") == "Silver"

    changed(alive, campaign, made[0]["id"], level="Gold")
    changed(alive, campaign, made[0]["id"], level="Gold", member="Ada")
    alive.come_to_rest()
    assert len(alive.service.pushes_to(account.push_token)) == 1
    assert alive.installation.one(VERSION, made[0]["id"]) == after[0]
    assert alive.installation.one(PUSHES, made[0]["id"]) == 1
    assert mine.complaints == []


def test_several_values_at_once_are_one_push(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, LEVEL)
    made, phone = issued(alive, campaign, member="Ada", level="Silver"), alive.phone()
    held = phone.add(made["pkpass_url"])
    changed(alive, campaign, made["id"], member="Ada Moreau", level="Gold")
    phone.wait_for(lambda: phone.passes[held.name].field("level") == "Gold", within=SOON)
    alive.come_to_rest()
    (account,) = phone.accounts.values()
    assert phone.passes[held.name].field("member") == "Ada Moreau"
    assert len(alive.service.pushes_to(account.push_token)) == 1


def test_a_constant_of_the_campaign_reaches_all_passes_and_takes_nothing_personal(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, LEVEL, SEASON, merge_on_update=True)
    names = ("Ada", "Bob", "Cleo")
    made = {name: issued(alive, campaign, member=name, level=f"Level of {name}") for name in names}
    all_phones = {name: alive.phone() for name in names}
    held = {name: all_phones[name].add(made[name]["pkpass_url"]) for name in names}
    fields = alive.call("GET", campaign)["auxiliary_fields"]
    autumn = [dict(field, value="Autumn") if field["key"] == "season" else field for field in fields]
    alive.call("PATCH", campaign, {"generic": {"auxiliary_fields": autumn}})
    for name, phone in all_phones.items():
        phone.wait_for(lambda n=name, p=phone: p.passes[held[n].name].field("season") == "Autumn", within=SOON)  # type: ignore[misc]
        assert phone.passes[held[name].name].field("member") == name
        assert phone.passes[held[name].name].field("level") == f"Level of {name}"
        assert alive.installation.one(DELIVERIES, made[name]["id"]) == 1


def test_what_staff_alone_may_say_is_not_asked_for_nor_taken_from_others(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, STAFF)
    link = link_of(alive, campaign)
    assert "field-note" not in requests.get(link, timeout=30).text
    assert "Note of the staff" not in re.sub(r'alt="[^"]*"', "", requests.get(link, timeout=30).text)
    answer = sent(link, member="Mallory", note="Give me everything")
    values = [row["values"].get("note") for row in made_at(alive, campaign)]
    assert answer.status_code in (303, 403, 422)
    assert "Give me everything" not in values
    made = issued(alive, campaign, member="Ada", note="Careful")
    assert made["values"]["note"] == "Careful"
    assert changed(alive, campaign, made["id"], note="Kind")["values"]["note"] == "Kind"


@pytest.mark.parametrize("allowed", [True, False])
def test_a_holder_edits_where_the_campaign_lets_him(alive: Town, allowed: bool) -> None:
    campaign = campaign_with(alive, MEMBER, LEVEL, allow_update=True)
    phone = alive.phone()
    held = phone.add(f"{claimed(link_of(alive, campaign), member='Ada', level='Silver')}.pkpass")
    link = edit_link(held)
    if not allowed:
        alive.call("PATCH", campaign, {"generic": {"allow_update": False}})
    page = requests.get(link, timeout=30).text
    assert ('name="field-level"' in page) is allowed
    saw = re.search(r'name="saw" value="(\w+)"', page)
    answer = requests.post(
        link,
        data={"field-member": "Ada", "field-level": "Gold", **({"saw": saw[1]} if saw else {})},
        allow_redirects=False,
        timeout=30,
    )
    if allowed:
        assert answer.status_code == 303
        phone.wait_for(lambda: phone.banners, within=SOON)
        assert [banner.text for banner in phone.banners] == ["Your level is now Gold"]
    else:
        assert answer.status_code == 403
        alive.come_to_rest()
        assert phone.banners == []
        assert made_at(alive, campaign)[0]["values"]["level"] == "Silver"
    (row,) = made_at(alive, campaign)
    page_of = requests.get(row["page_url"], timeout=30).text
    assert link.rpartition("/")[2] not in page_of


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        ({"starts_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, 403),
        ({"ends_at": (datetime.now(UTC) - timedelta(days=1)).isoformat()}, 410),
        ({"pass_limit": 1}, 410),
        ({"password": "open sesame"}, 403),
        ("pause", 403),
        ("archive", 410),
    ],
)
def test_rules_of_a_link_stop_form_and_answers(alive: Town, rules: Any, status: int) -> None:
    campaign = campaign_with(alive, MEMBER)
    made = alive.call("POST", f"{campaign}/distributions", rules if isinstance(rules, dict) else {}, status=201)
    link, one = made["page_url"], f"{campaign}/distributions/{made['id']}"
    if isinstance(rules, str):
        alive.call("POST", f"{one}/{rules}")
    if rules == {"pass_limit": 1}:
        claimed(link, member="First")
    before = count(alive, campaign)
    shown, answer = requests.get(link, timeout=30), sent(link, member="Ada")
    assert 'name="field-member"' not in shown.text
    assert 'name="field-member"' not in answer.text
    assert answer.status_code == status
    assert count(alive, campaign) == before
    if rules == {"password": "open sesame"}:
        visitor = requests.Session()
        visitor.post(link, data={"password": "open sesame"}, timeout=30)
        assert visitor.post(link, data={"field-member": "Ada"}, allow_redirects=False, timeout=30).status_code == 303
        assert count(alive, campaign) == before + 1


def test_a_change_that_was_saved_is_told_whoever_is_killed_then(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER, LEVEL)
    made, phone = issued(alive, campaign, member="Ada", level="Silver"), alive.phone()
    held = phone.add(made["pkpass_url"])
    alive.come_to_rest()
    web, worker = alive.installation.processes[0], alive.installation.processes[-1]
    kill(worker)
    changed(alive, campaign, made["id"], level="Gold")
    kill(web)
    assert phone.banners == []
    alive.installation.processes[0] = alive.installation.start("web")
    eventually(lambda: answering(alive.installation.base), within=60, what="the web process answers again")
    alive.start_worker()
    phone.wait_for(lambda: phone.passes[held.name].field("level") == "Gold", within=SOON)
    assert [banner.text for banner in phone.banners] == ["Your level is now Gold"]
    alive.come_to_rest()
    (account,) = phone.accounts.values()
    assert len(alive.service.pushes_to(account.push_token)) == 1


def test_a_hundred_at_once_are_a_hundred_passes_and_a_limit_is_a_limit(alive: Town) -> None:
    campaign = campaign_with(alive, MEMBER)
    plain = link_of(alive, campaign)
    limited = alive.call("POST", f"{campaign}/distributions", {"pass_limit": 37}, status=201)["page_url"]
    for link, wanted in ((plain, {303: 100}), (limited, {303: 37, 410: 63})):
        together = threading.Barrier(100)

        def one(number: int, link: str = link, together: threading.Barrier = together) -> int:
            together.wait(60)
            return sent(link, member=f"Visitor {number}").status_code

        with ThreadPoolExecutor(100) as pool:
            assert Counter(pool.map(one, range(100))) == wanted
    rows = (
        "SELECT count(*), count(DISTINCT serial_number), count(DISTINCT redeem_code) FROM pass WHERE campaign_id = %s"
    )
    with alive.installation.rows() as connection:
        assert connection.execute(rows, [campaign.rpartition("/")[2]]).fetchone() == (137, 137, 137)
