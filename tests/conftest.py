"""What all tests share. The run's PostgreSQL and home come from tests/plugin.py, before Django's settings are read."""

from __future__ import annotations

from importlib import import_module

import pytest

from passwright.known_types import know_types


@pytest.fixture(scope="session", autouse=True)
def known_types() -> None:
    """As every process of the platform does before it has threads: tests have threads too."""
    import_module("passwright.interfaces.api.routes")
    import_module("passwright.interfaces.jobs")
    know_types()
