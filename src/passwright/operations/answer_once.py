"""Do what a request asks for once, however often it is sent, and give every repetition the first answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import OperationalError, connection, transaction
from msgspec import Struct
from psycopg.errors import LockNotAvailable

from passwright import secrets
from passwright.data.models import IdempotentAnswer, Organization
from passwright.operations.retrying import retried

LONGEST_WAIT_SECONDS = 10
"""For the first request under a key to end. The web's own statements end after 30."""


class KeptAnswer(Struct, frozen=True, kw_only=True):
    """What a client got: enough to give it again."""

    status: int
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"KeptAnswer({self.status}, {len(self.body)} bytes)"  # it may hold credentials


class Answered(Struct, frozen=True, kw_only=True):
    """``replayed``: nothing was done now, it is the answer that the first request got."""

    answer: KeptAnswer
    replayed: bool


class KeyOfAnother(Exception):
    """The key named another request before."""


class StillUnderWay(Exception):
    """The first request under this key has not ended yet."""


@retried
def answer_once(
    *,
    organization: Organization,
    key: str,
    fingerprint: bytes,
    act: Callable[[], KeptAnswer],
    refused_as: Callable[[Exception], KeptAnswer | None],
    now: datetime,
) -> Answered:
    """The first answer under this key: kept from before, or that of ``act``, which then runs here and now.

    What ``act`` does and what it answered are committed together: a process that dies leaves both or neither. Of
    two at the same moment the second waits for the first. An exception that ``refused_as`` makes an answer of is a
    refusal: it undoes what ``act`` did and is kept. Any other undoes everything, and the key is free again.

    ``fingerprint``: 32 bytes that tell this request from others. ``act`` may run more than once (`retried`).

    Raises:
        KeyOfAnother: if the fingerprint is not that of the first request.
        StillUnderWay: if the first request takes longer than `LONGEST_WAIT_SECONDS`.
    """
    with transaction.atomic():
        first, kept = taken_or_kept(organization.id, key, fingerprint, now)
        if first != fingerprint:
            raise KeyOfAnother
        if kept is not None:
            return Answered(answer=opened(organization.id, kept), replayed=True)
        answer = outcome(act, refused_as)
        IdempotentAnswer.objects.filter(organization=organization, key=key).update(
            answer=sealed(organization.id, answer)
        )
        return Answered(answer=answer, replayed=False)


# The row that is written first is what others wait for. An update that changes nothing, and not DO NOTHING: so the
# same statement reads the row of a request that ended while this one waited, and no clearing away comes between.
TAKE = """
INSERT INTO idempotent_answer (organization_id, key, fingerprint, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (organization_id, key) DO UPDATE SET key = excluded.key
RETURNING fingerprint, answer
"""


def taken_or_kept(organization_id: UUID, key: str, fingerprint: bytes, now: datetime) -> tuple[bytes, bytes | None]:
    """The fingerprint of the first request under the key, and its answer: None if this is the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{LONGEST_WAIT_SECONDS}s"])
        try:
            cursor.execute(TAKE, [organization_id, key, fingerprint, now])
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise StillUnderWay from None
            raise
        row = cursor.fetchone()
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    assert row is not None
    return bytes(row[0]), None if row[1] is None else bytes(row[1])


def outcome(act: Callable[[], KeptAnswer], refused_as: Callable[[Exception], KeptAnswer | None]) -> KeptAnswer:
    try:
        with transaction.atomic():  # a savepoint: a refusal leaves nothing but itself
            return act()
    except Exception as error:
        refusal = refused_as(error)
        if refusal is None:
            raise
        return refusal


def sealed(organization_id: UUID, answer: KeptAnswer) -> bytes:
    """Encrypted: an answer may hold credentials."""
    return secrets.encrypt(msgspec.msgpack.encode(answer), label=label(organization_id))


def opened(organization_id: UUID, kept: bytes) -> KeptAnswer:
    return msgspec.msgpack.decode(secrets.decrypt(kept, label=label(organization_id)), type=KeptAnswer)


def label(organization_id: UUID) -> str:
    return f"answer to organization {organization_id}"
