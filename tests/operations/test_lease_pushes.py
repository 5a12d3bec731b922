"""How the sender's statements find their rows, after statistics from before a push to very many devices."""

from __future__ import annotations

import pytest
from django.db import connection

from passwright.operations.forget_devices import UNDELIVERED
from passwright.operations.lease_pushes import LEASE, NOBODY_THERE, QUEUED
from passwright.operations.record_pushes import ACCEPTED
from tests.operations.pushed import pushed
from tests.operations.toys import NOW, toy_maker, toy_town

pytestmark = pytest.mark.django_db

PAST = """
INSERT INTO delivery (push_id, pass_id, device_id, state, lane, attempts, queued_at)
SELECT %s, gen_random_uuid(), number, 'accepted', 0, 0, %s FROM generate_series(1, 3000) AS number
"""


def plan(statement: str) -> str:
    devices = "{" + ",".join(map(str, range(1, 1001))) + "}"
    values = {
        "devices": devices,
        "leases": "{" + ",".join(['"2026-11-22 12:00:00+00"'] * 1000) + "}",
        "ids": "{" + ",".join(["null"] * 1000) + "}",
        "reasons": "{" + ",".join(["gone"] * 1000) + "}",
        "lease": NOW,
        "now": NOW,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", values)
        return "\n".join(row[0] for row in cursor.fetchall())


@pytest.mark.parametrize("statement", [LEASE, NOBODY_THERE, ACCEPTED, UNDELIVERED])
def test_a_batch_never_reads_all_that_is_due(statement: str) -> None:
    push = pushed(toy_town(toy_maker()))
    with connection.cursor() as cursor:
        cursor.execute(PAST, [push.id, NOW])
        cursor.execute("ANALYZE delivery")
    assert "delivery_due" in plan(statement.replace(QUEUED, "delivery.state = 'queued'"))
    assert "delivery_due" not in plan(statement)
