"""Work for later, named inside the transaction of the change: it is lost and found with it."""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django import app


def defer(name: str, **arguments: Any) -> None:
    """Write the job ``name`` (a task of `passwright.interfaces.jobs`) in the caller's transaction."""
    app.configure_task(name, allow_unknown=True).defer(**arguments)
