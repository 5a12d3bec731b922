"""The payload of the contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from msgspec import structs

from passwright.passes.webhooks import OF_THE_CONTRACT, Happened, Snapshot, body

HAPPENED = Happened(
    event="redeemed",
    campaign_id=UUID("11111111-1111-4111-8111-111111111111"),
    pass_id=UUID("22222222-2222-4222-8222-222222222222"),
    at=datetime(2026, 11, 22, 12, 0, 59, 999_999, tzinfo=UTC),
    extra={"comment": "Ünï", "redeem_id": "r", "redeem_code": "0000001"},
    snapshot=Snapshot(
        serial_number=UUID("33333333-3333-4333-8333-333333333333"),
        voided=True,
        redeemed_count=1,
        redeemed_at=datetime(2026, 11, 22, 14, 0, 59, tzinfo=timezone(timedelta(hours=2))),
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
        updated_at=datetime(2026, 11, 2, tzinfo=UTC),
        distribution_id=UUID("44444444-4444-4444-8444-444444444444"),
        metadata={"utm": "x"},
    ),
)


def test_it_is_the_contracts_to_the_byte() -> None:
    assert body(HAPPENED).decode() == (
        '{"event":"redeemed","context":"pass","campaign_id":"11111111-1111-4111-8111-111111111111",'
        '"distribution_id":"44444444-4444-4444-8444-444444444444","pass_id":"22222222-2222-4222-8222-222222222222",'
        '"voided":true,"serial_number":"33333333-3333-4333-8333-333333333333","redeemed_count":1,'
        '"redeemed_at":"2026-11-22T12:00:59Z","created_at":"2026-11-01T00:00:00Z",'
        '"updated_at":"2026-11-02T00:00:00Z","last_fetched_at":null,"event_at":"2026-11-22T12:00:59Z",'
        '"metadata":{"utm":"x"},"event_extra":{"redeem_id":"r","comment":"Ünï","redeem_code":"0000001"}}'
    )


def test_what_there_is_not_is_null_or_an_empty_object() -> None:
    bare = structs.replace(
        HAPPENED.snapshot, redeemed_at=None, distribution_id=None, metadata=None, last_fetched_at=None
    )
    said = body(structs.replace(HAPPENED, snapshot=bare, extra={})).decode()
    assert '"distribution_id":null' in said
    assert '"redeemed_at":null' in said
    assert '"last_fetched_at":null' in said
    assert said.endswith('"metadata":{},"event_extra":{}}')


def test_the_extra_of_an_installation_has_the_contracts_order_whatever_the_database_made_of_it() -> None:
    stored = {"ip": "::1", "pass_id": "p", "device_os": "ios", "wallet_type": "apple_wallet", "more": 1}
    stored |= {"registration_id": "r", "device_app_vendor": "passbook"}
    said = body(structs.replace(HAPPENED, extra=stored)).decode()
    assert said.endswith(
        '"event_extra":{"pass_id":"p","registration_id":"r","device_os":"ios","device_app_vendor":"passbook",'
        '"wallet_type":"apple_wallet","ip":"::1","more":1}}'
    )


def test_the_events_of_the_contract() -> None:
    assert list(OF_THE_CONTRACT) == ["created", "downloaded", "installed", "fetched", "redeemed", "uninstalled"]
