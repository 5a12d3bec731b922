"""The phone against a small honest web service: it follows Apple's protocol to the letter, and is mean when told to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from passwright.apple.development import DevelopmentAuthority, development_authority
from passwright.apple.web_service import Complaint, read_log_line
from passwright.phone import memory
from passwright.phone.habits import STORM, WALLETS, Habit
from passwright.phone.held import HTTP_ALLOWED, Refused, read_pass
from passwright.phone.moments import Happening
from passwright.phone.push_service import PushService
from passwright.phone.web_service import NotAnswered
from tests import phones
from tests.fakes.web_service import PASS_TYPE, FakeWebService
from tests.phone.conftest import MakePhone, asked, texts

SOON = 8.0


def test_from_a_link_to_a_banner(platform: FakeWebService, apns: PushService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("a serial/with % signs"), new_phone()
    held = phone.add(f"{platform.base}/download/a%20serial%2Fwith%20%25%20signs")
    assert asked(platform) == [("POST", "devices"), ("GET", "devices"), ("GET", "passes")]
    assert list(card.registrations) == [phone.accounts[f"{platform.base}/apple", held.pass_type_identifier].device]
    platform.change(card, toy="Airplanes")
    phone.wait_for(lambda: phone.banners, within=SOON)
    assert texts(phone) == [("Toy Town", "toy is now Airplanes")]
    assert phone.passes[held.name].field("toy") == "Airplanes"
    assert phone.passes[held.name].last_modified == card.last_modified
    assert len(apns.pushes) == 1
    assert phone.complaints == []


def test_the_tag_goes_back_as_it_came(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone()
    phone.add(platform.link(card))
    phone.update()
    lists = [path for method, path, _ in platform.requests if method == "GET" and "/devices/" in path]
    assert "passesUpdatedSince" not in lists[0]
    assert lists[1].endswith("?passesUpdatedSince=1%20%26%20opaque%2B%C3%A4")


def test_it_asks_with_if_modified_since_and_takes_304(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone()
    phone.add(platform.link(card))
    fetches = [headers for method, path, headers in platform.requests if "/passes/" in path]
    assert [headers["if-modified-since"] for headers in fetches] == [card.last_modified]
    assert fetches[0]["authorization"] == f"ApplePass {card.token}"
    assert [moment.text for moment in phone.moments if moment.what is Happening.UNCHANGED] == ["304"]


def test_several_changes_are_summed_up_and_none_is_silent(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1", toy="Trucks", level="Gold"), new_phone()
    held = phone.add(platform.link(card))
    platform.change(card, toy="Airplanes", level="Platinum", silently=True)
    phone.update()
    platform.change(card, silently=True)
    phone.update()
    assert texts(phone) == [("Toy Town", "Your pass has changed.")]
    assert phone.passes[held.name].last_modified == card.last_modified


def test_many_changes_at_once_end_with_the_last(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone()
    held = phone.add(platform.link(card))
    for number in range(20):
        platform.change(card, toy=f"number {number}")
    phone.wait_for(lambda: phone.passes[held.name].field("toy") == "number 19", within=SOON)
    assert phone.complaints == []


def test_one_device_for_each_web_service_and_one_token_for_its_passes(
    platform: FakeWebService, new_phone: MakePhone
) -> None:
    phone, other = new_phone(), FakeWebService(platform.leaf, platform.now)
    with other.running():
        phone.add(platform.link(platform.issue("1")))
        phone.add(platform.link(platform.issue("2")))
        phone.add(other.link(other.issue("3")))
    assert len(platform.tokens) == len(other.tokens) == 1
    assert platform.tokens.keys().isdisjoint(other.tokens)
    assert set(platform.tokens.values()).isdisjoint(other.tokens.values())


def test_removing_unregisters_and_ends_the_pushes(
    platform: FakeWebService, apns: PushService, new_phone: MakePhone
) -> None:
    card, phone = platform.issue("1"), new_phone()
    held = phone.add(platform.link(card))
    token = next(iter(platform.tokens.values()))
    phone.remove(held)
    assert (card.registrations, phone.passes) == ({}, {})
    platform.push(token)
    assert [(outcome.status, outcome.reason) for outcome in apns.outcomes] == [(410, "Unregistered")]


# What a phone refuses


def test_a_pass_under_a_strange_root_is_refused(platform: FakeWebService, apns: PushService) -> None:
    strange = development_authority(datetime.now(UTC)).root_pem
    with phones.phone(apns, strange) as phone:
        with pytest.raises(Refused, match="signature: "):
            phone.add(platform.link(platform.issue("1")))
        assert phone.passes == {}
        assert [moment.what for moment in phone.moments] == [Happening.REFUSED]
    assert asked(platform) == []


def test_a_pass_of_another_team_is_refused_with_the_linter_s_reason(
    platform: FakeWebService, new_phone: MakePhone
) -> None:
    platform.faults.broken_pass = True
    with pytest.raises(Refused, match="teamIdentifier") as refused:
        new_phone().add(platform.link(platform.issue("1")))
    assert {issue.code for issue in refused.value.issues} >= {"team_identifier_mismatch"}


def test_http_is_taken_only_by_a_phone_whose_developer_settings_allow_it(
    platform: FakeWebService, development: DevelopmentAuthority
) -> None:
    platform.faults.web_service_url = "http://passes.example.org/apple"
    archive = platform.archive(platform.issue("1"))
    roots = [development.root]
    taken = read_pass(archive, at=platform.now, trusted_roots=roots, overlooked=HTTP_ALLOWED)
    assert taken.web_service_url == platform.faults.web_service_url
    with pytest.raises(Refused, match="Phones ask for https"):
        read_pass(archive, at=platform.now, trusted_roots=roots)


def test_what_a_browser_would_only_save_is_not_added(platform: FakeWebService, new_phone: MakePhone) -> None:
    platform.faults.media_type = "application/zip"
    with pytest.raises(NotAnswered, match="answered with the type application/zip"):
        new_phone().add(platform.link(platform.issue("1")))


def test_a_file_is_added_as_well_and_rubbish_is_not(
    platform: FakeWebService, new_phone: MakePhone, tmp_path: Path
) -> None:
    card, phone, file = platform.issue("1"), new_phone(), tmp_path / "1.pkpass"
    file.write_bytes(platform.archive(card))
    assert phone.add_file(file).registered
    file.write_bytes(b"no pass")
    with pytest.raises(Refused, match="not a zip archive"):
        phone.add_file(file)
    with pytest.raises(Refused, match="It is no pass"):
        new_phone(verifies=False).add_file(file)


# What it complains of


def complaint_of(phone_says: list[str]) -> str:
    assert len(phone_says) == 1, phone_says
    return re.sub(r"^\[[^]]+\] Web service error for pass\.org\.example\.club \(http://[^)]+\): ", "", phone_says[0])


@pytest.mark.parametrize(
    ("faults", "complaint", "line"),
    [
        ({"without_tag": True}, Complaint.NO_TAG, "Response to 'What changed?' request omitted a lastUpdated tag."),
        (
            {"lists_always": ["unknown"]},
            Complaint.UNREGISTERED,
            "Update requested for unregistered serial number 'unknown'.",
        ),
        (
            {"without_last_modified": True},
            Complaint.NO_LAST_MODIFIED,
            "Server did not provide a 'last-modified' header with serial number '1'.",
        ),
        ({"another_pass": "2"}, Complaint.INVALID_PASS, "Received invalid pass data (it is another pass)."),
        ({"broken_pass": True}, Complaint.INVALID_PASS, "Received invalid pass data (pass.json/teamIdentifier: "),
    ],
)
def test_what_is_odd_is_written_to_the_log(
    platform: FakeWebService, new_phone: MakePhone, faults: dict[str, object], complaint: Complaint, line: str
) -> None:
    """In words that the platform understands."""
    card, phone = platform.issue("1"), new_phone()
    held = phone.add(platform.link(card))
    for name, value in faults.items():
        setattr(platform.faults, name, value)
    platform.change(card, silently=True, toy="Airplanes")
    phone.update()
    assert complaint_of(platform.logged).startswith(line)
    assert phone.complaints == platform.logged
    assert read_log_line(platform.logged[0]).complaint is complaint
    taken = "another_pass" not in faults and "broken_pass" not in faults
    assert phone.passes[held.name].field("toy") == ("Airplanes" if taken else "Trucks")


def test_a_tag_that_stays_is_odd(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone()
    platform.faults.same_tag = "7"
    phone.add(platform.link(card))
    platform.faults.lists_always = ["1"]
    phone.update()
    assert complaint_of(platform.logged).endswith("but the lastUpdated tag (7) remained the same.")


def test_needless_requests_are_odd_after_five_minutes_only(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone()
    phone.add(platform.link(card))
    platform.faults.lists_always = ["1"]
    phone.update()
    assert platform.logged == []
    later = timedelta(seconds=301)
    phone.now = lambda: datetime.now(UTC) + later
    phone.update()
    assert complaint_of(platform.logged) == (
        "Server requested update to serial number '1', but the pass was unchanged."
    )
    platform.logged.clear()
    platform.faults.ignores_if_modified_since = True
    phone.update()
    assert [line.split("): ")[1][:43] for line in platform.logged] == [
        "Server requested update to serial number '1",
        "Server ignored the 'if-modified-since' head",
    ]
    platform.faults.lists_always = []
    platform.logged.clear()
    platform.push(next(iter(platform.tokens.values())))
    phone.wait_for(lambda: platform.logged, within=SOON)
    assert complaint_of(platform.logged).startswith("Device received spurious push.")
    said = read_log_line(platform.logged[0])
    assert (said.complaint, said.device) == (Complaint.SPURIOUS_PUSH, next(iter(platform.tokens)))


def test_a_wrong_token_is_an_authentication_failure_and_not_tried_again(
    platform: FakeWebService, new_phone: MakePhone
) -> None:
    card = platform.issue("1")
    archive = platform.archive(card)
    card.token = "another token altogether"
    held = new_phone().add_archive(archive)
    assert not held.registered
    assert platform.count("POST", "/registrations/") == 1
    assert len(platform.logged) == 1
    assert platform.logged[0].endswith("encountered error: Authentication failure")
    said = read_log_line(platform.logged[0])
    assert (said.complaint, said.pass_type_identifier, said.serial_number) == (Complaint.NOT_AUTHORIZED, PASS_TYPE, "1")


def test_what_fails_is_tried_again_and_the_tag_waits_for_it(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone()
    platform.faults.answers["/registrations/"] = [503]
    held = phone.add(platform.link(card))
    assert held.registered
    platform.faults.answers["/v1/passes/"] = [500]
    platform.change(card, toy="Airplanes")
    phone.wait_for(lambda: phone.banners, within=SOON)
    assert [line.partition("error: ")[2] for line in platform.logged] == [
        "Unexpected response code 503",
        "Unexpected response code 500",
    ]


# Its mean ways


def test_registers_twice(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone(Habit.REGISTERS_TWICE)
    phone.add(platform.link(card))
    assert platform.count("POST", "/registrations/") == 2
    assert len(card.registrations) == 1
    assert phone.complaints == []


def test_forgets_to_unregister(platform: FakeWebService, apns: PushService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone(Habit.FORGETS)
    phone.remove(phone.add(platform.link(card)))
    platform.change(card, toy="Airplanes")
    phone.wait_for(lambda: platform.count("GET", "/devices/") == 2, within=SOON)
    assert [outcome.status for outcome in apns.outcomes] == [200]
    assert (len(card.registrations), phone.banners) == (1, [])
    assert platform.count("DELETE", "") == 0


def test_swaps_its_token(platform: FakeWebService, apns: PushService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone(Habit.SWAPS_TOKEN)
    phone.add(platform.link(card))
    first = next(iter(platform.tokens.values()))
    platform.change(card, toy="Airplanes")
    phone.wait_for(lambda: platform.count("POST", "/registrations/") == 2, within=SOON)
    platform.push(first)
    platform.change(card, toy="Boats")
    phone.wait_for(lambda: len(phone.banners) == 2, within=SOON)
    assert [outcome.status for outcome in apns.outcomes] == [200, 410, 200]
    assert len(platform.tokens) == 1


def test_polls_late(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone(Habit.LATE, late_seconds=0.5)
    phone.add(platform.link(card))
    platform.change(card, toy="Airplanes")
    phone.wait_for(lambda: any(moment.what is Happening.PUSHED for moment in phone.moments), within=SOON)
    platform.change(card, toy="Boats")
    phone.wait_for(lambda: phone.banners, within=SOON)
    times = {moment.what: moment.at for moment in phone.moments}
    assert times[Happening.BANNER] - min(m.at for m in phone.moments if m.what is Happening.PUSHED) >= timedelta(
        seconds=0.5
    )
    assert texts(phone) == [("Toy Town", "toy is now Boats")]


def test_is_gone(platform: FakeWebService, apns: PushService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone(Habit.GONE)
    phone.add(platform.link(card))
    platform.change(card, toy="Airplanes")
    assert [(outcome.status, outcome.reason) for outcome in apns.outcomes] == [(410, "Unregistered")]
    assert phone.banners == []


def test_sends_head(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone(Habit.HEAD)
    phone.add(platform.link(card))
    platform.change(card, toy="Airplanes")
    phone.wait_for(lambda: phone.banners, within=SOON)
    assert platform.count("HEAD", "/passes/") == platform.count("GET", "/passes/") == 2
    assert phone.complaints == []
    platform.faults.without_last_modified = True
    platform.change(card, toy="Boats")
    phone.wait_for(lambda: len(phone.banners) == 2, within=SOON)
    assert phone.complaints[0] == "HEAD said that it was last modified “”, GET says otherwise"


def test_storms(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone(Habit.STORMS)
    phone.add(platform.link(card))
    platform.change(card, toy="Airplanes")
    phone.wait_for(lambda: phone.banners, within=SOON)
    assert platform.count("GET", "/devices/") == 2 * STORM
    assert texts(phone) == [("Toy Town", "toy is now Airplanes")]


@pytest.mark.parametrize("name", WALLETS)
def test_speaks_as_other_wallets_do(platform: FakeWebService, new_phone: MakePhone, name: str) -> None:
    card, wallet = platform.issue("1"), WALLETS[name]
    new_phone(wallet=wallet).add(platform.link(card))
    headers = next(headers for method, _, headers in platform.requests if method == "POST")
    assert headers["authorization"] == f"{wallet.word} {card.token}"
    assert headers["user-agent"] == wallet.agent
    assert headers.get("x-pass-client", "") == wallet.client


def test_a_new_push_token_is_told_to_all(platform: FakeWebService, new_phone: MakePhone) -> None:
    cards, phone = [platform.issue("1"), platform.issue("2")], new_phone()
    for card in cards:
        phone.add(platform.link(card))
    before = dict(platform.tokens)
    phone.change_push_token()
    assert platform.tokens.keys() == before.keys()
    assert platform.tokens != before
    assert platform.count("POST", "/registrations/") == 4


# Switched off and on


def test_what_it_missed_comes_when_it_is_switched_on(
    platform: FakeWebService, new_phone: MakePhone, tmp_path: Path
) -> None:
    card, phone = platform.issue("1"), new_phone()
    held = phone.add(platform.link(card))
    memory.save(phone, tmp_path / "phone")
    phone.switch_off()
    platform.change(card, toy="Airplanes")
    again = new_phone()
    memory.load(again, tmp_path / "phone")
    again.wait_for(lambda: again.banners, within=SOON)
    assert again.passes[held.name].field("toy") == "Airplanes"
    assert len(platform.tokens) == 1, "it is the same device"
    platform.change(card, toy="Boats")
    again.wait_for(lambda: len(again.banners) == 2, within=SOON)


def test_its_memory_is_for_its_owner_alone(platform: FakeWebService, new_phone: MakePhone, tmp_path: Path) -> None:
    phone = new_phone()
    phone.add(platform.link(platform.issue("1")))
    memory.save(phone, tmp_path / "phone")
    memory.save(phone, tmp_path / "phone")
    assert [(file.name, file.stat().st_mode & 0o777) for file in (tmp_path / "phone").iterdir()] == [
        ("phone.json", 0o600)
    ]
    (tmp_path / "phone" / memory.FILE).write_text("{")
    with pytest.raises(memory.UnreadableMemory, match="Delete it to begin with a new phone"):
        memory.load(new_phone(), tmp_path / "phone")


def test_secrets_are_not_in_what_is_printed(platform: FakeWebService, new_phone: MakePhone) -> None:
    card, phone = platform.issue("1"), new_phone()
    held = phone.add(platform.link(card))
    said = repr((phone, held, phone.accounts, phone.moments))
    assert card.token not in said
    assert not any(secret in said for pair in platform.tokens.items() for secret in pair)


def test_two_hundred_phones(platform: FakeWebService, apns: PushService, development: DevelopmentAuthority) -> None:
    cards = [platform.issue(str(number)) for number in range(200)]
    with phones.many_phones(200, apns, development.root_pem) as many:
        many.add([platform.link(card) for card in cards])
        for card in cards:
            platform.change(card, toy="Airplanes", silently=True)
        for each in many.phones:
            many.pool.submit(each.update)
        many.wait_for(lambda each: each.banners, within=20)
        assert many.complaints == []
    assert len(platform.tokens) == 200
