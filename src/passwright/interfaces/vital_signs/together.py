"""How the web processes of one server count together. Imported before whatever counts."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""prometheus-client reads this when it is imported, and then counts in files there."""


@contextmanager
def counting_together(home: Path) -> Iterator[None]:
    """This process and those that it forks share their counts, in a folder below ``home`` that goes at the end."""
    assert "prometheus_client" not in sys.modules, "it has decided to count alone"
    place = home / "counts"
    place.mkdir(parents=True, exist_ok=True)
    remove_left(place)
    folder = tempfile.mkdtemp(dir=place)
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)
    os.environ[SHARED] = folder
    try:
        yield
    finally:
        del os.environ[SHARED]
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def remove_left(place: Path) -> None:
    """Folders of processes that were killed: nobody holds them any more."""
    for folder in place.iterdir():
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)
