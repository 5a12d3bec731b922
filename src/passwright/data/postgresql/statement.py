"""Statements for hot paths, where a cursor costs four times what the round trip does."""

from __future__ import annotations

from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import OperationalError, pq
from psycopg.errors import error_from_result

from passwright.data.postgresql.base import DatabaseWrapper

# The statement is unknown: DISCARD, or a pooler that gave us another server (26000). It was prepared before a
# migration changed what it returns (0A000). The pooler's server knows it from somebody else (42P05).
UNKNOWN_STATEMENT, CHANGED_RESULT, KNOWN_ALREADY = b"26000", b"0A000", b"42P05"

GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)

Cells = list[bytes | None]


class Statement:
    """One statement with ``$1`` parameters, prepared once a connection. Parameters and columns are PostgreSQL's texts.

    It runs in the thread's transaction if there is one, and is one by itself otherwise. In a transaction it is not
    prepared: should the server not know it any more, the transaction would be over.
    """

    def __init__(self, name: str, sql: str) -> None:
        self.name = name.encode()
        self.sql = sql.encode()

    def row(self, *parameters: str | None) -> Cells | None:
        """The first row, or None.

        Raises:
            django.db.Error: as any statement of Django's.
        """
        wrapper = cast(DatabaseWrapper, connections[DEFAULT_DB_ALIAS])
        with wrapper.wrap_database_errors:
            result = self._result(wrapper, [None if text is None else text.encode() for text in parameters])
        if not result.ntuples:
            return None
        return [result.get_value(0, column) for column in range(result.nfields)]

    def _result(self, wrapper: DatabaseWrapper, parameters: list[Any]) -> pq.abc.PGresult:
        wrapper.close_if_health_check_failed()
        wrapper.ensure_connection()
        server: pq.abc.PGconn = wrapper.connection.pgconn
        if wrapper.in_atomic_block:
            begin_if_due(server)
            return good(server.exec_params(self.sql, parameters))
        if self.name not in wrapper.prepared:
            self._prepare(wrapper, server)
        result = server.exec_prepared(self.name, parameters)
        if result.error_field(pq.DiagnosticField.SQLSTATE) not in (UNKNOWN_STATEMENT, CHANGED_RESULT):
            return good(result)
        server.exec_(b"DEALLOCATE " + self.name)
        self._prepare(wrapper, server)
        return good(server.exec_prepared(self.name, parameters))

    def _prepare(self, wrapper: DatabaseWrapper, server: pq.abc.PGconn) -> None:
        result = server.prepare(self.name, self.sql)
        known = result.error_field(pq.DiagnosticField.SQLSTATE) == KNOWN_ALREADY
        if not known:
            good(result)
        wrapper.prepared.add(self.name)


def begin_if_due(server: pq.abc.PGconn) -> None:
    """psycopg begins a transaction with its own first statement in it; one of ours may come before that."""
    if server.transaction_status == pq.TransactionStatus.IDLE:
        good(server.exec_(b"BEGIN"))


def good(result: pq.abc.PGresult) -> pq.abc.PGresult:
    """The result.

    Raises:
        psycopg.Error: if it is a failure.
    """
    if result.status not in GOOD:
        if result.error_field(pq.DiagnosticField.SQLSTATE) is None:  # libpq's own word: the connection is broken
            raise OperationalError(result.get_error_message())
        raise error_from_result(result)
    return result
