"""What was pushed, and what came of it on the devices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from django.db import connection
from django.db.models import QuerySet
from msgspec import Struct

from passwright.data.models import Campaign, Delivery, Device, DeviceLog, Pass, Push

# A device that holds several passes of the campaign is one device. It has fetched when it has got them all; where it
# had every one of them already, it is up to date without having fetched.
COUNTED = """
SELECT push_id, count(*), count(*) FILTER (WHERE listed), count(*) FILTER (WHERE accepted),
       count(*) FILTER (WHERE seen AND NOT same), count(*) FILTER (WHERE same),
       count(*) FILTER (WHERE refused AND NOT accepted), count(*) FILTER (WHERE gone AND NOT accepted AND NOT refused)
FROM (
    SELECT push_id, bool_or(listed_at IS NOT NULL) AS listed, bool_or(state = 'accepted') AS accepted,
           bool_and(fetched_at IS NOT NULL OR unchanged_at IS NOT NULL) AS seen,
           bool_and(unchanged_at IS NOT NULL) AS same,
           bool_or(state = 'refused') AS refused, bool_or(state = 'gone') AS gone
    FROM delivery WHERE push_id = ANY (%s) GROUP BY push_id, device_id
) AS device
GROUP BY push_id
"""


class Counts(Struct, frozen=True, kw_only=True):
    """Of a push, by device. A device is either ``accepted``, ``refused``, ``gone`` or still ``queued``; beside that it
    may have ``listed`` what has changed, and have ``fetched`` it or heard that it is ``unchanged``."""

    devices: int = 0
    listed: int = 0
    accepted: int = 0
    fetched: int = 0
    unchanged: int = 0
    refused: int = 0
    gone: int = 0

    @property
    def queued(self) -> int:
        return self.devices - self.accepted - self.refused - self.gone


COLUMNS = Counts.__struct_fields__
"""Of `Push`, in the order of `COUNTED`."""


class PushState(StrEnum):
    """``waiting``: nobody has looked for its devices yet. ``spreading``: they are being looked for. ``sending``: some
    have no answer of the push service yet. ``done``."""

    WAITING = "waiting"
    SPREADING = "spreading"
    SENDING = "sending"
    DONE = "done"


def pushes_of(campaign: Campaign) -> QuerySet[Push]:
    """The pushes of all its passes at once, newest first."""
    return Push.objects.filter(campaign=campaign, pass_id=None).order_by("-id")


def push_of(campaign: Campaign, push_id: int) -> Push | None:
    """One push of the campaign or of one of its passes; None if there is none with that id."""
    return Push.objects.filter(campaign=campaign, id=push_id).first()


def deliveries_of(row: Pass) -> QuerySet[Delivery]:
    """What was sent about the pass, with its pushes, newest first."""
    return Delivery.objects.filter(pass_id=row.id).select_related("push").order_by("-push_id", "device_id")


def logs_of(campaign: Campaign) -> QuerySet[DeviceLog]:
    """What devices complained of about the campaign's passes, newest first."""
    return DeviceLog.objects.filter(campaign=campaign).order_by("-id")


def logs_of_pass(row: Pass) -> QuerySet[DeviceLog]:
    """What devices complained of about the pass, newest first."""
    return DeviceLog.objects.filter(pass_id=row.id).order_by("-id")


def devices_with(ids: Iterable[int]) -> dict[int, Device]:
    """By id, those of them that still hold a pass."""
    return Device.objects.only("id", "wallet", "device_os").in_bulk(set(ids))


def counts_of(pushes: Iterable[Push]) -> dict[int, Counts]:
    """What came of each push until now, by its id: from its deliveries, or what was kept of them."""
    pushes = list(pushes)
    alive = [push.id for push in pushes if push.rolled_up_at is None]
    counts = {push.id: kept_counts(push) for push in pushes}
    if alive:
        counts |= counted(alive)
        # One that is rolled up meanwhile may have lost some before they were counted.
        counts |= {push.id: kept_counts(push) for push in Push.objects.filter(id__in=alive).exclude(rolled_up_at=None)}
    return counts


def counted(push_ids: Sequence[int]) -> dict[int, Counts]:
    """By push, from its deliveries; pushes without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [list(push_ids)])
        rows = cursor.fetchall()
    return {row[0]: Counts(**dict(zip(COLUMNS, row[1:], strict=True))) for row in rows}


def kept_counts(push: Push) -> Counts:
    """As they were written when it was rolled up."""
    return Counts(**{name: getattr(push, name) for name in COLUMNS})


def state_of(push: Push, counts: Counts) -> PushState:
    if push.rolled_up_at is not None:
        return PushState.DONE
    if push.spread_at is None:
        return PushState.WAITING if push.spread_after is None else PushState.SPREADING
    return PushState.SENDING if counts.queued else PushState.DONE


def sentence(push: Push, counts: Counts) -> str:
    """``12,402 devices: 12,377 accepted, 11,950 fetched, 25 gone``."""
    if push.silent:
        return "No device is told: each hears of it when it asks"
    if push.spread_at is None and push.spread_after is None:
        return "Its devices are being looked for"
    optional = {
        "up to date already": counts.unchanged,
        "refused": counts.refused,
        "gone": counts.gone,
        "queued": counts.queued,
    }
    parts = [f"{counts.accepted:,} accepted", f"{counts.fetched:,} fetched"]
    parts += [f"{number:,} {words}" for words, number in optional.items() if number]
    devices = "1 device" if counts.devices == 1 else f"{counts.devices:,} devices"
    return f"{devices}: {', '.join(parts)}" if counts.devices else "No device held a pass"
