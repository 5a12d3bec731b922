"""What the platform counts of itself, for Prometheus: never a word of a tenant, and labels out of small fixed sets.

In a worker the numbers are in its memory. Web processes share theirs through files, so that each of them can tell the
sum, and a process that ends takes none with it.
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Where web processes count together (`passwright.interfaces.vital_signs.together`)."""

SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)

COUNTED = CollectorRegistry()
REQUESTS = Histogram(
    "passwright_http_request_seconds",
    "Requests of the web process: from a request that has arrived whole to its answer.",
    ["door", "method", "status"],
    buckets=SECONDS,
    registry=COUNTED,
)
PUSHES = Counter("passwright_pushes", "Pushes sent, by what the push service said.", ["outcome"], registry=COUNTED)
WEBHOOKS = Counter("passwright_webhooks", "Webhooks sent, by what came of it.", ["outcome"], registry=COUNTED)
REFUSED_CLAIMS = Counter(
    "passwright_refused_claims",
    "Forms at links that made no pass because of who sent them: a filled-in trap, a crowd from one address, no proof.",
    ["reason"],
    registry=COUNTED,
)

for pushed in ("accepted", "refused", "gone", "retry", "certificate"):
    PUSHES.labels(pushed)  # from 0 on: what never happened is told too
for refused in ("trap", "crowd", "proof"):
    REFUSED_CLAIMS.labels(refused)
for told in ("delivered", "retry", "failed"):
    WEBHOOKS.labels(told)


def counted() -> CollectorRegistry:
    """All that was counted; together with the other web processes, if there are any."""
    folder = os.environ.get(SHARED)
    if not folder:
        return COUNTED
    together = CollectorRegistry()
    MultiProcessCollector(together, folder)  # type: ignore[no-untyped-call]
    return together
