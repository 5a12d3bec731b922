"""Templates and assets beside campaigns, jobs and each other."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from passwright import storage
from passwright.data.models import Asset, Campaign, CampaignRevision, Certificate, Organization, Pass, Template
from passwright.operations.create_organization import create_organization
from passwright.operations.create_template import SentTemplate, create_template
from passwright.operations.delete_asset import AssetInUse, delete_asset
from passwright.operations.delete_template import TemplateInUse, delete_template
from passwright.operations.refusals import NotFound, ValidationFailed
from passwright.operations.remove_images import remove_images
from passwright.operations.update_template import update_template
from passwright.operations.upload_asset import upload_asset
from passwright.passes.content import (
    ImageOverride,
    ImageRef,
    ImageSlot,
    Look,
    Overrides,
    Revision,
    Style,
)
from passwright.queries.templates import template_of, templates_of
from tests.interfaces.api.toy_town import png

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
def organization(db: None) -> Organization:
    return create_organization(name="Toy Town", now=NOW).organization


def upload(organization: Organization, slot: ImageSlot = ImageSlot.ICON, color: str | None = None) -> Asset:
    """An asset with a picture of its own, or with one that others share."""
    color = color or f"#{uuid.uuid4().hex[:6]}"
    return upload_asset(organization=organization, content=png(color=color), asset_type=slot, now=NOW)


def template(organization: Organization, icon: Asset, name: str = "Summer") -> Template:
    sent = SentTemplate(name=name, pass_type=Style.GENERIC, images={ImageSlot.ICON: icon.id})
    return create_template(organization=organization, sent=sent, now=NOW)


def campaign(organization: Organization, with_template: Template, **more: Any) -> Campaign:
    certificate = Certificate.objects.create(
        organization=organization,
        pass_type_identifier=f"pass.example.{uuid.uuid4()}",
        team_identifier="A1B2C3D4E5",
        issued_to="Example",
        not_before=NOW,
        expires_at=NOW,
        leaf_pem="",
        intermediate_pem="",
        key_encrypted=b"",
        created_at=NOW,
    )
    row = Campaign.objects.create(
        organization=organization,
        style="generic",
        name=more.pop("name", "Toy Town"),
        template=with_template,
        certificate=certificate,
        created_at=NOW,
        updated_at=NOW,
        **more,
    )
    look = Look(images={ImageSlot.ICON: ref(with_template.icon_id)})
    revision(row, look)
    return row


def ref(asset_id: Any) -> ImageRef:
    return ImageRef(asset_id=str(asset_id), digest=Asset.objects.get(id=asset_id).digest)


def revision(row: Campaign, look: Look, epoch: int = 1) -> None:
    content = Revision(
        epoch=epoch,
        style=Style.GENERIC,
        name=row.name,
        organization_name="Toy Town",
        description=row.name,
        look=look,
    )
    CampaignRevision.objects.create(campaign=row, epoch=epoch, content=msgspec.to_builtins(content), created_at=NOW)


def newest_look(row: Campaign) -> Look:
    row.refresh_from_db()
    content = CampaignRevision.objects.filter(campaign=row).order_by("-epoch").values_list("content", flat=True)[0]
    return msgspec.convert(content, Revision).look


# Pictures


def test_the_same_picture_is_stored_once(organization: Organization) -> None:
    first, second = upload(organization, color="#010203"), upload(organization, color="#010203")
    assert first.id != second.id
    assert first.digest == second.digest


def removed(digest: str) -> bool:
    remove_images(digests=[digest])
    return not storage.path_of(digest).exists()


def test_bytes_go_with_the_last_asset_that_shows_them(organization: Organization) -> None:
    other = create_organization(name="Other", now=NOW).organization
    first, second = upload(organization, color="#040506"), upload(other, color="#040506")
    delete_asset(organization=organization, asset_id=first.id)
    assert not removed(first.digest)
    delete_asset(organization=other, asset_id=second.id)
    assert removed(first.digest)
    assert removed(first.digest)


def test_deleting_an_asset_leaves_a_job(organization: Organization) -> None:
    asset = upload(organization)
    delete_asset(organization=organization, asset_id=asset.id)
    job = ProcrastinateJob.objects.get(task_name="remove_images")
    assert job.args == {"digests": [asset.digest]}
    assert storage.get(asset.digest)


def test_bytes_stay_while_a_revision_shows_them(organization: Organization) -> None:
    icon = upload(organization)
    row = campaign(organization, template(organization, icon))
    other = upload(organization, ImageSlot.LOGO)
    revision(row, Look(images={ImageSlot.LOGO: ref(other.id)}), epoch=2)
    delete_asset(organization=organization, asset_id=other.id)
    assert not removed(other.digest)
    CampaignRevision.objects.filter(campaign=row, epoch=2).delete()
    assert removed(other.digest)


def test_bytes_stay_while_a_pass_shows_them(organization: Organization) -> None:
    row = campaign(organization, template(organization, upload(organization)))
    face = upload(organization, ImageSlot.THUMBNAIL)
    own = Overrides(images={ImageSlot.THUMBNAIL: ImageOverride(at=1, image=ref(face.id))})
    for code, overrides in (("1", None), ("2", {}), ("3", msgspec.to_builtins(own))):
        Pass.objects.create(
            campaign=row, redeem_code=code, epoch=1, overrides=overrides, created_at=NOW, updated_at=NOW
        )
    delete_asset(organization=organization, asset_id=face.id)
    assert not removed(face.digest)
    Pass.objects.filter(redeem_code="3").delete()
    assert removed(face.digest)


def test_only_the_organizations_own_asset_is_deleted(organization: Organization) -> None:
    asset = upload(organization)
    other = create_organization(name="Other", now=NOW).organization
    with pytest.raises(NotFound):
        delete_asset(organization=other, asset_id=asset.id)
    template(organization, asset)
    with pytest.raises(AssetInUse, match=r"Asset in use by 1 templates, e\.g\.: Summer"):
        delete_asset(organization=organization, asset_id=asset.id)


# Templates and their campaigns


def test_a_template_of_a_campaign_is_not_deleted(organization: Organization) -> None:
    used = template(organization, upload(organization))
    campaign(organization, used)
    with pytest.raises(TemplateInUse, match="Toy Town"):
        delete_template(organization=organization, template_id=used.id, delete_assets=True, now=NOW)
    assert template_of(organization, used.id) == used
    assert Asset.objects.count() == 1


def test_a_deleted_campaign_does_not_hold_its_template(organization: Organization) -> None:
    icon = upload(organization)
    used = template(organization, icon)
    gone = campaign(organization, used, deleted_at=NOW)
    delete_template(organization=organization, template_id=used.id, delete_assets=True, now=NOW)
    assert template_of(organization, used.id) is None
    assert not Asset.objects.exists()
    assert not removed(icon.digest)  # the deleted campaign's passes may be on their way to phones
    again = template(organization, upload(organization))
    gone.delete()
    delete_template(organization=organization, template_id=again.id, now=NOW)
    assert not Template.objects.exists()
    with pytest.raises(NotFound):
        delete_template(organization=organization, template_id=used.id, now=NOW)


def test_a_changed_template_is_an_update_of_its_campaigns(organization: Organization) -> None:
    used = template(organization, upload(organization))
    row = campaign(organization, used)
    other = campaign(organization, template(organization, upload(organization), "Other"), name="Other")
    update_template(organization=organization, template_id=used.id, sent=SentTemplate(logo_text="Winter"), now=NOW)
    assert newest_look(row).logo_text == "Winter"
    assert row.epoch == 2
    assert newest_look(other).logo_text is None
    assert other.epoch == 1


def test_a_template_that_only_gets_a_name_changes_no_campaign(organization: Organization) -> None:
    used = template(organization, upload(organization))
    row = campaign(organization, used)
    update_template(organization=organization, template_id=used.id, sent=SentTemplate(name="Winter"), now=NOW)
    row.refresh_from_db()
    assert row.epoch == 1


def test_a_template_of_a_campaign_keeps_its_type(organization: Organization) -> None:
    used = template(organization, upload(organization))
    sent = SentTemplate(pass_type=Style.COUPON)
    campaign(organization, used)
    with pytest.raises(ValidationFailed, match="pass_type"):
        update_template(organization=organization, template_id=used.id, sent=sent, now=NOW)
    free = template(organization, upload(organization), "Free")
    assert update_template(organization=organization, template_id=free.id, sent=sent, now=NOW).pass_type == "coupon"


# At the same time


def together(*calls: Callable[[], Any]) -> list[Any]:
    """The results of calls that start at the same moment; what they raise is a result."""
    start, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[number] = call()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.fixture
def committed(transactional_db: None) -> Organization:
    return create_organization(name="Toy Town", now=NOW).organization


def test_of_many_with_one_name_one_wins(committed: Organization) -> None:
    icon = upload(committed)
    results = together(*[lambda: template(committed, icon)] * 6)
    assert len([result for result in results if isinstance(result, Template)]) == 1
    losers = [result for result in results if isinstance(result, ValidationFailed)]
    assert [loser.errors for loser in losers] == [{"name": ["has already been taken"]}] * 5
    assert templates_of(committed).count() == 1


def test_an_asset_is_either_used_or_deleted(committed: Organization) -> None:
    for number in range(8):
        icon = upload(committed)
        made, deleted = together(
            lambda icon=icon, number=number: template(committed, icon, f"t{number}"),
            lambda icon=icon: delete_asset(organization=committed, asset_id=icon.id),
        )
        if isinstance(made, Template):
            assert isinstance(deleted, AssetInUse)
        else:
            assert isinstance(made, ValidationFailed)
            assert deleted is None


def test_a_picture_uploaded_while_it_is_removed_is_there(committed: Organization) -> None:
    for number in range(8):
        color = f"#0a0b{number:02x}"
        first = upload(committed, color=color)
        delete_asset(organization=committed, asset_id=first.id)
        second, none = together(
            lambda color=color: upload(committed, color=color),
            lambda digest=first.digest: remove_images(digests=[digest]),
        )
        assert none is None
        assert storage.get(second.digest)
