"""What every command needs before it can do its work: the environment, the database, Django."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from passwright.environment import Environment, read_environment

Say = Callable[[str], None]

MIGRATION_LOCK = 0x7061_7373
"""Of two processes that migrate at once, one waits."""


def say(line: str) -> None:
    """Progress goes to standard error, results to standard output."""
    click.echo(click.style(line, dim=True), err=True)


def quiet(_line: str) -> None:
    """For commands whose standard error should stay empty when all is well."""


@contextmanager
def database(environment: Environment, *, say: Say = say) -> Iterator[None]:
    """Have a PostgreSQL: the one in DATABASE_URL, or our own, started or joined."""
    if environment.database_url:
        yield
        return
    from passwright.embedded import postgres

    with postgres.running(environment.home / "postgres", say=say) as server:
        os.environ["DATABASE_URL"] = server.url
        try:
            yield
        finally:
            os.environ.pop("DATABASE_URL", None)


def start_django(environment: Environment) -> None:
    import django

    from passwright import logs

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "passwright.settings")
    logs.configure(environment)
    django.setup()


def pending_migrations() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def check_version() -> None:
    """Refuse a PostgreSQL older than 15."""
    from django.db import connection

    with connection.cursor():
        version = connection.pg_version  # type: ignore[attr-defined]  # only the PostgreSQL backend has it
    if version < 150000:
        raise click.ClickException(
            f"DATABASE_URL: this is PostgreSQL {version // 10000}. Passwright needs PostgreSQL 15 or newer."
        )


def refuse_foreign_secret() -> None:
    from passwright.operations.check_secret import ForeignSecret, check_secret

    try:
        check_secret(now=datetime.now(UTC))
    except ForeignSecret as error:
        raise click.ClickException(str(error)) from error


def migrate(*, say: Say = say) -> None:
    """Bring tables, webhooks and the development certificates up to date. Safe beside itself on many machines."""
    from django.core.management import call_command
    from django.db import connection

    from passwright.operations.adopt_webhook_urls import adopt_webhook_urls
    from passwright.operations.make_development_certificates import make_development_certificates

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            if pending_migrations():
                say("Preparing the tables …")
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
    refuse_foreign_secret()
    adopt_webhook_urls(now=datetime.now(UTC))
    if read_environment().development_ca:
        make_development_certificates(now=datetime.now(UTC))


@contextmanager
def installation(*, say: Say = say, migrates: bool = True) -> Iterator[Environment]:
    """A running installation: database up, Django ready, tables as this version needs them.

    With ``migrates`` False, pending migrations end the command with a line that says what to do.
    """
    from django.db.utils import OperationalError

    environment = read_environment()
    with database(environment, say=say):
        start_django(environment)
        try:
            check_version()
            if migrates:
                migrate(say=say)
            elif pending_migrations():
                raise click.ClickException("The tables are older than this version. Run: passwright migrate")
            else:
                refuse_foreign_secret()
        except OperationalError as error:
            reason = " ".join(str(error).split())
            raise click.ClickException(f"DATABASE_URL: the database cannot be reached: {reason}") from error
        yield environment


def this_command() -> list[str]:
    """How to start ourselves again, for child processes."""
    return [sys.executable, "-m", "passwright"]
