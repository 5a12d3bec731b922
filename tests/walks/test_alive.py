"""Passes stay alive: what changes here shows there, whatever dies between. One web process, one worker, real phones'
words, and a push service and a receiver that can be mean."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from passwright.apple.development import DevelopmentAuthority, development_authority
from passwright.phone.push_service import Mean
from tests import phones
from tests.fakes.receiver import answering
from tests.walks.conftest import answering as answering_at
from tests.walks.conftest import eventually, free_port, kill, new_installation
from tests.walks.town import Town, end, hook, level_of, town

SOON = 20.0
INVISIBLE = "\u200b"
"""What makes the same message another one."""

PHONES = 1_000
MANY = """
INSERT INTO pass (id, campaign_id, serial_number, redeem_code, epoch, version, voided, redeemed_count,
    created_at, updated_at)
SELECT gen_random_uuid(), campaign_id, gen_random_uuid(), lpad((number + 1)::text, 7, '0'), epoch, 1, false, 0,
    created_at, created_at
FROM pass, generate_series(1, %s) AS number WHERE campaign_id = %s
"""

TOLD_AT = f"127.0.0.1:{free_port()}"
"""The worker's metrics."""

STATES = "SELECT state, count(*)::int FROM delivery WHERE pass_id = %s GROUP BY state"
CLAIMED = "SELECT count(*) FROM delivery WHERE pass_id = %s AND state = 'queued' AND due_at > now()"

pytestmark = pytest.mark.xdist_group("alive")
"""One installation serves them all."""


@pytest.fixture(scope="module")
def authority() -> DevelopmentAuthority:
    """One that the installation knows nothing of: it has made the certificate of another organization."""
    return development_authority(datetime.now(UTC))


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory, authority: DevelopmentAuthority) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("alive")
    others = authority.root_pem + authority.intermediate_pem
    with new_installation(folder) as installation, town(installation, folder, authorities=others) as made:
        installation.start("web")
        eventually(lambda: answering_at(installation.base), within=60, what="the web process answers")
        made.start_worker(PASSWRIGHT_WORKER_LISTEN=TOLD_AT)
        yield made


def states(alive: Town, pass_id: str) -> dict[str, int]:
    with alive.installation.rows() as rows:
        return dict(rows.execute(STATES, [pass_id]).fetchall())


def test_a_patch_reaches_the_phone_and_the_receiver_hears_of_all(alive: Town) -> None:
    with hook(alive):
        campaign, phone = alive.campaign(), alive.phone()
        made = alive.issue(campaign, **level_of("Explorer")["pass"])
        held = phone.add(made["pkpass_url"])
        alive.say(campaign, made["id"], "Platinum")
        phone.wait_for(lambda: phone.banners, within=SOON)
        assert [banner.text for banner in phone.banners] == ["Your level is now Platinum"]
        assert phone.passes[held.name].field("level") == "Platinum"
        (account,) = phone.accounts.values()
        assert len(alive.service.pushes_to(account.push_token)) == 1
        alive.say(campaign, made["id"], "Platinum")  # which changes nothing

        phone.remove(phone.passes[held.name])
        wanted = {"created", "downloaded", "installed", "fetched", "uninstalled"}
        eventually(lambda: set(alive.receiver.events()) >= wanted, within=SOON, what="the receiver is told")
        alive.come_to_rest()
        assert len(alive.service.pushes_to(account.push_token)) == 1
        (delivery,) = alive.call("GET", f"{campaign}/passes/{made['id']}/deliveries")
        assert delivery["state"] == "accepted"
        assert all(delivery[what] for what in ("apns_id", "listed_at", "fetched_at"))
        assert phone.complaints == []
        counted = requests.get(f"http://{TOLD_AT}/metrics", timeout=10).text.splitlines()
        assert 'passwright_pushes_total{outcome="accepted"} 1.0' in counted
        assert f'passwright_webhooks_total{{outcome="delivered"}} {float(len(alive.receiver.got))}' in counted

    # The same message twice is two messages.
    phone.add(made["pkpass_url"])
    for number in (1, 2):
        alive.call("POST", f"{campaign}/passes/{made['id']}/push", {"push_message": "The gates open at six"})
        phone.wait_for(lambda number=number: len(phone.banners) == 1 + number, within=SOON)  # type: ignore[misc]
    assert [banner.text.rstrip(INVISIBLE) for banner in phone.banners[1:]] == ["The gates open at six"] * 2


def test_a_device_swaps_its_token(alive: Town) -> None:
    campaign, phone = alive.campaign(), alive.phone()
    made = alive.issue(campaign)
    held = phone.add(made["pkpass_url"])
    (account,) = phone.accounts.values()
    old = account.push_token
    phone.change_push_token()
    alive.say(campaign, made["id"], "Gold")
    phone.wait_for(lambda: phone.passes[held.name].field("level") == "Gold", within=SOON)
    tokens = [outcome.token for outcome in alive.service.outcomes]
    assert (tokens.count(old), tokens.count(account.push_token)) == (0, 1)
    assert states(alive, made["id"]) == {"accepted": 1}


def test_two_organizations_with_two_certificates_interleaved(
    alive: Town, authority: DevelopmentAuthority, tmp_path: Path
) -> None:
    other = alive.installation.organization("Boat Town")
    theirs = (other["api_username"], other["api_password"])
    leaf = authority.issue("pass.example.boats", "BOATS12345", "Boats", datetime.now(UTC))
    for name, pem in (("leaf", leaf.certificate_pem), ("key", leaf.key_pem), ("above", leaf.intermediate_pem)):
        (tmp_path / f"{name}.pem").write_bytes(pem)
    files = ["--key", str(tmp_path / "key.pem"), "--intermediate", str(tmp_path / "above.pem")]
    imported = alive.installation.run(
        "certificate", "import", str(tmp_path / "leaf.pem"), "--organization", other["id"], *files
    )
    assert imported.returncode == 0, imported.stderr
    certificate = imported.stdout.split()[0]

    phone = alive.phone()
    logins = (alive.login, theirs)
    paths = (alive.campaign(), alive.campaign(theirs, certificate_id=certificate))
    made = [alive.issue(path, login) for path, login in zip(paths, logins, strict=True)]
    held = [phone.add(each["pkpass_url"]) for each in made]
    assert held[1].pass_type_identifier == "pass.example.boats"
    assert held[0].pass_type_identifier != held[1].pass_type_identifier
    for number in range(1, 9):
        for path, login, each in zip(paths, logins, made, strict=True):
            alive.say(path, each["id"], str(number), login)
    phone.wait_for(lambda: [phone.passes[each.name].field("level") for each in held] == ["8", "8"], within=SOON)
    alive.come_to_rest()
    tokens = {account.push_token: account.pass_type_identifier for account in phone.accounts.values()}
    pushed = [outcome for outcome in alive.service.outcomes if outcome.token in tokens]
    assert {outcome.topic for outcome in pushed} == set(tokens.values())
    assert {(outcome.topic, outcome.status) for outcome in pushed} == {(tokens[each.token], 200) for each in pushed}
    assert phone.complaints == []


def test_a_merge_reaches_a_thousand_phones(alive: Town) -> None:
    campaign = alive.campaign()
    first = alive.issue(campaign)
    with alive.installation.rows() as rows:
        rows.execute(MANY, [PHONES - 1, campaign.rpartition("/")[2]])
        rows.execute("UPDATE campaign SET pass_count = %s, next_code = %s + 1", [PHONES, PHONES])
    pages = range(1, PHONES // 50 + 1)
    listed = [each for page in pages for each in alive.call("GET", f"{campaign}/passes?per_page=50&page={page}")]
    assert len({each["id"] for each in listed}) == PHONES
    assert first["id"] in {each["id"] for each in listed}
    before = len(alive.service.pushes)
    with phones.many_phones(PHONES, alive.service, alive.roots) as many:
        many.add([each["pkpass_url"] for each in listed])
        autumn = [dict(field, value="Autumn") for field in alive.call("GET", campaign)["auxiliary_fields"][1:2]]
        alive.call("PATCH", campaign, {"generic": {"auxiliary_fields": autumn}})
        alive.call("POST", f"{campaign}/merge", {"push_message": "Autumn begins"})
        many.wait_for(lambda each: each.banners, within=60)
        assert {banner.text.rstrip(INVISIBLE) for each in many.phones for banner in each.banners} == {"Autumn begins"}
        seasons = {held.field("season") for each in many.phones for held in each.passes.values()}
        assert seasons == {"Autumn"}
        assert many.complaints == []
    assert len(alive.service.pushes) - before == PHONES
    alive.come_to_rest()
    (push,) = alive.call("GET", f"{campaign}/pushes")
    assert {name: push[name] for name in ("devices", "accepted", "fetched", "gone", "refused")} == {
        "devices": PHONES,
        "accepted": PHONES,
        "fetched": PHONES,
        "gone": 0,
        "refused": 0,
    }


def test_a_receiver_is_down_for_an_hour(alive: Town) -> None:
    campaign = alive.campaign()
    with hook(alive, events=["created"]):
        lose_an_hour(alive, campaign)


def lose_an_hour(alive: Town, campaign: str) -> None:
    alive.receiver.mood = answering(503)
    made = [alive.issue(campaign)["id"] for _ in range(3)]
    tried = "SELECT coalesce(min(attempts), 0) FROM webhook_delivery WHERE state = 'queued'"
    failing = "SELECT count(*) FROM webhook_endpoint WHERE failing_since IS NOT NULL"
    eventually(lambda: alive.installation.one(failing) == 1, within=SOON, what="it is held against the endpoint")

    def tried_again() -> bool:
        alive.due_now("webhook_delivery", "attempts < 7")
        return bool(alive.installation.one(tried) >= 7)

    eventually(tried_again, within=SOON, what="after the waits of half a minute, two, ten and thirty")
    alive.receiver.mood = answering(200)
    alive.come_to_rest()
    told = alive.receiver.got
    bodies = {got.id: {each.body for each in told if each.id == got.id} for got in told}
    assert sorted({got.id: got.json["pass_id"] for got in told}.values()) == sorted(made)
    assert all(len(each) == 1 for each in bodies.values()), "the same bytes at every try"
    assert len(told) >= 3 * 7
    assert alive.installation.one(failing) == 0
    assert alive.installation.one("SELECT count(*) FROM webhook_delivery WHERE state = 'failed'") == 0


def test_a_worker_is_killed_between_a_change_and_its_push(alive: Town) -> None:
    campaign, phone = alive.campaign(), alive.phone()
    made = alive.issue(campaign)
    held = phone.add(made["pkpass_url"])

    def shows(level: str) -> None:
        phone.wait_for(lambda: phone.passes[held.name].field("level") == level, within=SOON)

    kill(alive.installation.processes[-1])
    alive.say(campaign, made["id"], "committed, and nobody is there")
    time.sleep(0.5)
    assert phone.banners == []
    worker = alive.start_worker()
    shows("committed, and nobody is there")

    # In the middle of the push: it is claimed, and the service has not answered.
    alive.service.always = Mean.SLOW
    alive.say(campaign, made["id"], "claimed")
    eventually(lambda: alive.installation.one(CLAIMED, made["id"]) == 1, within=SOON, what="it is claimed")
    kill(worker)
    alive.service.behave()
    assert states(alive, made["id"]) == {"accepted": 1, "queued": 1}
    worker = alive.start_worker()
    alive.due_now("delivery")
    shows("claimed")
    eventually(lambda: states(alive, made["id"]) == {"accepted": 2}, within=SOON, what="it is written down")

    # Told to stop, it finishes what it has in its hands.
    alive.service.always = Mean.SLOW
    alive.say(campaign, made["id"], "at hand")
    eventually(lambda: alive.installation.one(CLAIMED, made["id"]) == 1, within=SOON, what="it is claimed")
    assert end(worker) == 0
    alive.service.behave()
    assert states(alive, made["id"]) == {"accepted": 3}
    shows("at hand")
