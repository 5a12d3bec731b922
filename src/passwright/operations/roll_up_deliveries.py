from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from passwright.data.models import Delivery, Push
from passwright.operations.retrying import retried
from passwright.queries.pushes import COLUMNS, Counts, counted

CHUNK = 5_000

LOGS_KEPT = timedelta(days=30)

# Rows are taken by their place, which a locked row keeps. What somebody else has locked has its turn next time.
DELETE_OF_PUSH = """
WITH few AS MATERIALIZED (
    SELECT ctid FROM delivery WHERE push_id = %(push)s ORDER BY push_id, pass_id, device_id
    LIMIT %(chunk)s FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM delivery WHERE ctid = ANY (ARRAY(SELECT ctid FROM few)) RETURNING 1
)
SELECT count(*) FROM gone
"""

# Deliveries are locked in the order of their key, as by everybody who writes to many.
DELETE_OF_PASSES = """
WITH old AS MATERIALIZED (
    SELECT id FROM push WHERE spread_at < %(before)s AND rolled_up_at IS NULL AND pass_id IS NOT NULL
    ORDER BY spread_at LIMIT %(chunk)s FOR UPDATE SKIP LOCKED
), theirs AS MATERIALIZED (
    SELECT ctid FROM delivery WHERE push_id IN (SELECT id FROM old) ORDER BY push_id, pass_id, device_id FOR UPDATE
), dropped AS (
    DELETE FROM delivery WHERE ctid = ANY (ARRAY(SELECT ctid FROM theirs))
), gone AS (
    DELETE FROM push WHERE id IN (SELECT id FROM old) RETURNING 1
)
SELECT count(*) FROM gone
"""

DELETE_LOGS = """
WITH few AS MATERIALIZED (
    SELECT ctid FROM device_log WHERE at < %(before)s ORDER BY at LIMIT %(chunk)s FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM device_log WHERE ctid = ANY (ARRAY(SELECT ctid FROM few)) RETURNING 1
)
SELECT count(*) FROM gone
"""


def roll_up_deliveries(*, now: datetime, keep: timedelta, chunk: int = CHUNK) -> None:
    """Forget deliveries of pushes that were spread longer than ``keep`` ago, and what devices complained of long ago.

    Of a push to a whole campaign the counts are kept, so that its summary says what it said before. A push of one pass
    goes with its deliveries. Safe beside itself and after a kill: the counts are written before anything is deleted,
    and deliveries that are left over are found again.
    """
    before = now - keep
    in_chunks(DELETE_OF_PASSES, before=before, chunk=chunk)
    due = Push.objects.filter(spread_at__lt=before, rolled_up_at=None, pass_id=None).order_by("spread_at")
    for push_id in list(due.values_list("id", flat=True)):
        keep_counts(push_id, now)
    for push_id in with_deliveries():
        in_chunks(DELETE_OF_PUSH, push=push_id, chunk=chunk)
    in_chunks(DELETE_LOGS, before=now - LOGS_KEPT, chunk=chunk)


@retried
@transaction.atomic
def keep_counts(push_id: int, now: datetime) -> None:
    """From here on the push speaks for itself."""
    push = Push.objects.select_for_update(skip_locked=True).filter(id=push_id, rolled_up_at=None).first()
    if push is None:
        return
    counts = counted([push_id]).get(push_id, Counts())
    for name in COLUMNS:
        setattr(push, name, getattr(counts, name))
    push.rolled_up_at = now
    push.save(update_fields=[*COLUMNS, "rolled_up_at"])


def with_deliveries() -> list[int]:
    """Pushes that are rolled up, with deliveries that are not deleted yet."""
    there = Exists(Delivery.objects.filter(push_id=OuterRef("id")))
    rolled_up = Push.objects.filter(there, pass_id=None, rolled_up_at__isnull=False)
    return list(rolled_up.order_by("id").values_list("id", flat=True))


def in_chunks(statement: str, *, chunk: int, **parameters: datetime | int) -> None:
    while run(statement, {**parameters, "chunk": chunk}) >= chunk:
        pass


@retried
def run(statement: str, parameters: dict[str, datetime | int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0])
