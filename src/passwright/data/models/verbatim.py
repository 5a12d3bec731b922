from __future__ import annotations

from typing import Any

import msgspec
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.json import Json


class VerbatimJSONField(models.JSONField):
    """A document that belongs to somebody else. Its column is ``json``, which keeps the order of keys and the spelling
    of numbers; ``jsonb`` sorts the one and writes 1e300 out."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        """Psycopg has read it already."""
        return value

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        return None if value is None else Json(value, dumps=msgspec.json.encode)
