"""A restored database must not say again, about something else, what phones have heard already."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from passwright.data.models import Campaign, Push, Registration
from passwright.operations import overtake_phones as operation
from passwright.operations.overtake_phones import overtake_phones
from passwright.operations.update_tags import lock_tags, next_tag
from tests.devices import device
from tests.operations.toys import LATER, NOW, issue, toy_maker, toy_town

pytestmark = pytest.mark.django_db


def drawn() -> int:
    with transaction.atomic():
        lock_tags()
        return next_tag()


def installed(campaign: Campaign) -> Registration:
    return Registration.objects.create(
        campaign=campaign,
        pass_row=issue(campaign),
        device=device(),
        update_tag=drawn(),
        wallet="passbook",
        device_os="ios",
        created_at=NOW,
    )


def test_tags_and_versions_are_greater_than_any_that_a_phone_can_have() -> None:
    campaign = toy_town(toy_maker())
    known = installed(campaign).update_tag
    overtake_phones(now=LATER)
    assert drawn() > known + operation.TAGS
    assert Campaign.objects.get(id=campaign.id).version == campaign.version + operation.VERSIONS


def test_only_campaigns_that_phones_hold_are_pushed() -> None:
    organization = toy_maker()
    held, installed_nowhere, deleted = (toy_town(organization, name=name) for name in ("held", "made", "deleted"))
    issue(installed_nowhere)
    for campaign in (held, deleted):
        installed(campaign)
    Campaign.objects.filter(id=deleted.id).update(deleted_at=NOW)
    assert overtake_phones(now=LATER) == 1
    push = Push.objects.get()
    assert (push.campaign_id, push.pass_id, push.kind, push.created_at) == (held.id, None, "campaign_pushed", LATER)
    assert (push.silent, push.message, push.spread_at) == (False, "", None)


def test_once_more_is_safe() -> None:
    campaign = toy_town(toy_maker())
    installed(campaign)
    assert [overtake_phones(now=LATER) for _ in range(2)] == [1, 1]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM push WHERE campaign_id = %s", [campaign.id])
        assert cursor.fetchone()[0] == 2
