from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from passwright.data.models import Campaign, Event
from passwright.operations.end_registrations import end_registrations_of_pass
from passwright.operations.purge_campaign import own_digests
from passwright.operations.record_event import append
from passwright.operations.remove_holder_pictures import pictures_said, remove_if_given
from passwright.operations.remove_images import remove_if_last
from passwright.operations.retrying import retried
from passwright.operations.update_pass import locked_pass


@retried
@transaction.atomic
def delete_pass(*, campaign: Campaign, pass_id: UUID, now: datetime) -> None:
    """The pass is gone, and from every device for all that reports and webhooks say: nobody can know any more what
    becomes of what still lies there. Its code is not given again.

    Raises:
        NotFound: if the campaign has no such pass.
    """
    row = locked_pass(campaign, pass_id)
    end_registrations_of_pass(pass_id=pass_id, now=now)
    append(
        kind=Event.Kind.DELETED,
        campaign_id=campaign.id,
        pass_id=pass_id,
        extra={"serial_number": str(row.serial_number), "redeem_code": row.redeem_code},
        at=now,
    )
    own, said = own_digests(row.overrides), pictures_said(row.overrides)
    row.delete()
    Campaign.objects.filter(id=campaign.id).update(pass_count=F("pass_count") - 1)
    remove_if_last(own)
    remove_if_given(said)
