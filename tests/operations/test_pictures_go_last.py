"""The bytes of a picture stay for as long as anything shows it, and go when nothing does."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connection

from passwright import storage
from passwright.data.models import Asset, Campaign, Pass
from passwright.operations.delete_campaign import delete_campaign
from passwright.operations.delete_pass import delete_pass
from passwright.operations.purge_campaign import purge_campaign
from passwright.operations.sweep_pictures import sweep_pictures
from passwright.passes.content import ImageSlot, Style
from passwright.queries.assets import DIGESTS_IN_USE
from tests.operations.toys import LATER, NOW, issue, patch, picture, toy_maker, toy_town

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


def with_picture(campaign: Campaign, digest: str) -> tuple[UUID, UUID]:
    asset = picture(campaign.organization, ImageSlot.THUMBNAIL, digest)
    return issue(campaign, images={ImageSlot.THUMBNAIL: asset}).id, asset


def test_a_pass_leaves_the_pictures_that_assets_name(campaign: Campaign) -> None:
    pass_id, _ = with_picture(campaign, CHILD)
    delete_pass(campaign=campaign, pass_id=pass_id, now=LATER)
    assert jobs() == []


def test_the_last_pass_of_a_deleted_asset_takes_its_picture_along(campaign: Campaign) -> None:
    pass_id, asset = with_picture(campaign, CHILD)
    Asset.objects.filter(id=asset).delete()
    delete_pass(campaign=campaign, pass_id=pass_id, now=LATER)
    assert jobs() == [[CHILD]]


def test_a_purged_campaign_takes_along_what_only_it_showed(campaign: Campaign) -> None:
    for digest in (CHILD, TWIN):
        with_picture(campaign, digest)
    Asset.objects.filter(digest=CHILD).delete()
    Asset.objects.filter(digest="aa").update(digest="bb")
    delete_campaign(organization=campaign.organization, style=Style.GENERIC, campaign_id=campaign.id, now=LATER)
    purge_campaign(campaign_id=campaign.id)
    assert jobs() == [[CHILD], ["aa"]]


def test_a_picture_that_a_pass_replaces_or_gives_up_goes(campaign: Campaign) -> None:
    pass_id, asset = with_picture(campaign, CHILD)
    row = Pass.objects.get(id=pass_id)
    Asset.objects.filter(id=asset).delete()
    patch(campaign, row, images={ImageSlot.THUMBNAIL: picture(campaign.organization, ImageSlot.THUMBNAIL, TWIN)})
    assert jobs() == [[CHILD]]
    patch(campaign, row, voided=True)
    assert jobs() == [[CHILD]]
    Asset.objects.filter(digest=TWIN).delete()
    patch(campaign, row, images={ImageSlot.THUMBNAIL: None})
    assert jobs() == [[CHILD], [TWIN]]


def test_a_picture_that_a_pass_shows_in_another_slot_stays(campaign: Campaign) -> None:
    organization = campaign.organization
    assets = {slot: picture(organization, slot, CHILD) for slot in (ImageSlot.THUMBNAIL, ImageSlot.STRIP)}
    row = issue(campaign, images=assets)
    Asset.objects.filter(digest=CHILD).delete()
    patch(campaign, row, images={ImageSlot.STRIP: None})
    assert jobs() == []


def stored(content: bytes, at: datetime) -> str:
    digest = storage.put(content)
    os.utime(storage.path_of(digest), (at.timestamp(), at.timestamp()))
    return digest


def test_the_sweep_takes_what_no_row_names(campaign: Campaign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(storage, "HOME", tmp_path)
    monkeypatch.setattr("passwright.operations.sweep_pictures.BATCH", 2)
    old, young = NOW - timedelta(hours=25), NOW - timedelta(hours=23)
    lost = [stored(b"lost %d" % number, old) for number in range(5)]
    uploading = stored(b"not committed yet", young)
    of_asset, of_pass, of_campaign = (stored(word, old) for word in (b"asset", b"pass", b"campaign"))
    picture(campaign.organization, ImageSlot.LOGO, of_asset)
    _, asset = with_picture(campaign, of_pass)
    other = toy_town(campaign.organization, name="Other", images={ImageSlot.ICON: icon(campaign, of_campaign)})
    Asset.objects.filter(id=asset).delete()
    Asset.objects.filter(digest=of_campaign).update(digest="bb")
    assert other.revisions.count() == 1
    for _ in range(2):
        sweep_pictures(now=NOW)
        assert [digest for digest in lost if storage.path_of(digest).exists()] == []
        assert all(storage.path_of(digest).exists() for digest in (uploading, of_asset, of_pass, of_campaign))


def icon(campaign: Campaign, digest: str) -> UUID:
    return picture(campaign.organization, ImageSlot.ICON, digest)


def test_passes_with_pictures_are_found_by_their_index(campaign: Campaign) -> None:
    for _ in range(300):
        issue(campaign)
    with_picture(campaign, CHILD)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("ANALYZE pass")
        cursor.execute(f"EXPLAIN {DIGESTS_IN_USE}", {"digests": [CHILD]})
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "pass_with_images" in plan
