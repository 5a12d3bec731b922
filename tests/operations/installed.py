"""Passes that lie on devices, as rows: for tests of what devices are told, where no device has to speak."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from passwright.data.models import Campaign, Device, Pass, Registration
from passwright.operations.issue_pass import issue_pass
from passwright.operations.pass_content import PassWanted
from passwright.operations.spread_pushes import spread_pushes
from passwright.operations.update_tags import lock_tags, next_tag
from tests import devices
from tests.operations.toys import NOW


def issued(campaign: Campaign) -> Pass:
    return issue_pass(campaign=campaign, wanted=PassWanted(), now=NOW)


def installed(row: Pass, device: Device | None = None, *, wallet: str = "passbook") -> Registration:
    """The pass on this device, or on a new one."""
    device = device or devices.device(row.campaign.certificate.pass_type_identifier, wallet=wallet)
    with transaction.atomic():
        lock_tags()
        return Registration.objects.create(
            campaign=row.campaign,
            pass_row=row,
            device=device,
            update_tag=next_tag(),
            wallet=device.wallet,
            device_os=device.device_os,
            created_at=NOW,
        )


def tag_of(registration_id: UUID) -> int:
    return Registration.objects.get(id=registration_id).update_tag


def spread_all(now: datetime = NOW) -> None:
    while spread_pushes(now=now):
        pass
