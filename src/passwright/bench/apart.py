"""Measuring in a process and a database of their own, both gone afterwards: its Django knows no other database."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from passwright.bench.http import PASSWRIGHT, command, environment_of


def measured_apart(module: str, *arguments: str) -> str:
    """What ``module`` says when it is run as a program with these arguments, on tables without rows.

    Raises:
        BenchmarkFailed: with what it said when it failed.
    """
    from passwright.embedded import postgres

    folder = Path(tempfile.mkdtemp(prefix="passwright-bench-"))
    folder.chmod(0o711)  # root's PostgreSQL runs as somebody else, who has to pass
    try:
        with postgres.running(folder, ephemeral=True) as database:
            environment = environment_of(folder, database.url) | {"DJANGO_SETTINGS_MODULE": "passwright.settings"}
            command([*PASSWRIGHT, "migrate"], environment)
            return command([sys.executable, "-m", module, *arguments], environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
