"""A simulated phone and a real platform: what is changed through the API stands on the lock screen a moment later."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from passwright.phone.habits import Habit
from passwright.phone.phone import Phone
from passwright.phone.push_service import Mean, PushService
from tests.phones import apns_environment, many_phones, phone
from tests.walks.conftest import COMMAND, Installation, eventually, free_port, new_campaign, new_installation

SHOWN = 20.0
"""Seconds, on a machine that may be busy with other tests."""

TOY = {"key": "toy", "label": "TOY", "value": "Trucks", "behaviour": "dynamic", "change_message": "Toy is now %@"}


class Town:
    """An installation whose platform pushes to a simulated push service, with a campaign."""

    def __init__(self, installation: Installation, service: PushService, root_pem: bytes) -> None:
        self.installation = installation
        self.service = service
        self.root_pem = root_pem
        made = installation.organization()
        self.login = (made["api_username"], made["api_password"])
        self.campaign = new_campaign(installation, self.login, primary_fields=[TOY])

    def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = requests.request(
            method, f"{self.installation.base}{self.campaign}{path}", json=body, auth=self.login, timeout=30
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def issue(self) -> dict[str, Any]:
        made: dict[str, Any] = self.ask("POST", "/passes", **{"pass": {}})
        return made

    def change(self, made: dict[str, Any], toy: str) -> None:
        self.ask("PATCH", f"/passes/{made['id']}", **{"pass": {"primary_fields": [{"key": "toy", "value": toy}]}})


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with new_installation(folder) as installation:
        root_pem = installation.run("certificate", "dev-root").stdout.encode()
        with PushService(client_authorities=root_pem) as service:
            installation.settings |= apns_environment(service, folder)
            installation.start("web")
            installation.start("worker")
            yield Town(installation, service, root_pem)


def banners(held_by: Phone) -> list[tuple[str, str]]:
    return [(banner.title, banner.text) for banner in held_by.banners]


def test_a_patch_a_message_and_the_end(town: Town) -> None:
    made = town.issue()
    with phone(town.service, town.root_pem) as johnnys:
        held = johnnys.add(made["pkpass_url"])
        town.change(made, "Airplanes")
        johnnys.wait_for(lambda: johnnys.banners, within=SHOWN, what="the patch is shown")
        town.ask("POST", f"/passes/{made['id']}/push", push_message="See you in town")
        johnnys.wait_for(lambda: len(johnnys.banners) == 2, within=SHOWN, what="the message is shown")
        assert [text.rstrip("\u200b") for _, text in banners(johnnys)] == ["Toy is now Airplanes", "See you in town"]
        assert johnnys.passes[held.name].field("toy") == "Airplanes"
        johnnys.remove(johnnys.passes[held.name])
        assert johnnys.complaints == []
    assert town.installation.one("SELECT count(*) FROM registration") == 0


def test_mean_phones_get_every_change(town: Town) -> None:
    habits = (Habit.REGISTERS_TWICE, Habit.SWAPS_TOKEN, Habit.HEAD, Habit.STORMS)
    with ExitStack() as switched_on:
        made = [town.issue() for _ in habits]
        phones = [switched_on.enter_context(phone(town.service, town.root_pem, [habit])) for habit in habits]
        held = [each.add(one["pkpass_url"]) for each, one in zip(phones, made, strict=True)]
        for number, toy in enumerate(("Airplanes", "Boats"), 1):
            for one in made:
                town.change(one, toy)
            for each in phones:
                each.wait_for(lambda each=each, number=number: len(each.banners) == number, within=SHOWN)  # type: ignore[misc]
        for each, one in zip(phones, held, strict=True):
            assert each.complaints == []
            each.remove(each.passes[one.name])


def test_a_mean_push_service_loses_nothing(town: Town) -> None:
    ways = (Mean.RESET_STREAM, Mean.GOAWAY, Mean.SHUTDOWN, Mean.LOST_ANSWER, Mean.SLOW, Mean.CUT)
    passes = [town.issue() for _ in ways]
    with many_phones(len(ways), town.service, town.root_pem) as phones:
        phones.add([made["pkpass_url"] for made in passes])
        for how in ways:
            town.service.misbehave(how)
        for made in passes:
            town.change(made, "Airplanes")
        phones.wait_for(lambda each: each.banners, within=2 * SHOWN)
        assert {text for each in phones.phones for _, text in banners(each)} == {"Toy is now Airplanes"}
        for each in phones.phones:
            each.remove(next(iter(each.passes.values())))


def test_a_phone_that_is_gone_is_forgotten(town: Town) -> None:
    made = town.issue()
    with phone(town.service, town.root_pem, [Habit.GONE]) as gone:
        gone.add(made["pkpass_url"])
        assert town.installation.one("SELECT count(*) FROM registration") == 1
        town.change(made, "Airplanes")
        eventually(
            lambda: town.installation.one("SELECT count(*) FROM registration") == 0,
            within=SHOWN,
            what="the platform forgets the phone",
        )


def test_a_merge_reaches_many_phones(town: Town) -> None:
    passes = [town.issue() for _ in range(30)]
    with many_phones(30, town.service, town.root_pem) as phones:
        phones.add([made["pkpass_url"] for made in passes])
        merged = {"background_color": "#1e50a0", "logo_text": "Toy Town"}
        requests.patch(
            f"{town.installation.base}{town.campaign}", json={"generic": merged}, auth=town.login, timeout=30
        ).raise_for_status()
        town.ask("POST", "/merge", push_message="A new look")
        phones.wait_for(lambda each: each.banners, within=2 * SHOWN)
        assert {banner.text.rstrip("\u200b") for each in phones.phones for banner in each.banners} == {"A new look"}
        assert phones.complaints == []
        for each in phones.phones:
            each.remove(next(iter(each.passes.values())))


def test_the_command_trusts_its_installation(town: Town, tmp_path: Path) -> None:
    made, output = town.issue(), tmp_path / "output.txt"
    folder, address = tmp_path / "phone", f"127.0.0.1:{free_port()}"
    words = ["phone", "--add", made["pkpass_url"], "--folder", str(folder), "--listen", address, "--remove"]
    with output.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, *words],
            env=town.installation.environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    town.installation.processes.append(process)
    eventually(lambda: "registered" in output.read_text(), within=3 * SHOWN, what="the command registers the pass")
    assert town.installation.one("SELECT count(*) FROM registration") == 1
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=SHOWN) == 0, output.read_text()
    assert town.installation.one("SELECT count(*) FROM registration") == 0
    assert f"PASSWRIGHT_APNS_URL=https://{address}" in output.read_text()
    assert (folder / "apns-root.pem").read_bytes() == town.root_pem


def test_the_root_is_readable_by_the_platform(town: Town) -> None:
    assert Path(town.installation.settings["PASSWRIGHT_APNS_CA"]).read_bytes() == town.service.root_pem
