"""Rows of models out of the cells of a `Statement`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from django.db import DEFAULT_DB_ALIAS, models

from passwright.data.models.verbatim import VerbatimJSONField

Row = TypeVar("Row", bound=models.Model)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(cell: bytes) -> str:
    return cell.decode()


def moment(cell: bytes) -> datetime:
    """The moment of ``extract(epoch FROM ...)``, exact to the microsecond.

    >>> moment(b"-0.500000")
    datetime.datetime(1969, 12, 31, 23, 59, 59, 500000, tzinfo=datetime.timezone.utc)
    """
    seconds, _, fraction = cell.decode().partition(".")
    return EPOCH + timedelta(microseconds=int(seconds + fraction.ljust(6, "0")))


def optional_moment(cell: bytes | None) -> datetime | None:
    return None if cell is None else moment(cell)


def uuid(cell: bytes) -> UUID:
    return UUID(cell.decode())


def truth(cell: bytes) -> bool:
    return cell == b"t"


def octets(cell: bytes) -> bytes:
    """PostgreSQL writes ``bytea`` as ``\\x`` and hex digits."""
    return bytes.fromhex(cell[2:].decode())


READERS: dict[type[models.Field[Any, Any]], Callable[[bytes], Any]] = {
    models.UUIDField: uuid,
    models.TextField: text,
    models.BigIntegerField: int,
    models.IntegerField: int,
    models.BooleanField: truth,
    models.DateTimeField: moment,
    models.JSONField: msgspec.json.decode,
    VerbatimJSONField: msgspec.json.decode,
    models.BinaryField: octets,
}


class Reader(Generic[Row]):
    """What a statement has to select for a model's row, and the row out of what comes back."""

    def __init__(self, model: type[Row]) -> None:
        fields = model._meta.concrete_fields
        self.model = model
        self.names = [field.attname for field in fields]
        self.readers = [reader_of(field) for field in fields]
        self.columns = ", ".join(column(model._meta.db_table, field) for field in fields)

    def row(self, cells: list[bytes | None]) -> Row:
        """The row of the first cells."""
        values = [None if cell is None else read(cell) for read, cell in zip(self.readers, cells, strict=False)]
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)


def reader_of(field: models.Field[Any, Any]) -> Callable[[bytes], Any]:
    return READERS[type(field.target_field if isinstance(field, models.ForeignKey) else field)]


def column(table: str, field: models.Field[Any, Any]) -> str:
    name = f"{table}.{field.column}"
    return f"extract(epoch FROM {name})" if isinstance(field, models.DateTimeField) else name
