"""How often the API was asked about each campaign, counted in memory and written down every two seconds.

A statement of its own for each request would cost more than some of the requests do. The numbers of a web process
that is killed (``kill -9``) are lost for its last two seconds, and other processes see them as late; whoever asks the
same process for a report gets the exact number, and nothing else that reports count goes this way.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import close_old_connections
from django.http import HttpRequest

from passwright.data.models import Organization
from passwright.interfaces.api.envelope import Refused
from passwright.operations.count_api_calls import CalledCampaign, count_api_calls
from passwright.operations.refusals import NotFound
from passwright.payloads.texts import read_uuid

EVERY_SECONDS = 2.0
MOST = 10_000
"""Campaigns remembered at most; with more of them in two seconds, the request that brings one more writes all down."""
UNKNOWN = NotFound("Campaign").errors
THROTTLED = 420

log = structlog.get_logger("passwright.api")


class CallCount:
    """The calls of this process that are not written down yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.writing = threading.Lock()
        self.calls: Counter[CalledCampaign] = Counter()

    def add(self, call: CalledCampaign) -> None:
        with self.lock:
            self.calls[call] += 1
            full = len(self.calls) > MOST
        if full:
            self.try_to_write()

    def write(self) -> None:
        """Write down what was counted, and wait for whoever does so already: afterwards all of it is there.

        Raises:
            django.db.Error: if the database does not take it. It is kept for the next time.
        """
        with self.writing:
            with self.lock:
                calls, self.calls = self.calls, Counter()
            if not calls:
                return
            try:
                count_api_calls(calls=calls)
            except Exception:
                with self.lock:
                    self.calls.update(calls)
                raise

    def try_to_write(self) -> None:
        """The same for whoever has nobody to tell."""
        try:
            self.write()
        except Exception as error:
            log.warning("api_calls_not_written_yet", reason=" ".join(str(error).split()))

    def keep_writing(self) -> None:
        """Write down every two seconds from now on, in a thread of this process. Not before it forks."""

        def write_on() -> None:
            while True:
                time.sleep(EVERY_SECONDS)
                close_old_connections()
                self.try_to_write()

        threading.Thread(target=write_on, name="api calls", daemon=True).start()


calls = CallCount()


def count_call(request: HttpRequest, named: Mapping[str, Any], refused: Refused | None) -> None:
    """Count a request that named a campaign and was let in, unless it failed by our own fault or the organization has
    no such campaign. ``named``: what stands in its address."""
    organization: Any = getattr(request, "auth", None)
    if "campaign_id" not in named or not isinstance(organization, Organization):
        return
    if refused is not None and (refused.status >= 500 or refused.status == THROTTLED or refused.errors == UNKNOWN):
        return
    try:
        campaign_id = read_uuid(named["campaign_id"])
    except ValueError:
        return
    calls.add(CalledCampaign(organization.id, campaign_id, datetime.now(UTC).date()))
