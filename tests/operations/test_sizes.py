"""How much campaigns and passes can say, and how much of it is kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from time import sleep
from typing import Any

import msgspec
import pytest

from passwright.apple.images import NormalizedImage
from passwright.caching import BoundedCache
from passwright.data.models import Campaign, CampaignRevision, Organization, Pass
from passwright.operations import upload_asset as uploading
from passwright.operations.create_template import SentTemplate
from passwright.operations.refusals import ValidationFailed
from passwright.operations.sizes import MOST_OVERRIDES_BYTES, MOST_REVISION_BYTES
from passwright.operations.update_template import update_template
from passwright.passes.changes import SentField
from passwright.passes.content import Position
from passwright.queries import revisions
from passwright.queries.campaigns import newest_revision
from passwright.queries.passes import overrides_of
from tests.operations.toys import LATER, change, issue, patch, sent, toy_maker, toy_town

TOO_MANY_OF_CAMPAIGN = "is too long: a campaign can have 5000 fields in all its lists"
TOO_MANY_OF_PASS = "is too long: a pass can have 5000 fields in all its lists"


@pytest.fixture
def organization(db: None) -> Organization:
    return toy_maker()


@pytest.fixture
def campaign(organization: Organization) -> Campaign:
    return toy_town(organization)


@contextmanager
def refused(errors: dict[str, list[str]]) -> Iterator[None]:
    with pytest.raises(ValidationFailed) as refusal:
        yield
    assert refusal.value.errors == errors


def many(number: int, *, first: int = 0, position: Position = Position.BACK, **parts: Any) -> tuple[SentField, ...]:
    return tuple(sent(f"k{index}", position, **parts) for index in range(first, first + number))


def test_a_campaign_has_at_most_so_many_fields(organization: Organization) -> None:
    """Four are the toy town's own."""
    with refused({"back_fields": [TOO_MANY_OF_CAMPAIGN]}):
        toy_town(organization, fields=many(5001))
    campaign = toy_town(organization, name="Full", fields=many(4999))
    assert len(newest_revision(change(campaign, fields=many(1, first=4999))).fields) == 5000
    with refused({"back_fields": [TOO_MANY_OF_CAMPAIGN]}):
        change(campaign, fields=many(1, first=5000, position=Position.HEADER))
    freed = (sent("k0", Position.BACK, destroy=True), *many(1, first=5000, position=Position.HEADER))
    assert len(newest_revision(change(campaign, fields=freed)).fields) == 5000


def test_a_pass_has_at_most_so_many_fields(campaign: Campaign) -> None:
    with refused({"auxiliary_fields": [TOO_MANY_OF_PASS]}):
        issue(campaign, fields=many(5001, position=Position.AUXILIARY))
    with refused({"back_fields": ["is too large: all that a pass says can have 128 KiB and would have 327"]}):
        issue(campaign, fields=many(5000))
    row = issue(campaign, fields=many(1_500))
    patch(campaign, row, fields=many(1, value="x"))
    assert len(overrides_of(row).fields) == 1_500


def test_a_campaign_says_at_most_so_much(campaign: Campaign) -> None:
    texts = many(8, value="x" * 65_000)
    with refused({"back_fields": ["is too large: all that a campaign says can have 512 KiB and would have 572"]}):
        change(campaign, fields=(*texts, *many(1, first=8, value="y" * 64_000)))
    assert Campaign.objects.get(id=campaign.id).epoch == 1
    change(campaign, fields=texts)
    size = len(msgspec.json.encode(newest_revision(Campaign.objects.get(id=campaign.id))))
    assert MOST_REVISION_BYTES - 8_000 < size < MOST_REVISION_BYTES


def test_a_new_campaign_says_at_most_so_much(organization: Organization) -> None:
    with refused({"header_fields": ["is too large: all that a campaign says can have 512 KiB and would have 587"]}):
        toy_town(organization, fields=many(10, position=Position.HEADER, value="\u00e9" * 30_000))
    assert not Campaign.objects.exists()


def test_the_part_that_takes_most_of_the_room_is_named(campaign: Campaign) -> None:
    change(campaign, fields=many(7, value="x" * 65_000))
    with refused({"description": ["is too large: all that a campaign says can have 512 KiB and would have 1022"]}):
        change(campaign, description="\U0001f9f8" * 147_500)


def test_a_template_cannot_make_a_campaign_too_large(campaign: Campaign) -> None:
    change(campaign, fields=many(8, value="x" * 65_000))
    look = SentTemplate(logo_text="x" * 9_000)
    with pytest.raises(ValidationFailed, match="back_fields is too large"):
        update_template(organization=campaign.organization, template_id=campaign.template_id, sent=look, now=LATER)
    campaign.template.refresh_from_db()
    assert campaign.template.logo_text == "Toy Town"


def test_a_pass_says_at_most_so_much(campaign: Campaign) -> None:
    row = issue(campaign, fields=many(2, value="x" * 65_000))
    assert MOST_OVERRIDES_BYTES - 2_000 < len(msgspec.json.encode(row.overrides)) < MOST_OVERRIDES_BYTES
    with refused({"back_fields": ["is too large: all that a pass says can have 128 KiB and would have 130"]}):
        patch(campaign, row, fields=many(1, first=2, value="x" * 2_000))
    with refused({"back_fields": ["is too large: all that a pass says can have 128 KiB and would have 191"]}):
        issue(campaign, fields=many(3, value="x" * 65_000))
    assert Pass.objects.count() == 1
    row.refresh_from_db()
    assert len(overrides_of(row).fields) == 2


@pytest.mark.django_db(transaction=True)
def test_kept_revisions_are_bounded_by_their_size(monkeypatch: pytest.MonkeyPatch) -> None:
    revisions.kept.clear()
    campaign = toy_town(toy_maker(), fields=many(100, value="x" * 1_000))
    revisions.revision_at(campaign.id, 1)
    one = revisions.kept.bytes
    content = msgspec.json.encode(CampaignRevision.objects.get().content)
    assert len(content) < one < 10 * len(content)
    monkeypatch.setattr(revisions.kept, "most_bytes", 3 * one)
    for epoch in range(2, 7):
        revisions.revision_at(campaign.id, epoch)
    assert list(revisions.kept) == [(campaign.id, epoch) for epoch in (4, 5, 6)]
    assert revisions.kept.bytes == 3 * one
    monkeypatch.setattr(revisions.kept, "most_bytes", one - 1)
    assert revisions.revision_at(campaign.id, 7).epoch == 1
    assert (campaign.id, 7) not in list(revisions.kept)
    revisions.kept.clear()


def test_what_a_cache_is_given_counts_like_what_it_makes() -> None:
    cache: BoundedCache[str, bytes] = BoundedCache(most_entries=3, most_bytes=100, size_of=len)
    cache.keep("a", b"x" * 40)
    cache.keep("a", b"x" * 60)
    assert (cache.bytes, len(cache), cache.recall("b")) == (60, 1, None)
    cache.keep("b", b"x" * 40)
    assert cache.recall("a") == b"x" * 60
    cache.keep("c", b"x" * 30)
    assert (list(cache), cache.bytes) == (["a", "c"], 90)
    cache.keep("a", b"x" * 101)
    assert (list(cache), cache.bytes) == (["c"], 30)


def test_two_pictures_are_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most, lock = 0, 0, Lock()

    def normalized(content: bytes) -> NormalizedImage:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        sleep(0.05)
        with lock:
            now -= 1
        return NormalizedImage(png=content, width=1, height=1)

    monkeypatch.setattr(uploading, "normalized", normalized)
    with ThreadPoolExecutor(8) as threads:
        assert [picture.png for picture in threads.map(uploading.normalized_upload, [b"x"] * 8)] == [b"x"] * 8
    assert most == 2
