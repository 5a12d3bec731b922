from __future__ import annotations

import pytest

from passwright.interfaces.vital_signs import health, metrics
from passwright.interfaces.vital_signs.kept import Kept


@pytest.fixture(autouse=True)
def _asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept from the test before, and a test's transaction stays open."""
    for place in (health, metrics):
        monkeypatch.setattr(place, "close_old_connections", lambda: None)
    monkeypatch.setattr(health, "kept_readiness", Kept(health.readiness, 0.0))
    monkeypatch.setattr(metrics, "kept_backlog", Kept(metrics.kept_backlog.find_out, 0.0))
