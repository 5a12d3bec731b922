"""The web service from outside: what phones ask, what they are answered, and what is written down of it."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client

from passwright import secrets
from passwright.data.models import (
    Certificate,
    Delivery,
    Device,
    Event,
    Organization,
    Pass,
    Push,
    Registration,
    Tally,
    WebhookDelivery,
)
from passwright.operations.create_webhook import create_webhook
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.delete_pass import delete_pass
from passwright.operations.forget_devices import LostDevice, forget_devices
from passwright.operations.overtake_phones import overtake_phones
from passwright.operations.register import said_of
from passwright.operations.spread_pushes import spread_pushes
from passwright.operations.sweep_devices import sweep_devices
from passwright.operations.update_tags import next_tag
from passwright.passes.content import Style
from tests import public_ground as ground
from tests.interfaces.apple.phones import PUSH_TOKEN, Card, Phone, card_of, pass_json
from tests.operations.toys import patch, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> Organization:
    return ground.organization()


@pytest.fixture
def row(owner: Organization) -> Pass:
    return ground.issued(ground.campaign(owner))


@pytest.fixture
def card(row: Pass) -> Card:
    return card_of(row)


def counted() -> dict[str, int]:
    totals: dict[str, int] = {}
    for counter, amount in Tally.objects.values_list("counter", "amount"):
        totals[counter] = totals.get(counter, 0) + amount
    return {name: amount for name, amount in totals.items() if name != "creates"}


def move(row: Pass, seconds_ago: int = 0) -> None:
    """What spreading a change does to one pass's registrations."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE registration SET update_tag = nextval('update_tag') WHERE pass_id = %s", [row.id])


def test_the_life_of_a_pass_on_a_phone(row: Pass, card: Card) -> None:
    phone = Phone()
    assert phone.register(card) == 201
    assert phone.register(card) == 200
    assert phone.changed(card.identifier) == [card.serial]
    assert phone.changed(card.identifier, phone.tags[card.identifier]) == []
    assert phone.fetch(card) == 200
    assert card.said["serialNumber"] == card.serial
    assert card.said["authenticationToken"] == card.token
    assert card.said["passTypeIdentifier"] == card.identifier
    assert phone.fetch(card) == 304
    patch(row.campaign, row, fields=[], voided=True, now=ground.now())
    move(row)
    assert phone.poll(card.identifier) == [card.serial]
    assert card.said["voided"] is True
    assert phone.fetch(card) == 304
    assert phone.unregister(card) == 200
    assert phone.unregister(card) == 200
    assert phone.changed(card.identifier) == []
    assert not Registration.objects.exists()
    assert not Device.objects.exists()
    kinds = list(Event.objects.filter(pass_id=row.id).order_by("id").values_list("kind", flat=True))
    assert kinds == ["created", "installed", "fetched", "updated", "fetched", "uninstalled"]
    assert counted() == {"installs.ios": 1, "uninstalls.ios": 1, "fetches": 2, "updates": 1}


def test_what_an_install_says(row: Pass, card: Card) -> None:
    Phone().register(card)
    registration = Registration.objects.get()
    said = Event.objects.get(kind="installed").extra
    assert said == {
        "pass_id": str(row.id),
        "registration_id": str(registration.id),
        "device_os": "ios",
        "device_app_vendor": "passbook",
        "wallet_type": "apple_wallet",
        "ip": "127.0.0.1",
    }
    assert (registration.wallet, registration.device_os) == ("passbook", "ios")
    assert registration.campaign_id == row.campaign_id


@pytest.mark.parametrize(
    ("scheme", "headers", "wallet", "device_os"),
    [
        ("ApplePass", {}, "passbook", "ios"),
        ("androidpass", {}, "wallet_passes", "android"),
        ("WalletUnionPass", {}, "walletunion", "android"),
        ("WalletUnionHMSPass", {}, "walletunion_hms", "android"),
        ("AttidoPass", {}, "passwallet", "android"),
        ("ApplePass", {"X-Pass-Client": "Passworks"}, "passworks_wallet", "android"),
        ("ApplePass", {"X-Pass-Client": "Passes"}, "pass2u", "android"),
        ("AndroidPass", {"User-Agent": "WalletPasses/1.0 (Windows Phone 10.0)"}, "wallet_passes", "wp"),
    ],
)
def test_every_wallet_lives_a_whole_life(
    card: Card, scheme: str, headers: dict[str, str], wallet: str, device_os: str
) -> None:
    phone = Phone(scheme=scheme)
    assert phone.register(card, **headers) == 201
    device, registration = Device.objects.get(), Registration.objects.get()
    assert {device.wallet, registration.wallet} == {wallet}
    assert {device.device_os, registration.device_os} == {device_os}
    assert phone.changed(card.identifier) == [card.serial]
    assert phone.fetch(card) == 200
    assert phone.unregister(card) == 200
    assert counted() == {f"installs.{device_os}": 1, f"uninstalls.{device_os}": 1, "fetches": 1}


def test_a_device_is_kept_without_its_secrets(card: Card) -> None:
    phone = Phone("a device's own name")
    phone.register(card)
    device = Device.objects.get()
    assert bytes(device.identifier_digest) == hashlib.sha256(b"a device's own name").digest()
    assert PUSH_TOKEN.encode() not in bytes(device.push_token_encrypted)
    plain = secrets.decrypt(bytes(device.push_token_encrypted), label=secrets.PUSH_TOKEN_LABEL)
    assert plain == PUSH_TOKEN.encode()
    assert bytes(device.push_token_digest) == hashlib.sha256(PUSH_TOKEN.encode()).digest()


def test_the_push_service_of_passwallet_is_kept(card: Card) -> None:
    phone = Phone(scheme="AttidoPass")
    assert phone.register(card, {"pushToken": "x", "pushServiceUrl": "https://push.example/base/"}) == 201
    assert Device.objects.get().push_service == "https://push.example/base"
    assert phone.register(card, {"pushToken": "x", "pushServiceUrl": "http://10.0.0.1/"}) == 400


def delivery(row: Pass, device: Device, **parts: Any) -> Delivery:
    push = Push.objects.create(campaign=row.campaign, pass_id=row.id, kind="updated", created_at=ground.now())
    return Delivery.objects.create(push=push, pass_id=row.id, device_id=device.id, queued_at=ground.now(), **parts)


def test_another_push_token_brings_again_what_was_not_brought(row: Pass, card: Card) -> None:
    phone = Phone()
    phone.register(card)
    device = Device.objects.get()
    later = ground.now() + timedelta(hours=1)
    waiting = delivery(row, device, due_at=later, attempts=7)
    refused = delivery(row, device, state="refused", reason="BadDeviceToken")
    heard = delivery(row, device, state="refused", listed_at=ground.now())
    brought = delivery(row, device, state="accepted")
    assert phone.register(card) == 200
    assert Delivery.objects.get(push=waiting.push).due_at == later
    phone.push_token = "cd" * 40
    assert phone.register(card) == 200
    again = Device.objects.get()
    assert secrets.decrypt(bytes(again.push_token_encrypted), label="push token") == ("cd" * 40).encode()
    assert again.id == device.id
    assert again.token_at > device.token_at
    for each in (waiting, refused):
        found = Delivery.objects.get(push=each.push)
        assert (found.state, found.attempts, found.reason) == ("queued", 0, None)
        assert found.due_at is not None
        assert found.due_at <= ground.now()
    assert Delivery.objects.get(push=heard.push).state == "refused"
    assert Delivery.objects.get(push=brought.push).state == "accepted"


def test_what_the_phone_let_go_of_is_not_brought_again(row: Pass, card: Card) -> None:
    phone, other = Phone(), card_of(ground.issued(row.campaign))
    phone.register(card)
    phone.register(other)
    waiting = delivery(row, Device.objects.get(), due_at=ground.now())
    phone.unregister(card)
    phone.push_token = "cd" * 32
    phone.register(other)
    found = Delivery.objects.get(push=waiting.push)
    assert (found.state, found.reason, found.due_at) == ("gone", "Unregistered", None)


def forgotten(row: Pass) -> None:
    """As when the push service says that the device is gone."""
    device = Device.objects.get()
    lost = LostDevice(device.id, bytes(device.push_token_encrypted), None, "BadDeviceToken")
    with transaction.atomic():
        assert forget_devices(lost=[lost], now=ground.now()) == set()


def deleted(row: Pass) -> None:
    delete_pass(campaign=row.campaign, pass_id=row.id, now=ground.now())


@pytest.mark.parametrize("go", [forgotten, deleted])
def test_what_goes_by_itself_is_told_as_if_the_phone_had_let_go_of_it(
    row: Pass, card: Card, go: Callable[[Pass], None]
) -> None:
    create_webhook(organization=row.campaign.organization, url="https://hooks.example/", now=ground.now())
    other = card_of(ground.issued(row.campaign))
    Phone("other").register(other)
    Phone("other").unregister(other)
    Phone(scheme="WalletUnionPass", push_token="union").register(card)
    held = Registration.objects.get()
    go(row)
    as_said, by_itself = Event.objects.filter(kind="uninstalled").order_by("id")
    assert by_itself.pass_id == row.id
    assert set(by_itself.extra) == set(as_said.extra)
    assert by_itself.extra == said_of(held.id, row.id, "walletunion", "android")
    assert [*WebhookDelivery.objects.filter(event="uninstalled", pass_id=row.id).values_list("extra", flat=True)] == [
        by_itself.extra
    ]
    assert not Registration.objects.exists()
    assert counted()["installs.android"] == counted()["uninstalls.android"] == 1


def test_a_repeated_registration_renews_the_token_without_a_word(card: Card) -> None:
    phone = Phone()
    phone.register(card)
    before = Device.objects.get().token_at
    tag = Registration.objects.get().update_tag
    phone.register(card)
    assert Device.objects.get().token_at > before
    assert Registration.objects.get().update_tag == tag
    assert Event.objects.filter(kind="installed").count() == 1


def test_a_device_stays_while_it_holds_another_pass(row: Pass, card: Card) -> None:
    phone, other = Phone(), card_of(ground.issued(row.campaign))
    phone.register(card)
    phone.register(other)
    device = Device.objects.get()
    told, untold = delivery(row, device, state="accepted"), delivery(row, device)
    assert set(phone.changed(card.identifier)) == {card.serial, other.serial}
    assert phone.unregister(card) == 200
    assert phone.changed(card.identifier) == [other.serial]
    assert Delivery.objects.get(push=told.push).state == "accepted"
    gone = Delivery.objects.get(push=untold.push)
    assert (gone.state, gone.reason, gone.due_at) == ("gone", "Unregistered", None)
    assert phone.unregister(other) == 200
    assert not Device.objects.exists()
    assert Delivery.objects.count() == 2


def test_what_a_phone_did_stands_in_the_ledger(row: Pass, card: Card) -> None:
    phone = Phone()
    phone.register(card)
    told = delivery(row, Device.objects.get(), state="accepted")
    phone.changed(card.identifier)
    assert Delivery.objects.get(push=told.push).listed_at is not None
    phone.fetch(card)
    found = Delivery.objects.get(push=told.push)
    assert (found.fetched_version, found.unchanged_at) == (2, None)
    again = delivery(row, Device.objects.get(), state="accepted")
    phone.changed(card.identifier)
    assert phone.fetch(card) == 304
    found = Delivery.objects.get(push=again.push)
    assert found.fetched_at is None
    assert found.unchanged_at is not None


# Who may


def wrong(card: Card, **parts: str) -> Card:
    return Card(
        parts.get("identifier", card.identifier), parts.get("serial", card.serial), parts.get("token", card.token), {}
    )


def answers_to(card: Card, scheme: str = "ApplePass") -> list[tuple[int, bytes, dict[str, str]]]:
    """To everything that wants a token."""
    client, phone = Client(), Phone(scheme=scheme)
    headers = phone.authorized(card)
    place, of_pass = phone.place(card), f"/apple/v1/passes/{card.identifier}/{card.serial}"
    sign_up = {"personalizationToken": "a", "requiredPersonalizationInfo": {}}
    answers = [
        client.post(place, {"pushToken": PUSH_TOKEN}, content_type="application/json", headers=headers),
        client.post(place, "nonsense", content_type="application/json", headers=headers),
        client.delete(place, headers=headers),
        client.get(of_pass, headers=headers),
        client.get(of_pass, headers={**headers, "If-Modified-Since": "Thu, 24 Dec 2026 18:00:00 GMT"}),
        client.head(of_pass, headers=headers),
        client.post(f"{of_pass}/personalize", sign_up, content_type="application/json", headers=headers),
    ]
    return [(answer.status_code, answer.content, dict(answer.headers)) for answer in answers]


def test_every_refusal_is_the_same(row: Pass, card: Card) -> None:
    other = card_of(ground.issued(row.campaign))
    deleted = card_of(ground.issued(row.campaign))
    gone = card_of(ground.issued(ground.campaign(row.campaign.organization, name="Gone")))
    delete_pass(campaign=row.campaign, pass_id=Pass.objects.get(serial_number=deleted.serial).id, now=ground.now())
    gone_campaign = Pass.objects.get(serial_number=gone.serial).campaign
    delete_campaign(
        organization=row.campaign.organization,
        style=Style.GENERIC,
        campaign_id=gone_campaign.id,
        now=ground.now(),
    )
    foreign = ground.organization("Somebody else")
    Certificate.objects.create(
        **{
            field.attname: getattr(row.campaign.certificate, field.attname)
            for field in Certificate._meta.concrete_fields
            if field.attname not in ("id", "organization_id", "pass_type", "pass_type_identifier")
        },
        organization=foreign,
        pass_type_identifier="pass.example.somebody.else",
    )
    refused = [
        wrong(card, token=other.token),
        wrong(card, token=card.token.upper()),
        wrong(card, token="0" * 32),
        wrong(card, serial=str(uuid4())),
        wrong(card, serial=card.serial.upper()),
        wrong(card, serial="unknown"),
        wrong(card, identifier="pass.example.unknown"),
        wrong(card, identifier="pass.example.somebody.else"),
        wrong(card, identifier="x" * 300),
        deleted,
        gone,
    ]
    expected = answers_to(wrong(card, token="wrong"))
    assert {status for status, _, _ in expected} == {401}
    assert len({(body, tuple(sorted(headers.items()))) for _, body, headers in expected[:5]}) == 1
    for each in refused[:3] + refused[3:6]:
        assert answers_to(each) == expected
    opened_but_unknown = [answer for each in refused[6:] for answer in answers_to(each)]
    assert {status for status, _, _ in opened_but_unknown} == {400, 401}  # 400: who has the token learns of his body
    assert answers_to(card, scheme="Bearer") == expected
    assert not Registration.objects.exists()
    assert not Event.objects.filter(kind__in=["installed", "fetched"]).exists()


def test_a_list_tells_nothing_of_a_device(card: Card) -> None:
    phone = Phone()
    phone.register(card)
    stranger = Phone("e" * 32)
    answers = [
        stranger.client.get(f"/apple/v1/devices/{name}/registrations/{identifier}")
        for name, identifier in (
            ("e" * 32, card.identifier),
            (phone.name, "pass.example.unknown"),
            (phone.name.upper(), card.identifier),
            (phone.name, "%00"),
            ("%00", card.identifier),
        )
    ]
    assert {answer.status_code for answer in answers} == {204}
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


@pytest.mark.parametrize("tag", ["0", "", "abc", "-1", "1.5", "9" * 18, "9" * 40, "１", "%00", "'; DROP TABLE pass"])
def test_a_tag_that_is_none_of_ours_is_answered_with_all(card: Card, tag: str) -> None:
    phone = Phone()
    phone.register(card)
    assert phone.changed(card.identifier, tag) == [card.serial]


def test_only_what_changed_since_is_listed(owner: Organization) -> None:
    campaign, phone = ground.campaign(owner), Phone()
    rows = [ground.issued(campaign) for _ in range(3)]
    cards = [card_of(row) for row in rows]
    for card in cards:
        phone.register(card)
    identifier = cards[0].identifier
    assert phone.changed(identifier) == [card.serial for card in cards]
    tag = phone.tags[identifier]
    assert phone.changed(identifier, tag) == []
    move(rows[1])
    move(rows[0])
    assert phone.changed(identifier, tag) == [cards[1].serial, cards[0].serial]
    assert phone.changed(identifier, tag) == [cards[1].serial, cards[0].serial]
    assert phone.changed(identifier, phone.tags[identifier]) == []


def test_a_tag_of_the_future_is_one_of_a_database_that_was_restored(card: Card) -> None:
    phone = Phone()
    phone.register(card)
    assert phone.changed(card.identifier, str(next_tag())) == []
    assert phone.changed(card.identifier, str(next_tag() + 1)) == [card.serial]


def test_after_a_backup_was_restored_phones_fetch_everything_anew(owner: Organization) -> None:
    """They hold tags and versions that the restored database gives out again: `passwright restored` makes up for it."""
    campaign, phone = ground.campaign(owner), Phone()
    rows = [ground.issued(campaign) for _ in range(3)]
    cards = {str(row.serial_number): card_of(row) for row in rows}
    for card in cards.values():
        phone.register(card)
        phone.fetch(card)
    identifier = campaign.certificate.pass_type_identifier
    phone.tags[identifier] = str(next_tag())
    overtake_phones(now=datetime.now(UTC))
    while spread_pushes(now=datetime.now(UTC)):
        pass
    assert set(phone.changed(identifier, phone.tags[identifier])) == set(cards)
    assert [phone.fetch(card) for card in cards.values()] == [200] * 3
    assert phone.changed(identifier, phone.tags[identifier]) == []


def test_a_device_is_another_to_every_pass_type_identifier(owner: Organization) -> None:
    phone = Phone()
    cards = [
        card_of(ground.issued(ground.campaign(owner, style=style, name=style.value)))
        for style in (Style.GENERIC, Style.STORE_CARD)
    ]
    for card in cards:
        assert phone.register(card) == 201
    assert Device.objects.count() == 2
    for card in cards:
        assert phone.changed(card.identifier) == [card.serial]


# The pass


def test_a_pass_is_answered_as_phones_want_it(card: Card) -> None:
    answer = Phone().ask(card)
    assert answer["Content-Type"] == "application/vnd.apple.pkpass"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Content-Length"] == str(len(answer.content))
    made = Pass.objects.get().created_at.replace(microsecond=0)
    assert datetime.strptime(answer["Last-Modified"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC) == made
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert {"pass.json", "manifest.json", "signature", "icon.png"} <= set(names)


def test_two_changes_in_one_second_are_two(row: Pass, card: Card) -> None:
    phone, seen = Phone(), []
    for number in range(3):
        assert phone.fetch(card) == 200
        seen.append(card.last_modified)
        assert phone.fetch(card) == 304
        tell(row.campaign, row, f"News {number}", now=ground.now())
    moments = [datetime.strptime(text or "", "%a, %d %b %Y %H:%M:%S GMT") for text in seen]
    assert [later - earlier for earlier, later in itertools.pairwise(moments)] == [timedelta(seconds=1)] * 2


@pytest.mark.parametrize("since", ["Thu, 24 Dec 2099 18:00:00 GMT", "Thu, 24 Dec 1970 18:00:00 GMT", "now", ""])
def test_only_the_very_same_time_is_unchanged(card: Card, since: str) -> None:
    card.last_modified = since
    assert Phone().fetch(card) == 200


def test_head_says_what_get_would_and_does_nothing(card: Card) -> None:
    phone = Phone()
    got = phone.ask(card)
    head = phone.ask(card, "head")
    assert head.status_code == 200
    assert head.content == b""
    for name in ("Content-Type", "Last-Modified", "Cache-Control"):
        assert head[name] == got[name]
    card.last_modified = got["Last-Modified"]
    assert phone.ask(card, "head").status_code == 304
    assert Event.objects.filter(kind="fetched").count() == 1


def test_a_phone_goes_on_with_the_identifier_that_it_holds(row: Pass, card: Card) -> None:
    old, campaign = row.campaign.certificate, row.campaign
    new = Certificate.objects.exclude(id=old.id).filter(organization=None).first()
    assert new is not None
    old_phone, new_phone = Phone(), Phone("f" * 32)
    assert old_phone.register(card) == 201
    campaign.certificate = new
    campaign.save()
    assert old_phone.fetch(card) == 200
    assert card.said["passTypeIdentifier"] == old.pass_type_identifier
    assert old_phone.register(card) == 200
    fresh = card_of(row, new.pass_type_identifier)
    assert new_phone.register(fresh) == 201
    assert new_phone.fetch(fresh) == 200
    assert fresh.said["passTypeIdentifier"] == new.pass_type_identifier
    assert Registration.objects.filter(pass_row=row).count() == 2
    assert old_phone.unregister(card) == 200
    Certificate.objects.filter(id=old.id).delete()
    card.last_modified = None
    assert old_phone.fetch(card) == 401


def test_an_expired_certificate_is_a_wait_and_not_a_failure(card: Card) -> None:
    phone = Phone()
    assert phone.fetch(card) == 200
    Certificate.objects.update(expires_at=ground.now())
    assert phone.fetch(card) == 304
    card.last_modified = None
    answer = phone.ask(card)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert phone.ask(card, "head").status_code == 503
    assert Event.objects.filter(kind="fetched").count() == 1


# The sign-up


def sign_up(card: Card, token: str = "Q2FyZA==", **told: str) -> Any:
    sent = {"personalizationToken": token, "requiredPersonalizationInfo": told}
    return Client().post(
        f"/apple/v1/passes/{card.identifier}/{card.serial}/personalize",
        sent,
        content_type="application/json",
        headers=Phone().authorized(card),
    )


def test_a_sign_up_is_signed_and_kept(row: Pass, card: Card) -> None:
    Pass.objects.update(metadata={"source": "poster"})
    phone = Phone()
    phone.fetch(card)
    answer = sign_up(card, fullName="Johnny Appleseed", emailAddress="johnny@example.org")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer.content[:1] == b"\x30"
    assert b"Q2FyZA==" not in answer.content  # detached
    row.refresh_from_db()
    told = {"fullName": "Johnny Appleseed", "emailAddress": "johnny@example.org"}
    assert row.metadata == {"source": "poster", "personalization": told}
    assert Event.objects.get(kind="personalized").extra == {"given": ["emailAddress", "fullName"]}
    assert Push.objects.get().kind == "personalized"
    assert phone.fetch(card) == 200
    assert sign_up(card, **told).status_code == 200
    assert phone.fetch(card) == 304
    assert Event.objects.filter(kind="personalized").count() == 1


def test_a_sign_up_cannot_have_a_manifest_signed(card: Card) -> None:
    answer = sign_up(card, token='{"pass.json":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}')
    assert answer.status_code == 400
    assert "personalizationToken" in answer.json()["message"]
    assert not Event.objects.filter(kind="personalized").exists()


# Anything else

SERIALS = ["", "a/b", "a b", "%2F", "..", "%25", "é", "🎫", "\x00", "'", "{}", "x" * 3_000, "a\nb", "\ud800", "?", "#"]


@pytest.mark.parametrize("serial", SERIALS)
def test_serial_numbers_of_any_characters_are_unknown(card: Card, serial: str) -> None:
    from urllib.parse import quote

    written = quote(serial.encode("utf-8", "surrogatepass"), safe="")
    client, headers = Client(raise_request_exception=False), Phone().authorized(card)
    expected = {401} if serial else {401, 404, 405}
    base = f"/apple/v1/passes/{card.identifier}/{written}"
    assert client.get(base, headers=headers).status_code in expected
    place = f"/apple/v1/devices/d/registrations/{card.identifier}/{written}"
    body = {"pushToken": PUSH_TOKEN}
    assert client.post(place, body, content_type="application/json", headers=headers).status_code in expected
    assert client.delete(place, headers=headers).status_code in expected


HOSTILE = [
    ("GET", "/apple", 404),
    ("GET", "/apple/", 404),
    ("GET", "/apple/v2/log", 404),
    ("GET", "/apple/v1/passes/x", 404),
    ("GET", "/apple/v1/log", 405),
    ("PUT", "/apple/v1/log", 405),
    ("PATCH", "/apple/v1/passes/a/b", 405),
    ("GET", "/apple/v1/passes/a/b/personalize", 405),
    ("GET", "/apple/v1/devices/a/registrations/b/c", 405),
    ("POST", "/apple/v1/devices/a/registrations/b", 405),
    ("GET", "/apple/v1/devices/%ff%fe/registrations/%ff", 204),
    ("GET", "/apple/v1/devices/a/registrations/b?passesUpdatedSince=%ff%00", 204),
    ("POST", "/apple/v1/devices/a/registrations/b/c", 401),
    ("DELETE", "/apple/v1/devices/a/registrations/b/%00", 401),
    ("POST", "/apple/v1/passes/a/b/personalize", 401),
]


@pytest.mark.parametrize(("method", "path", "status"), HOSTILE)
def test_no_request_fails(db: None, method: str, path: str, status: int) -> None:
    client = Client(raise_request_exception=False)
    answer = client.generic(method, path, b"\xff{", headers={"Authorization": "ApplePass \xff"})
    assert answer.status_code == status
    assert (status == 405) == ("Allow" in answer.headers)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"{}", "pushToken"),
        (b'{"pushToken": []}', "pushToken"),
        (b'{"pushToken": "no hex"}', "pushToken"),
        (b'{"pushToken": "' + b"a" * 10_000 + b'"}', "too long"),
        (b"[" * 8_000, "body"),
    ],
)
def test_a_body_that_cannot_be_read_is_said_by_name(card: Card, body: bytes, named: str) -> None:
    phone = Phone()
    answer = phone.client.generic("POST", phone.place(card), body, headers=phone.authorized(card))
    assert answer.status_code == 400
    assert named in answer.json()["message"]
    assert not Device.objects.exists()


def test_a_device_whose_name_is_too_long_is_told(card: Card) -> None:
    assert Phone("d" * 256).register(card) == 400
    assert Phone("d" * 255).register(card) == 201


def test_devices_without_passes_are_forgotten(row: Pass, card: Card) -> None:
    Phone().register(card)
    now = ground.now()
    delete_pass(campaign=row.campaign, pass_id=row.id, now=now)
    assert sweep_devices(now=now) == 0
    assert sweep_devices(now=now + timedelta(days=2)) == 1
    assert not Device.objects.exists()


def test_devices_with_passes_are_not(card: Card) -> None:
    Phone().register(card)
    assert sweep_devices(now=ground.now() + timedelta(days=400)) == 0
    assert Device.objects.count() == 1


def test_a_public_download_is_the_same_pass(row: Pass, card: Card) -> None:
    fetched = pass_json(Phone().ask(card).content)
    downloaded = Client().get(f"{ground.page_of(row)}.pkpass")
    assert pass_json(downloaded.content) == fetched
    assert json.dumps(fetched).count(card.token) == 1
