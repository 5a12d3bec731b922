from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


@cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """App and name of every migration that this version has."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations or ())


def are_applied() -> bool:
    """Whether the database has all migrations of this version; it may have more, of a newer one.

    Raises:
        django.db.Error: if the database cannot be asked.
    """
    return known_migrations() <= MigrationRecorder(connection).applied_migrations().keys()
