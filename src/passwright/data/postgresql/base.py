from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with a health check that costs no round trip and a place for prepared statements."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        self.prepared: set[bytes] = set()
        """Names of the statements that the present connection knows (`passwright.data.postgresql.statement`)."""
        connection: psycopg.Connection[Any] = super().get_new_connection(conn_params)
        return connection

    def is_usable(self) -> bool:
        """Whether the connection still stands, asked once a request (``CONN_HEALTH_CHECKS``).

        A server that stopped, or was killed, has closed its end, and then the socket has something to read: the end
        of the stream. Only in that case is the server asked, as Django does every time.
        """
        connection = self.connection
        if connection is None or connection.closed:
            return False
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        return not waiting.poll(0) or bool(super().is_usable())
