"""Work for later, named inside the transaction of the change: it is lost and found with it.

The job is written through Django's own connection even inside a worker, whose procrastinate app otherwise uses
another one: only so does it belong to the caller's transaction.
"""

from __future__ import annotations

from typing import Any

from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

_jobs = JobManager(DjangoConnector())


def defer(name: str, *, priority: int = 0, **arguments: Any) -> None:
    """Write the job ``name`` (a task of `passwright.interfaces.jobs`) in the caller's transaction.

    ``arguments`` are JSON values. Jobs of a higher ``priority`` go first, then the oldest. A job may run more than
    once: its operation must be safe to repeat.
    """
    configure_task(name=name, job_manager=_jobs, priority=priority).defer(**arguments)
