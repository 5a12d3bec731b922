"""The PostgreSQL that starts by itself.

The commands of an installation share one server: the first starts it, the others join, the last one's end ends it,
even when all are killed with ``kill -9`` (see `passwright.embedded.supervisor`).
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from passwright.embedded import account, supervisor
from passwright.embedded.supervisor import (
    NotStarted,
    Plan,
    open_own,
    read_own,
    read_status,
    sync_folder,
    try_lock,
    write_own,
)

SLOW = 5.0  # seconds after which a wait is explained
GUARD = 1.0  # seconds between two looks whether the server is lost
LONGEST_STOP = 60.0  # seconds: more than the supervisor allows itself
ROLE = DATABASE = "passwright"
PROGRESS = {"creating": "Creating the database …", "starting": "Starting the database …"}


class DatabaseNotStarted(SystemExit):
    """One clear line: why the embedded PostgreSQL does not run, and what to do."""


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL. The URL holds its password."""

    url: str
    folder: Path

    def __repr__(self) -> str:
        return f"Server(folder={str(self.folder)!r})"


def say_nothing(_: str) -> None:
    """For callers that show no progress."""


@contextmanager
def running(
    folder: Path,
    *,
    say: Callable[[str], None] = say_nothing,
    options: Mapping[str, str] | None = None,
    ephemeral: bool = False,
    state: Path = account.STATE,
) -> Iterator[Server]:
    """The server of this folder, started or joined, for as long as the block lasts.

    Should it be lost meanwhile it is started again on the same socket, so that clients only need to reconnect.
    ``options`` are PostgreSQL settings for the one who starts it; ``ephemeral`` deletes everything at the end;
    ``state`` is where root keeps data whose folder an unprivileged user cannot reach.

    Raises:
        DatabaseNotStarted: with one line that says why.
    """
    try:
        use = Use(folder.absolute(), say, dict(options or {}), ephemeral, state)
    except NotStarted as error:
        raise DatabaseNotStarted(f"passwright: {error}.") from None
    except PermissionError as error:
        raise DatabaseNotStarted(
            f"passwright: the database in {folder} is not yours to use ({error.filename}: permission denied): "
            "start as root or as the user it belongs to, or set another PASSWRIGHT_HOME."
        ) from None
    except OSError as error:
        raise DatabaseNotStarted(f"passwright: the database in {folder} cannot be used: {error}.") from None
    try:
        yield use.server
    finally:
        use.close()


class Use:
    """One command's use of the server."""

    def __init__(
        self, folder: Path, say: Callable[[str], None], options: dict[str, str], ephemeral: bool, state: Path
    ) -> None:
        self.folder, self.say, self.options, self.ephemeral = folder, say, options, ephemeral
        account.make_folder(folder)
        with self.only_starter():
            self.ground = account.chosen_ground(folder, state)
            self.users = open_own(self.ground / "users.lock", os.O_RDWR)
            try:
                wait_for_lock(self.users, fcntl.LOCK_SH, lambda: say("Waiting for the database to finish stopping …"))
                self.server = self.reach()
            except BaseException:
                os.close(self.users)
                raise
        self.over = threading.Event()
        self.guard = threading.Thread(target=self.keep, name="embedded PostgreSQL", daemon=True)
        self.guard.start()

    @contextmanager
    def only_starter(self) -> Iterator[None]:
        """One command at a time looks whether there is a server, and starts it."""
        descriptor = open_own(self.folder / "start.lock", os.O_RDWR)
        try:
            wait_for_lock(descriptor, fcntl.LOCK_EX, lambda: self.say("Another command starts the database; waiting …"))
            yield
        finally:
            let_go(descriptor)

    def reach(self) -> Server:
        """Start a supervisor unless one lives, and wait until its server accepts.

        Raises:
            NotStarted: if the supervisor gave up.
        """
        nonce, told, slow_at = "", "", time.monotonic() + SLOW
        while True:
            with self.supervisor_lock() as lock:
                if lock is not None and nonce:
                    raise NotStarted(self.verdict(nonce))
                if lock is not None:
                    nonce = self.start_supervisor(lock)
            status = read_status(self.ground)
            if status and status.state == "ready" and accepts(status.socket):
                return Server(self.url(status.socket), self.ground)
            if status and status.state in PROGRESS and status.state != told:
                told = status.state
                self.say(PROGRESS[told])
            if time.monotonic() > slow_at:
                self.say(f"Still waiting for the database (its log: {self.log}) …")
                slow_at = time.monotonic() + 4 * SLOW
            time.sleep(0.01)

    @contextmanager
    def supervisor_lock(self) -> Iterator[int | None]:
        """The lock that a living supervisor holds; None while one lives."""
        descriptor = open_own(self.ground / "server.lock", os.O_RDWR)
        self.handed_over = False
        try:
            yield descriptor if try_lock(descriptor) else None
        finally:
            if self.handed_over:
                os.close(descriptor)  # the supervisor holds the lock by the same open file
            else:
                let_go(descriptor)

    def start_supervisor(self, lock: int) -> str:
        """Hand it the lock that we hold, so that at no moment nobody holds it. Gives the nonce of its status."""
        who = account.chosen_account(self.ground)
        earlier = read_status(self.ground)
        (self.ground / "status.json").unlink(missing_ok=True)
        plan = Plan(
            ground=str(self.ground),
            binaries=str(account.chosen_binaries(who, self.ground)),
            password_file=str(self.password_file()),
            log=str(self.log),
            server_lock=lock,
            nonce=secrets.token_hex(8),
            uid=who.uid if who else None,
            gid=who.gid if who else None,
            options=self.options,
            ephemeral=self.ephemeral,
            earlier_socket=earlier.socket if earlier else "",
        )
        program = [sys.executable, "-I", "-S", supervisor.__file__, json.dumps(asdict(plan))]
        with os.fdopen(open_own(self.log, os.O_WRONLY | os.O_APPEND), "ab") as log:
            subprocess.run(program, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[lock], check=True)
        self.handed_over = True
        return plan.nonce

    def verdict(self, nonce: str) -> str:
        status = read_status(self.ground)
        if status and status.nonce == nonce and status.state == "failed":
            return status.line
        return f"the database was stopped before it was ready (its log: {self.log})"

    @property
    def log(self) -> Path:
        return self.ground / "postgres.log"

    def password_file(self) -> Path:
        """Made once, before the data. Without it the data are of no use, so a lost one is not made anew."""
        path = self.ground / "password"
        if not path.exists():
            if (self.ground / "data").exists():
                raise NotStarted(f"{path} is missing: restore it from your backup")
            write_own(path, secrets.token_urlsafe(24))
            sync_folder(self.ground)
        return path

    def url(self, sockets: str) -> str:
        password = read_own(self.ground / "password").strip()
        return f"postgresql://{ROLE}:{quote(password)}@/{DATABASE}?host={quote(sockets, safe='')}"

    # Staying

    def keep(self) -> None:
        """Start it again should even its supervisor be killed."""
        while not self.over.wait(GUARD):
            try:
                with self.only_starter():
                    with self.supervisor_lock() as lock:
                        lost = lock is not None
                    if lost and not self.over.is_set():
                        self.say("The database was lost; starting it again …")
                        self.reach()
            except (NotStarted, OSError) as error:
                self.say(f"The database could not be started again: {error}.")
                self.over.wait(10 * GUARD)

    # Leaving

    def close(self) -> None:
        """The last one waits until everything is on disk; the others leave at once."""
        self.over.set()
        self.guard.join()
        os.close(self.users)
        with suppress(FileNotFoundError):
            lock = os.open(self.ground / "server.lock", os.O_RDWR | os.O_CLOEXEC)
            try:
                self.wait_for_end(lock)
            finally:
                os.close(lock)

    def wait_for_end(self, lock: int) -> None:
        until = time.monotonic() + LONGEST_STOP
        while not try_lock(lock) and time.monotonic() < until:
            status = read_status(self.ground)
            if status and status.state not in {"stopping", "stopped"}:
                if not self.is_nobody_left():
                    return
                with suppress(ProcessLookupError):
                    os.kill(status.pid, signal.SIGUSR1)  # look now, not at the next tick
            time.sleep(0.02)

    def is_nobody_left(self) -> bool:
        with suppress(FileNotFoundError):
            descriptor = os.open(self.ground / "users.lock", os.O_RDWR | os.O_CLOEXEC)
            try:
                # Not to be had at all: the supervisor holds it, which has found nobody and is about to stop.
                return try_lock(descriptor) or not try_lock(descriptor, exclusive=False)
            finally:
                os.close(descriptor)
        return True


def wait_for_lock(descriptor: int, kind: int, say_so: Callable[[], None]) -> None:
    """Take the lock; explain a wait of more than half a second."""
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        if try_lock(descriptor, exclusive=kind == fcntl.LOCK_EX):
            return
        time.sleep(0.01)
    say_so()
    fcntl.flock(descriptor, kind)


def let_go(descriptor: int) -> None:
    """Give the lock back and close. Closing alone would not do if another thread forks now: the child shares it."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def accepts(folder: str) -> bool:
    """Whether somebody listens on the socket; the status of a killed supervisor may lie."""
    with socket.socket(socket.AF_UNIX) as end:
        try:
            end.connect(f"{folder}/.s.PGSQL.5432")
        except OSError:
            return False
    return True
