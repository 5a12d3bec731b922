"""Carry webhooks: take what is due, call the receivers at the same time, write down what came of it.

What is taken is due again after `LEASE`, should we die with it: so a receiver hears everything at least once, and now
and then twice, with the same id and the same bytes. Receivers are called on threads that touch no database; of one
receiver a few at a time, of one that fails only one, and of all that fail together half of the threads, so that those
who do not answer hold up nobody else.
"""

from __future__ import annotations

import time
from collections import Counter as Bag
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from msgspec import Struct
from standardwebhooks import Webhook

from passwright.data.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from passwright.metrics import WEBHOOKS
from passwright.operations.disable_webhook import disable_webhook
from passwright.operations.retrying import retried
from passwright.operations.webhook_secrets import decrypted_key, decrypted_secret
from passwright.outgoing import Answer
from passwright.passes.counters import Counter
from passwright.passes.webhooks import TEST, Happened, Snapshot, body
from passwright.secrets import WrongSecret

THREADS = 64
AT_ONCE = 4
"""Calls of one receiver at a time, from one worker."""
LEASE = timedelta(seconds=60)
"""More than a call can take, resolving the name included."""
POLL_SECONDS = 0.1
"""While calls are under way: how long what becomes due may wait."""

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 30, 120, 600, 1_800, 3_600, 2 * 3_600, 4 * 3_600, 8 * 3_600, 9 * 3_600)
)
"""After the first attempt, the second …: more than 24 hours in all. After the last one the delivery has failed."""
JITTER = 0.2
"""Waits are longer by up to this part, so that what failed together does not come back together."""

DEAD_AFTER = timedelta(days=3)
"""An endpoint that has accepted nothing for so long is disabled when the next delivery fails for good."""
GONE = 410
BUSY = (429, 503)
"""Answers whose ``Retry-After`` counts."""
LONGEST_BUSY = timedelta(hours=1)
"""Of what a receiver asks for there."""

# Which endpoints have something waiting is found by skipping through the index: what lies in line for one of them,
# however much, is not read for the others.
TAKE = """
WITH RECURSIVE waiting AS (
    (SELECT endpoint_id FROM webhook_delivery WHERE state = 'queued' AND due_at IS NOT NULL
     ORDER BY endpoint_id LIMIT 1)
    UNION ALL
    SELECT (SELECT next.endpoint_id FROM webhook_delivery AS next
            WHERE next.state = 'queued' AND next.due_at IS NOT NULL AND next.endpoint_id > waiting.endpoint_id
            ORDER BY next.endpoint_id LIMIT 1)
    FROM waiting WHERE waiting.endpoint_id IS NOT NULL
), due AS (
    SELECT delivery.id, endpoint.failing_since IS NOT NULL AS failing,
           row_number() OVER (PARTITION BY endpoint.failing_since IS NULL ORDER BY delivery.due_at) AS place
    FROM waiting JOIN webhook_endpoint AS endpoint ON endpoint.id = waiting.endpoint_id
    CROSS JOIN LATERAL (
        SELECT id, due_at FROM webhook_delivery
        WHERE endpoint_id = endpoint.id AND state = 'queued' AND due_at <= %(now)s
        ORDER BY due_at
        LIMIT greatest(0, CASE WHEN endpoint.failing_since IS NULL THEN %(at_once)s ELSE 1 END
                          - coalesce((%(busy)s::jsonb ->> endpoint.id::text)::int, 0))
        FOR UPDATE SKIP LOCKED
    ) AS delivery
    WHERE endpoint.disabled_at IS NULL
), taken AS (
    SELECT id, failing FROM due WHERE NOT failing OR place <= %(room_for_failing)s
    ORDER BY failing, place LIMIT %(room)s
)
UPDATE webhook_delivery AS delivery SET due_at = %(until)s, attempts = delivery.attempts + 1
FROM taken, webhook_endpoint AS endpoint, organization
WHERE delivery.id = taken.id AND endpoint.id = delivery.endpoint_id AND organization.id = endpoint.organization_id
RETURNING delivery.id, delivery.attempts, delivery.event, delivery.campaign_id, delivery.pass_id, delivery.at,
          delivery.extra, delivery.snapshot, endpoint.id, taken.failing, endpoint.url, endpoint.secret_encrypted,
          CASE WHEN endpoint.old_secret_until > %(now)s THEN endpoint.old_secret_encrypted END,
          CASE WHEN endpoint.send_api_key THEN organization.api_password_encrypted END
"""

# Endpoints are locked before their deliveries, as by everybody; the count is what waits for that.
DELIVERED = """
WITH failing AS MATERIALIZED (
    SELECT id FROM webhook_endpoint WHERE id = ANY (%(endpoints)s) AND failing_since IS NOT NULL
    ORDER BY id FOR NO KEY UPDATE
), answered AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(statuses)s::int[], %(texts)s::text[], %(ats)s::timestamptz[],
                         %(times)s::int[]) AS answered(id, status, text, at, milliseconds)
), recovered AS (
    UPDATE webhook_endpoint SET failing_since = NULL WHERE id IN (SELECT id FROM failing)
), there AS MATERIALIZED (
    SELECT id FROM webhook_delivery WHERE id = ANY (%(ids)s) AND (SELECT count(*) FROM failing) >= 0
    ORDER BY id FOR UPDATE
), logged AS (
    INSERT INTO webhook_attempt (delivery_id, at, milliseconds, status, answer)
    SELECT id, at, milliseconds, status, text FROM answered JOIN there USING (id)
), delivered AS (
    UPDATE webhook_delivery AS delivery
    SET state = 'delivered', due_at = NULL, status = answered.status, error = NULL, finished_at = answered.at
    FROM answered JOIN there USING (id) WHERE delivery.id = answered.id AND delivery.state = 'queued'
    RETURNING delivery.campaign_id, delivery.event, delivery.finished_at
)
INSERT INTO tally (campaign_id, day, counter, amount)
SELECT campaign_id, (finished_at AT TIME ZONE 'UTC')::date, %(counter)s, count(*)
FROM delivered WHERE event <> %(test)s GROUP BY 1, 2
"""

Post = Callable[..., Answer]


class Taken(Struct, frozen=True, kw_only=True):
    """A delivery that is ours to send, and how."""

    id: UUID
    attempt: int
    endpoint_id: UUID
    failing: bool
    url: str
    headers: Mapping[str, str]
    body: bytes
    problem: str | None = None
    """Why it cannot be sent: an attempt that has failed without a call."""

    def __repr__(self) -> str:
        return f"Taken({self.id})"


class Attempt(Struct, frozen=True, kw_only=True):
    taken: Taken
    answer: Answer
    at: datetime
    milliseconds: int


class WebhookSender:
    """What one worker sends with. ``step`` never waits for a receiver longer than `POLL_SECONDS`."""

    def __init__(
        self, *, clock: Callable[[], datetime], chance: Callable[[], float], post: Post, threads: int = THREADS
    ) -> None:
        self.clock = clock
        self.chance = chance
        self.post = post
        self.threads = threads
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="webhook")
        self.under_way: dict[Future[Attempt], Taken] = {}

    def step(self) -> bool:
        """Write down what has been answered and call whom something is due; whether there was anything to do."""
        over = [call for call in self.under_way if call.done()]
        self.write_down(over)
        taken = self.take()
        for delivery in taken:
            self.under_way[self.pool.submit(self.call, delivery)] = delivery
        if self.under_way:
            wait(self.under_way, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        return bool(over or taken or self.under_way)

    def close(self) -> None:
        """Let the calls that are under way come to their end. What is not written down then is sent again."""
        wait(self.under_way)
        self.write_down(list(self.under_way))
        self.pool.shutdown()

    def take(self) -> list[Taken]:
        room = self.threads - len(self.under_way)
        if room <= 0:
            return []
        busy = Bag(str(taken.endpoint_id) for taken in self.under_way.values())
        failing = sum(taken.failing for taken in self.under_way.values())
        return take(now=self.clock(), room=room, room_for_failing=max(0, self.threads // 2 - failing), busy=busy)

    def call(self, taken: Taken) -> Attempt:
        at, began = self.clock(), time.perf_counter()
        if taken.problem:
            answer = Answer(error=taken.problem)
        else:
            answer = self.post(taken.url, body=taken.body, headers=taken.headers)
        return Attempt(taken=taken, answer=answer, at=at, milliseconds=round((time.perf_counter() - began) * 1000))

    def write_down(self, over: Sequence[Future[Attempt]]) -> None:
        """What raised is not written down: it is due again when its lease ends."""
        attempts = [call.result() for call in over if not call.exception()]
        for call in over:
            self.under_way.pop(call)
            call.exception()
        accepted = [attempt for attempt in attempts if attempt.answer.accepted]
        delivered(accepted)
        WEBHOOKS.labels("delivered").inc(len(accepted))
        for attempt in attempts:
            if not attempt.answer.accepted:
                failed = not_accepted(attempt, now=self.clock(), chance=self.chance())
                WEBHOOKS.labels("failed" if failed else "retry").inc()


@retried
def take(*, now: datetime, room: int, room_for_failing: int, busy: Mapping[str, int]) -> list[Taken]:
    """Deliveries that are due, ours until `LEASE` is over."""
    with connection.cursor() as cursor:
        cursor.execute(
            TAKE,
            {
                "now": now,
                "until": now + LEASE,
                "room": room,
                "room_for_failing": room_for_failing,
                "at_once": AT_ONCE,
                "busy": msgspec.json.encode(busy).decode(),
            },
        )
        return [made_ready(row, now) for row in cursor.fetchall()]


def made_ready(row: tuple[Any, ...], now: datetime) -> Taken:
    id_, attempt, event, campaign_id, pass_id, at, extra, snapshot, endpoint_id, failing, url, secret, old, key = row
    content = body(
        Happened(
            event=event,
            campaign_id=campaign_id,
            pass_id=pass_id,
            at=at,
            extra=msgspec.json.decode(extra) if extra else {},
            snapshot=msgspec.json.decode(snapshot, type=Snapshot),
        )
    )
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Passwright"}
    problem = None
    try:
        headers |= signed(id_, now, content, [decrypted_secret(each) for each in (secret, old) if each])
        if key:
            headers["Authorization"] = decrypted_key(key)
    except WrongSecret:
        problem = "Its secret cannot be read with this installation's secret key. Rotate it."
    return Taken(
        id=id_,
        attempt=attempt,
        endpoint_id=endpoint_id,
        failing=failing,
        url=url,
        headers=headers,
        body=content,
        problem=problem,
    )


def signed(delivery_id: UUID, at: datetime, content: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers of Standard Webhooks (https://www.standardwebhooks.com), a signature for each secret."""
    name = str(delivery_id)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(name, at, content.decode()) for secret in secrets),
    }


@retried
def delivered(attempts: Sequence[Attempt]) -> None:
    """The receivers have them. One that somebody else has sent meanwhile stays as it is."""
    if not attempts:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            DELIVERED,
            {
                "ids": [each.taken.id for each in attempts],
                "endpoints": [each.taken.endpoint_id for each in attempts],
                "statuses": [each.answer.status for each in attempts],
                "texts": [each.answer.text for each in attempts],
                "ats": [each.at for each in attempts],
                "times": [each.milliseconds for each in attempts],
                "counter": Counter.WEBHOOKS.value,
                "test": TEST,
            },
        )


@retried
@transaction.atomic
def not_accepted(attempt: Attempt, *, now: datetime, chance: float) -> bool:
    """Try again later, or no more: then true. ``chance``: from 0 to 1. Locks the endpoint before its delivery, as
    everybody."""
    taken = attempt.taken
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(id=taken.endpoint_id).first()
    delivery = WebhookDelivery.objects.select_for_update().filter(id=taken.id).first()
    if endpoint is None or delivery is None:
        return True
    WebhookAttempt.objects.create(
        delivery=delivery,
        at=attempt.at,
        milliseconds=attempt.milliseconds,
        status=attempt.answer.status,
        error=attempt.answer.error,
        answer=attempt.answer.text,
    )
    if delivery.state == WebhookDelivery.State.QUEUED and delivery.attempts == taken.attempt:
        put_off(delivery, attempt.answer, now, chance, paused=endpoint.disabled_at is not None)
    if endpoint.disabled_at is None:
        hold_against(endpoint, attempt.answer, now, over=delivery.state == WebhookDelivery.State.FAILED)
    return delivery.state == WebhookDelivery.State.FAILED


def put_off(delivery: WebhookDelivery, answer: Answer, now: datetime, chance: float, *, paused: bool) -> None:
    delivery.status, delivery.error = answer.status, answer.error
    if answer.status != GONE and delivery.attempts > len(WAITS):
        delivery.state, delivery.due_at, delivery.finished_at = WebhookDelivery.State.FAILED, None, now
    else:
        delivery.due_at = None if paused else now + max(wait_after(delivery.attempts, chance), asked_wait(answer))
    delivery.save(update_fields=["status", "error", "state", "due_at", "finished_at"])


def wait_after(attempts: int, chance: float) -> timedelta:
    return WAITS[min(attempts, len(WAITS)) - 1] * (1 + JITTER * chance)


def asked_wait(answer: Answer) -> timedelta:
    """What the receiver asked for. It can put us off for longer than we would wait, not for ever."""
    if answer.status not in BUSY or answer.retry_after is None:
        return timedelta(0)
    return min(answer.retry_after, LONGEST_BUSY)


def hold_against(endpoint: WebhookEndpoint, answer: Answer, now: datetime, *, over: bool) -> None:
    """Note that it fails, and disable it when it has for long or says itself that it is gone. ``over``: a delivery has
    failed for good. Where little happens, days can lie between two failures, and the first one of a new event says
    nothing about them."""
    if endpoint.failing_since is None:
        endpoint.failing_since = now
        endpoint.save(update_fields=["failing_since"])
    if answer.status == GONE:
        disable_webhook(endpoint, reason="The receiver answered 410: it is gone.", now=now)
    elif over and endpoint.failing_since <= now - DEAD_AFTER:
        reason = f"It has accepted nothing for {DEAD_AFTER.days} days. {answer.error or ''}".strip()
        disable_webhook(endpoint, reason=reason, now=now)
