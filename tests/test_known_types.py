"""What threads read is known before they are there."""

from __future__ import annotations

from importlib import import_module

from passwright.known_types import know_types
from passwright.passes.content import Marks, Overrides, Revision
from passwright.passes.webhooks import Snapshot


def test_all_that_is_read_from_rows_and_requests_is_known() -> None:
    import_module("passwright.interfaces.api.routes")
    known = know_types()
    assert {Revision, Overrides, Marks, Snapshot} <= known
    assert len(known) > 100
    assert know_types() == known
