"""The platform's processes: web, worker, and both with the database."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import click
import structlog

from passwright.environment import Environment, read_environment
from passwright.interfaces.cli.installation import installation, quiet, say, this_command
from passwright.interfaces.seldom import Seldom

if TYPE_CHECKING:
    from procrastinate.app import WorkerOptions
    from procrastinate.worker import Worker

log = structlog.get_logger(__name__)

FREE = {"PASSWRIGHT_LISTEN": 8001, "PASSWRIGHT_METRICS_LISTEN": 9101, "PASSWRIGHT_WORKER_LISTEN": 9102}
"""Ports that are mostly free, to propose."""

STOP_SECONDS = 30.0
"""For web and worker together, beside what the web process drains."""

JOBS_SECONDS = 15.0
"""What a worker that stops gives the jobs at hand."""

GOODBYE_SECONDS = 5.0
"""Then, to tell the database that it is gone."""

PAUSE_SECONDS = 1.0
"""Between the loss of the database and the next try, while a worker waits for it."""


def refuse_taken_address(environment: Environment, *settings: str) -> None:
    """One clear line now instead of a server that cannot start later. ``settings``: which are to be used."""
    for setting in settings or ("listen",):
        if address := getattr(environment, setting):
            try_address(f"PASSWRIGHT_{setting.upper()}", address)


def try_address(variable: str, address: str) -> None:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), int(port)))
        except OSError as error:
            raise click.ClickException(
                f"{variable}: {address} cannot be used: {error.strerror or error}. "
                f"Stop what listens there or choose another address, such as {variable}=127.0.0.1:{FREE[variable]}."
            ) from error


@click.command()
@click.option("--quiet", "silent", is_flag=True, help="Say nothing while all is well.")
def up(silent: bool) -> None:
    """Start the platform: database, web and worker."""
    from passwright.embedded.supervise import Command, run_together

    tell = quiet if silent else say
    with installation(say=tell) as environment:
        refuse_taken_address(environment, "listen", "metrics_listen", "worker_listen")
        tell(f"Passwright runs at {environment.public_url} (stop with Ctrl-C)")
        commands = [Command(name, (*this_command(), name)) for name in ("web", "worker")]
        raise SystemExit(run_together(commands, say=tell, grace=STOP_SECONDS + environment.drain_seconds))


@click.command()
def web() -> None:
    """Start the web server alone."""
    from passwright.interfaces.vital_signs.together import counting_together
    from passwright.interfaces.web import WebServer

    with ExitStack() as around:
        chosen = read_environment()
        if chosen.counts:
            around.enter_context(counting_together(chosen.home))
        environment = around.enter_context(installation(say=quiet, migrates=False))
        refuse_taken_address(environment, "listen", "metrics_listen")
        limit_statements()
        WebServer(environment).run()


def limit_statements() -> None:
    """Every connection made from now on has the web's time limits; what DATABASE_URL itself asks for goes before.

    The one that is open is closed: gunicorn forks, and two processes must not talk on one connection.
    """
    from django.db import connection, connections

    from passwright.settings import WEB_LIMITS

    options = connection.settings_dict["OPTIONS"]
    options["options"] = f"{WEB_LIMITS} {options.get('options', '')}".rstrip()
    connections.close_all()


@click.command(short_help="Start a worker: it does jobs, and carries pushes and webhooks.")
@click.option("--concurrency", type=click.IntRange(1, 64), default=4, show_default=True, help="Jobs at a time.")
def worker(concurrency: int) -> None:
    """Start a worker: it does the jobs that changes left behind, and carries pushes and webhooks."""
    with installation(say=quiet, migrates=False) as environment:
        from django.db import connections

        from passwright.interfaces import jobs  # noqa: F401 - what its threads read is made known below
        from passwright.interfaces.couriers import carrying, couriers
        from passwright.interfaces.vital_signs.listener import telling
        from passwright.known_types import know_types

        know_types()

        refuse_taken_address(environment, "worker_listen")
        connections.close_all()  # each thread makes its own
        stop = threading.Event()
        with telling(environment.worker_listen, stopping=stop.is_set), carrying(couriers(), stop=stop):
            asyncio.run(work(concurrency, stop))


async def work(concurrency: int, stop: threading.Event) -> None:
    """Do jobs until told to stop. While the database is lost, wait for it: it may only be restarting."""
    told = stop_signal(stop)
    say_loss_once()
    says_loss = Seldom()
    while not told.is_set():
        lost = await do_jobs(concurrency, told)
        if told.is_set():
            break
        if says_loss():
            log.warning("worker_lost_the_database_and_tries_again", reason=lost)
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), PAUSE_SECONDS)
    await end_what_is_left()


async def end_what_is_left() -> None:
    """Cancel all other tasks until they are gone. asyncio itself does it once and waits for them then; but a task of
    psycopg's pool that is just connecting takes that for a failure to connect, and goes on."""
    while left := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=0.2)


def stop_signal(also: threading.Event) -> asyncio.Event:
    """Set, with ``also`` for the threads, by the first SIGTERM or SIGINT; a second one ends the process as it always
    does."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        told.set()
        also.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    return told


async def do_jobs(concurrency: int, told: asyncio.Event) -> str:
    """Do jobs until told to stop or until the database is lost; then the reason."""
    from procrastinate.exceptions import ConnectorException
    from psycopg import OperationalError

    stopping, working = asyncio.create_task(told.wait()), asyncio.create_task(run_worker(concurrency, told))
    await asyncio.wait({stopping, working}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    working.cancel()  # it finishes the jobs at hand
    await asyncio.wait({working}, timeout=JOBS_SECONDS + GOODBYE_SECONDS)
    working.cancel()  # it waits for a database that is lost
    try:
        await working
    except asyncio.CancelledError:
        return ""
    except (ConnectorException, OperationalError) as error:
        return " ".join(str(error.__cause__ or error).split())
    return "the connection was closed"


async def run_worker(concurrency: int, told: asyncio.Event) -> None:
    """procrastinate's worker on connections of its own. It returns by itself when one of its parts has failed.

    Who stops it cancels it, with ``told`` set: while it starts, what it waits for may swallow the cancellation
    (https://github.com/python/cpython/issues/86296, until Python 3.12).
    """
    from procrastinate.contrib.django.django_connector import DjangoConnector
    from procrastinate.worker import Worker

    from passwright.interfaces import jobs

    connector = jobs.app.connector
    assert isinstance(connector, DjangoConnector)
    own = connector.get_worker_connector()
    with jobs.app.replace_connector(own) as app:
        app.perform_import_paths()  # type: ignore[no-untyped-call]  # procrastinate says nothing of its types
        settings: WorkerOptions = {
            **app.worker_defaults,
            "concurrency": concurrency,
            "delete_jobs": "successful",
            "fetch_job_polling_interval": 2.0,
            "update_heartbeat_interval": jobs.HEARTBEAT_SECONDS,
            "stalled_worker_timeout": jobs.STALLED_AFTER_SECONDS,
            "shutdown_graceful_timeout": JOBS_SECONDS,
            "install_signal_handlers": False,
        }
        worker = Worker(app=app, **settings)  # as its run_worker_async makes it, but one that can be told to stop
        stopping = asyncio.create_task(stop_when(told, worker))
        try:
            await app.open_async()
            if not told.is_set():
                await worker.run()  # type: ignore[no-untyped-call]  # likewise
        finally:
            stopping.cancel()
            await own.close_async()  # also of a pool that was only just opening


async def stop_when(told: asyncio.Event, worker: Worker) -> None:
    await told.wait()
    worker.stop()  # type: ignore[no-untyped-call]  # likewise


def say_loss_once() -> None:
    """`work` says that the database is lost. The parts of the worker, which all find out, need not."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_not_the_loss)


def is_not_the_loss(record: logging.LogRecord) -> bool:
    from procrastinate.exceptions import ConnectorException

    return not (record.exc_info and isinstance(record.exc_info[1], ConnectorException))


@click.command("migrate", short_help="Bring tables and development certificates up to date.")
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
