"""Folders of their own for clusters, and other processes that use them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from passwright.embedded.postgres import running
from passwright.embedded.supervisor import cluster_name, processes, read_status

USE = """
import sys, time
from pathlib import Path
from passwright.embedded.postgres import running
with running(Path(sys.argv[1]), say=lambda line: print(line, file=sys.stderr), options={"fsync": "off"}) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""

Wait = Callable[..., None]


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that everybody can pass through; pytest's own is closed to the user that root's PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="pw-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """A cluster that was made and stopped: copying it costs a tenth of making it."""
    folder = Path(tempfile.mkdtemp(prefix="pw-"))
    folder.chmod(0o711)
    with running(folder / "postgres", options={"fsync": "off"}):
        pass
    yield folder / "postgres"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def prepared(template: Path) -> Callable[[Path], Path]:
    """Put a stopped cluster there."""

    def put(folder: Path) -> Path:
        subprocess.run(["cp", "-a", template, folder], check=True)
        return folder

    return put


def progress(said: list[str]) -> list[str]:
    """What was said but for the excuses of a slow machine."""
    return [line for line in said if "wait" not in line.lower()]


@pytest.fixture
def wait_until() -> Wait:
    def wait(question: Callable[[], object], *, seconds: float = 10) -> None:
        until = time.monotonic() + seconds
        while not question():
            assert time.monotonic() < until, "it did not happen in time"
            time.sleep(0.02)

    return wait


class Application:
    """Another command that uses a cluster, in a process of its own."""

    def __init__(self, folder: Path, *, python: tuple[str, ...] = (sys.executable,)) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*python, "-c", USE, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/",
        )  # fmt: skip

    @property
    def url(self) -> str:
        """Waits until it runs."""
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line, self.said()
        return line

    def said(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read()

    def leave(self) -> str:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)
        return self.said()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for end in (self.process.stdin, self.process.stdout, self.process.stderr):
            if end:
                with suppress(BrokenPipeError):
                    end.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Application]]:
    """Start an application; whatever still runs at the end of the test is killed, and its cluster with it."""
    started: list[Application] = []

    def start_one(folder: Path, **more: tuple[str, ...]) -> Application:
        started.append(Application(folder, **more))
        return started[-1]

    yield start_one
    for application in started:
        application.close()
    for application in started:
        until = time.monotonic() + 10
        while processes_of(application.folder) and time.monotonic() < until:
            time.sleep(0.02)
        assert processes_of(application.folder) == []


def processes_of(ground: Path) -> list[int]:
    """The numbers of a cluster's PostgreSQL processes, whoever they run as."""
    uids = {ground.stat().st_uid} if ground.exists() else set()
    if (ground / "data").is_dir():
        uids.add((ground / "data").stat().st_uid)
    return [pid for uid in uids for pid in processes(cluster_name(ground), uid)]


def postmaster_of(ground: Path) -> int:
    return int((ground / "data" / "postmaster.pid").read_text().split("\n")[0])


def supervisor_of(ground: Path) -> int:
    status = read_status(ground)
    assert status
    return status.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False


def ask(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[call-overload]  # the test's own literals
        return list(cursor.fetchall()) if cursor.description else []
