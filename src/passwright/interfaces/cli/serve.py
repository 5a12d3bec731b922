"""The platform's processes: web, worker, and both with the database."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

import click

from passwright.environment import Environment
from passwright.interfaces.cli.installation import installation, quiet, say, this_command


def refuse_taken_address(environment: Environment) -> None:
    """One clear line now instead of a server that cannot start later."""
    host, _, port = environment.listen.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise click.ClickException(
                f"PASSWRIGHT_LISTEN: {environment.listen} cannot be used: {error.strerror or error}. "
                "Stop what listens there or choose another address, such as PASSWRIGHT_LISTEN=127.0.0.1:8001."
            ) from error


@click.command()
@click.option("--quiet", "silent", is_flag=True, help="Say nothing while all is well.")
def up(silent: bool) -> None:
    """Start the platform: database, web and worker."""
    from passwright.embedded.supervise import Command, run_together

    tell = quiet if silent else say
    with installation(say=tell) as environment:
        refuse_taken_address(environment)
        tell(f"Passwright runs at {environment.public_url} (stop with Ctrl-C)")
        commands = [Command(name, (*this_command(), name)) for name in ("web", "worker")]
        raise SystemExit(run_together(commands, say=tell))


@click.command()
def web() -> None:
    """Start the web server alone."""
    from passwright.interfaces.web import WebServer

    with installation(say=quiet, migrates=False) as environment:
        refuse_taken_address(environment)
        WebServer(environment).run()


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Jobs at a time.")
def worker(concurrency: int) -> None:
    """Start a worker: it does the jobs that changes left behind."""
    with installation(say=quiet, migrates=False), suppress(KeyboardInterrupt):
        asyncio.run(work(concurrency))


async def work(concurrency: int) -> None:
    """Do jobs until told to stop."""
    from procrastinate.contrib.django.django_connector import DjangoConnector

    from passwright.interfaces import jobs

    connector = jobs.app.connector
    assert isinstance(connector, DjangoConnector)
    with jobs.app.replace_connector(connector.get_worker_connector()) as app:
        async with app.open_async():
            await app.run_worker_async(
                concurrency=concurrency,
                delete_jobs="successful",
                fetch_job_polling_interval=2.0,
                update_heartbeat_interval=jobs.HEARTBEAT_SECONDS,
                stalled_worker_timeout=jobs.STALLED_AFTER_SECONDS,
                shutdown_graceful_timeout=15.0,
            )


@click.command("migrate")
def migrate_command() -> None:
    """Bring the tables and the development certificates up to date."""
    with installation():
        say("The tables are up to date.")


@click.command()
def shell() -> None:
    """Django's shell on this installation."""
    from django.core.management import call_command

    with installation():
        call_command("shell")
