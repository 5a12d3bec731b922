"""Update tags: what a device shows to hear only of passes that have changed since.

A device must never be shown a tag that is greater than one that becomes visible later, or it would never ask for what
that one says. A number drawn from a sequence is visible only when its transaction commits, maybe after a greater one.
So whoever writes tags takes `lock_tags` before he draws one, and PostgreSQL frees it when the tag is visible: tags
appear in their order. They are written by transactions of milliseconds that change nothing else, after the change
itself has committed (`operations.spread_pushes`) and when a device registers; no change of a pass ever waits for it.
"""

from __future__ import annotations

from django.db import connection

LOCK = 0x7570_6461_7465
NEXT_TAG = "nextval('update_tag')"


def lock_tags() -> None:
    """Until the transaction ends nobody else draws tags. Take it before any row of `Registration` is written: who
    holds it waits for those."""
    assert connection.in_atomic_block
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def next_tag() -> int:
    """A tag greater than all that have been given; `lock_tags` is held."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {NEXT_TAG}")
        return int(cursor.fetchone()[0])
