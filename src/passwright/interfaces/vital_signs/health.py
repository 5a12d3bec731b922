"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

import msgspec
from django.db import Error, close_old_connections

from passwright import storage
from passwright.interfaces.vital_signs.answers import Answer, Environ, in_json
from passwright.interfaces.vital_signs.kept import Kept, Late
from passwright.queries.migrations import are_applied

KEPT_SECONDS = 1.0
"""How long an answer of ``/ready`` is given again: anybody may ask, and it costs a statement and a file."""


class Readiness(msgspec.Struct, frozen=True):
    """Each ``ok`` or what is wrong, in fixed words: errors of a database name hosts and users."""

    database: str = "ok"
    migrations: str = "ok"
    storage: str = "ok"


def readiness() -> Readiness:
    written = "ok" if storage.is_writable() else "not writable"
    try:
        close_old_connections()
        applied = "ok" if are_applied() else "missing: run passwright migrate"
    except Error:
        return Readiness(database="unreachable", migrations="unknown", storage=written)
    return Readiness(migrations=applied, storage=written)


kept_readiness = Kept(readiness, KEPT_SECONDS)


def health(environ: Environ) -> Answer:
    return in_json("200 OK", {"status": "ok"})


def ready(environ: Environ) -> Answer:
    """503 also of a process that is told to stop: the balancer goes elsewhere, and nothing is lost."""
    if environ.get("passwright.stopping"):
        return in_json("503 Service Unavailable", {"ready": False, "process": "stopping"})
    try:
        state = kept_readiness.get()
    except Late:
        state = Readiness(database="does not answer", migrations="unknown", storage="unknown")
    is_ready = state == Readiness()
    return in_json(
        "200 OK" if is_ready else "503 Service Unavailable",
        {"ready": is_ready, "process": "ok", **msgspec.to_builtins(state)},
    )
