"""The worker's couriers: they carry what is due to phones and to webhooks, without end.

A job of the queue is started, does its work and ends. A courier keeps its connections and is there all the time; what
it carries lies in tables of its own, where it is found again after a kill. Each courier is a thread of every worker
process: a step takes a batch that nobody else has, so there may be as many as one likes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import random

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from msgspec import Struct

from passwright.interfaces.seldom import Seldom
from passwright.operations.send_other_pushes import other_push_sender
from passwright.operations.send_pushes import push_sender
from passwright.operations.send_webhooks import WebhookSender
from passwright.operations.spread_pushes import spread_pushes
from passwright.outgoing import post

log = structlog.get_logger(__name__)

IDLE_SECONDS = 0.25
"""How long a courier with nothing to carry waits before it looks again: what a push may be late."""

PAUSE_SECONDS = 1.0
"""After a failure."""

STOP_SECONDS = 15.0
"""What couriers have for the batch at hand when the worker is told to stop."""


class Courier(Struct, frozen=True):
    """``step`` carries one batch and says whether there was anything. ``close`` lets go of what it keeps open."""

    name: str
    step: Callable[[], bool]
    close: Callable[[], None] = lambda: None


def couriers() -> list[Courier]:
    """Those of one worker process."""
    sender = push_sender()
    webhooks = WebhookSender(clock=now, chance=random, post=post)
    return [
        Courier("spread_pushes", lambda: spread_pushes(now=now())),
        Courier("send_pushes", sender.step, sender.finish),
        Courier("send_other_pushes", other_push_sender().step),
        Courier("send_webhooks", webhooks.step, webhooks.close),
    ]


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def carrying(all_couriers: Iterable[Courier], *, stop: threading.Event | None = None) -> Iterator[None]:
    """The couriers work until the block ends, or ``stop`` is set before; each finishes its batch."""
    stop, says_loss = stop or threading.Event(), Seldom()
    threads = [
        threading.Thread(target=carry, args=(courier, stop, says_loss), name=courier.name, daemon=True)
        for courier in all_couriers
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        until = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0.0))


def carry(courier: Courier, stop: threading.Event, says_loss: Seldom) -> None:
    """Step after step. What fails is tried again: it is due again, or still."""
    try:
        while not stop.is_set():
            pause = step_once(courier, says_loss)
            if pause:
                stop.wait(pause)
    finally:
        close(courier)


def close(courier: Courier) -> None:
    try:
        courier.close()
    except Exception as error:  # what it could not write down is due again
        log.warning("courier_ended_early", courier=courier.name, reason=type(error).__name__)
    finally:
        connections.close_all()


def step_once(courier: Courier, says_loss: Seldom) -> float:
    """Seconds to wait before the next step. Of all couriers, which lose the database together, one says so."""
    close_old_connections()
    try:
        return 0.0 if courier.step() else IDLE_SECONDS
    except (OperationalError, InterfaceError) as error:
        if not is_loss(error):
            log.exception("courier_failed", courier=courier.name)
        elif says_loss():
            log.warning("couriers_lost_the_database_and_try_again", reason=" ".join(str(error).split()))
        connections.close_all()
    except Exception:
        log.exception("courier_failed", courier=courier.name)
    return PAUSE_SECONDS


def is_loss(error: Exception) -> bool:
    """Whether the database is away, and not, say, a deadlock. No SQLSTATE: it has not answered."""
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in ("08", "57")
