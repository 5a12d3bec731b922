from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

from django.db import connection, transaction
from msgspec import Struct

from passwright import secrets
from passwright.apple.web_service import Client, Registration
from passwright.data import models
from passwright.data.models import Device, Event
from passwright.operations.open_pass import OpenedPass, open_pass
from passwright.operations.record_event import append, count, count_of_link
from passwright.operations.retrying import retried
from passwright.operations.spread_pushes import LANE
from passwright.operations.update_tags import lock_tags, next_tag
from passwright.passes.counters import Counter, LinkCounter
from passwright.queries.updatable_passes import digest_of

INSTALLS = {"ios": Counter.INSTALLS_IOS, "android": Counter.INSTALLS_ANDROID, "wp": Counter.INSTALLS_WP}
WALLET_TYPE = "apple_wallet"
"""What events call every wallet that asks Apple's web service."""


class Asking(Struct, frozen=True, kw_only=True):
    """Who registers. ``device``: the name it gives itself, a secret. ``ip``: the address it comes from."""

    device: str
    client: Client
    ip: str

    def __repr__(self) -> str:
        return f"Asking({self.client.wallet.value!r})"


@retried
@transaction.atomic
def register(
    *,
    pass_type_identifier: str,
    serial_number: str,
    token: str,
    asking: Asking,
    registration: Registration,
    now: datetime,
) -> bool:
    """The device holds the pass from now on, and is reached under this push token. Whether that is new of this pass.

    Repeated as often as one likes. A device that comes with another push token is reached under that one for all its
    passes, and what could not be brought to it before is due again.

    Raises:
        NotAuthorized: as `open_pass` says.
    """
    opened = open_pass(pass_type_identifier=pass_type_identifier, serial_number=serial_number, token=token, at=now)
    device, moved = held_device(pass_type_identifier, asking, registration, now)
    new = not models.Registration.objects.filter(device=device, pass_row_id=opened.pass_id).exists()
    if new:
        install(opened, device, asking, now)
    if moved:
        bring_again(device.id, now)
    return new


def install(opened: OpenedPass, device: Device, asking: Asking, now: datetime) -> None:
    made = models.Registration(
        id=uuid4(),
        campaign_id=opened.campaign_id,
        pass_row_id=opened.pass_id,
        device=device,
        wallet=asking.client.wallet.value,
        device_os=asking.client.device_os.value,
        created_at=now,
    )
    record_install(opened, made, asking.ip, now)
    # As late as can be: everybody else who registers waits from here on.
    lock_tags()
    made.update_tag = next_tag()
    made.save(force_insert=True)


def held_device(pass_type_identifier: str, asking: Asking, sent: Registration, now: datetime) -> tuple[Device, bool]:
    """The device's row, made if there is none, with this push token, and locked until the transaction ends; and
    whether it was reached in another way before."""
    identifier = digest_of(asking.device)
    mine = Device.objects.select_for_update().filter(
        pass_type_identifier=pass_type_identifier, identifier_digest=identifier
    )
    token = sent.push_token.encode()
    while (device := mine.first()) is None:  # another request may make it, or take it away, in between
        new = Device(
            pass_type_identifier=pass_type_identifier,
            identifier_digest=identifier,
            push_token_encrypted=secrets.encrypt(token, label=secrets.PUSH_TOKEN_LABEL),
            push_token_digest=hashlib.sha256(token).digest(),
            push_service=sent.push_service,
            wallet=asking.client.wallet.value,
            device_os=asking.client.device_os.value,
            token_at=now,
            created_at=now,
        )
        Device.objects.bulk_create([new], ignore_conflicts=True)
    return device, bring_up_to_date(device, asking.client, sent, now)


def bring_up_to_date(device: Device, client: Client, sent: Registration, now: datetime) -> bool:
    """Whether it is reached in another way from now on."""
    token = sent.push_token.encode()
    digest = hashlib.sha256(token).digest()
    if changed := bytes(device.push_token_digest) != digest:
        device.push_token_encrypted = secrets.encrypt(token, label=secrets.PUSH_TOKEN_LABEL)
        device.push_token_digest = digest
    moved = changed or (device.push_service, device.wallet) != (sent.push_service, client.wallet.value)
    device.push_service = sent.push_service
    device.wallet, device.device_os = client.wallet.value, client.device_os.value
    device.token_at = max(device.token_at, now)
    device.save()
    return moved


# Locked in the order of the key, as everywhere. What the device let go of, it is not told of.
BRING_AGAIN = f"""
WITH waiting AS (
    SELECT push_id, pass_id, device_id FROM delivery
    WHERE device_id = %(device)s AND listed_at IS NULL AND state IN ('queued', 'refused', 'gone') AND EXISTS (
        SELECT 1 FROM registration
        WHERE registration.device_id = delivery.device_id AND registration.pass_id = delivery.pass_id
    )
    ORDER BY push_id, pass_id, device_id FOR UPDATE OF delivery
)
UPDATE delivery SET state = 'queued', lane = {LANE}, due_at = %(now)s, attempts = 0, reason = NULL, answered_at = NULL
FROM waiting JOIN device ON device.id = waiting.device_id JOIN push ON push.id = waiting.push_id
             JOIN campaign ON campaign.id = push.campaign_id
WHERE delivery.push_id = waiting.push_id AND delivery.pass_id = waiting.pass_id
  AND delivery.device_id = waiting.device_id
"""  # noqa: S608 - nothing comes from outside


def bring_again(device_id: int, now: datetime) -> None:
    """What was not brought under the token before is due now; what the device has heard of by itself is not."""
    with connection.cursor() as cursor:
        cursor.execute(BRING_AGAIN, {"device": device_id, "now": now})


def record_install(opened: OpenedPass, made: models.Registration, ip: str, now: datetime) -> None:
    append(
        kind=Event.Kind.INSTALLED,
        campaign_id=opened.campaign_id,
        pass_id=opened.pass_id,
        extra={**said_of(made.id, opened.pass_id, made.wallet, made.device_os), "ip": ip},
        at=now,
    )
    count(INSTALLS[made.device_os], campaign_id=opened.campaign_id, at=now)
    count_of_link(LinkCounter.INSTALLS, pass_id=opened.pass_id)


def said_of(registration_id: UUID, pass_id: UUID, wallet: str, device_os: str) -> dict[str, str]:
    """What events of a registration say (contract 2.12)."""
    return {
        "pass_id": str(pass_id),
        "registration_id": str(registration_id),
        "device_os": device_os,
        "device_app_vendor": wallet,
        "wallet_type": WALLET_TYPE,
    }
