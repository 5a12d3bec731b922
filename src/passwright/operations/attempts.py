"""How often somebody may try something: posts of an address, passwords of a link, proofs that count once.

Who it is and what he tries is kept as a digest that only the installation's key makes: whoever reads the table learns
no address from it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from passwright import secrets
from passwright.data.models import Attempts
from passwright.data.postgresql.statement import Statement

LONGEST = timedelta(days=1)
"""The longest window there is; rows that are older say nothing any more."""

# One statement that locks one row: exact for all processes and machines. It writes nothing once the window is used up.
# A window begins with the first attempt in it. Nobody waits for the disk: a PostgreSQL that is killed forgets the
# attempts of its last second.
COUNT = Statement(
    "count_attempt",
    """
    INSERT INTO attempts (digest, since, number)
    SELECT decode($1, 'hex'), $2::timestamptz, 1 WHERE set_config('synchronous_commit', 'off', true) = 'off'
    ON CONFLICT (digest) DO UPDATE SET
        since = CASE WHEN attempts.since <= $3::timestamptz THEN excluded.since ELSE attempts.since END,
        number = CASE WHEN attempts.since <= $3::timestamptz THEN 1 ELSE attempts.number + 1 END
    WHERE attempts.since <= $3::timestamptz OR attempts.number < $4::integer
    RETURNING number
    """,
)


def attempt(*, who: bytes, limit: int, within: timedelta, now: datetime) -> bool:
    """Whether this try is one of the first ``limit`` of a window; then it is counted.

    ``who`` names who tries and what (``b"password 203.0.113.7 …"``). A window of ``within`` (`LONGEST` at most) begins
    with the first try after the last window. Not to be called within a transaction: it is one of its own, so that a
    try counts whatever becomes of what was tried.
    """
    if limit < 1:
        return False
    digest = secrets.attempt_digest(who).hex()
    return COUNT.row(digest, now.isoformat(), (now - within).isoformat(), str(limit)) is not None


def take_back(*, who: bytes) -> None:
    """One try less: it was none, because who tried knew what he was asked."""
    Attempts.objects.filter(digest=secrets.attempt_digest(who), number__gt=0).update(number=F("number") - 1)


def forget_attempts(*, now: datetime) -> int:
    """Delete what no window reaches any more. Returns how many rows there were."""
    return Attempts.objects.filter(since__lte=now - LONGEST).delete()[0]
