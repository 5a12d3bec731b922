"""The bytes of a picture stay for as long as anything shows it, and go when nothing does."""

from __future__ import annotations

import json

import pytest
from django.db import connection

from passwright.data.models import Asset, Campaign
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.delete_pass import delete_pass
from passwright.operations.purge_campaign import purge_campaign
from passwright.passes.content import ImageSlot, Style
from tests.operations.toys import LATER, issue, picture, toy_maker, toy_town

CHILD, TWIN = "c1" * 32, "d2" * 32

pytestmark = pytest.mark.django_db


def jobs() -> list[list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'remove_images' ORDER BY id")
        found = [args if isinstance(args, dict) else json.loads(args) for (args,) in cursor.fetchall()]
    return [args["digests"] for args in found]


@pytest.fixture
def campaign() -> Campaign:
    return toy_town(toy_maker())


def with_picture(campaign: Campaign, digest: str) -> tuple[object, object]:
    asset = picture(campaign.organization, ImageSlot.THUMBNAIL, digest)
    return issue(campaign, images={ImageSlot.THUMBNAIL: asset}).id, asset


def test_a_pass_leaves_the_pictures_that_assets_name(campaign: Campaign) -> None:
    pass_id, _ = with_picture(campaign, CHILD)
    delete_pass(campaign=campaign, pass_id=pass_id, now=LATER)  # type: ignore[arg-type]  # a UUID
    assert jobs() == []


def test_the_last_pass_of_a_deleted_asset_takes_its_picture_along(campaign: Campaign) -> None:
    pass_id, asset = with_picture(campaign, CHILD)
    Asset.objects.filter(id=asset).delete()
    delete_pass(campaign=campaign, pass_id=pass_id, now=LATER)  # type: ignore[arg-type]  # a UUID
    assert jobs() == [[CHILD]]


def test_a_purged_campaign_takes_along_what_only_it_showed(campaign: Campaign) -> None:
    for digest in (CHILD, TWIN):
        with_picture(campaign, digest)
    Asset.objects.filter(digest=CHILD).delete()
    Asset.objects.filter(digest="aa").update(digest="bb")
    delete_campaign(organization=campaign.organization, style=Style.GENERIC, campaign_id=campaign.id, now=LATER)
    purge_campaign(campaign_id=campaign.id)
    assert jobs() == [[CHILD], ["aa"]]
