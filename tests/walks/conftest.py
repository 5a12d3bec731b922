"""A whole installation for a story: a database of its own, a home of its own, real processes."""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import requests
from PIL import Image

COMMAND = [sys.executable, "-m", "passwright"]


@dataclass
class Installation:
    """One installation and the processes that a story has started in it."""

    url: str
    home: Path
    base: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    """Environment variables beside those that every installation needs."""

    @property
    def database(self) -> str:
        return urlsplit(self.url).path.removeprefix("/")

    @property
    def environment(self) -> dict[str, str]:
        mine = {
            "DATABASE_URL": self.url,
            "PASSWRIGHT_HOME": str(self.home),
            "PASSWRIGHT_LISTEN": self.base.removeprefix("http://"),
        }
        return {**os.environ, **mine, **self.settings}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def organization(self, name: str = "Toy Town") -> dict[str, Any]:
        made = self.run("organization", "create", name, "--json")
        assert made.returncode == 0, made.stderr
        credentials: dict[str, Any] = json.loads(made.stdout)
        return credentials

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([*COMMAND, *arguments], env={**self.environment, **settings}, start_new_session=True)
        self.processes.append(process)
        return process

    @contextmanager
    def rows(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection

    def one(self, query: str, *values: object) -> Any:
        with self.rows() as connection:
            row = connection.execute(query, values).fetchone()  # type: ignore[arg-type]  # the test's own text
            return None if row is None else row[0]


def kill(process: subprocess.Popen[bytes]) -> None:
    """As the kernel does when memory runs out: no goodbye, for the process and all its children."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def eventually(true: Callable[[], bool], *, within: float, what: str) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if true():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {within} seconds")


def icon() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (76, 76), "#c51f1f").save(picture, "PNG")
    return picture.getvalue()


def answering(base: str) -> bool:
    try:
        return requests.get(f"{base}/v2/ping", timeout=2).ok
    except requests.RequestException:
        return False


def new_campaign(installation: Installation, login: tuple[str, str], **content: Any) -> str:
    """The path of a campaign with an icon, made over the wire once the web process answers."""
    eventually(lambda: answering(installation.base), within=60, what="the web process answers")
    asset = requests.post(
        f"{installation.base}/v2/assets",
        files={"asset[file]": ("icon.png", icon(), "image/png")},
        data={"asset[asset_type]": "icon"},
        auth=login,
        timeout=30,
    ).json()
    named = {"name": "Members", "icon_id": asset["id"], **content}
    made = requests.post(f"{installation.base}/v2/generics", json={"generic": named}, auth=login, timeout=30).json()
    return f"/v2/generics/{made['id']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def on_the_server(statement: str) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[arg-type]  # our own names


def empty_installation(home: Path, *, template: str = "template1") -> Installation:
    name = f"walk_{uuid.uuid4().hex[:12]}"
    on_the_server(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    return Installation(url=url, home=home, base=f"http://127.0.0.1:{free_port()}")


@cache
def pattern() -> Installation:
    """One that is migrated and never started: copying it takes a tenth of the time. A pattern for each process."""
    home = Path(tempfile.mkdtemp(prefix="passwright-pattern-"))
    made = empty_installation(home / "home")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    prepared = made.run("migrate")
    assert prepared.returncode == 0, prepared.stderr
    return made


@contextmanager
def new_installation(folder: Path, *, migrated: bool = True) -> Iterator[Installation]:
    if migrated:
        made = empty_installation(folder / "home", template=pattern().database)
        shutil.copytree(pattern().home, made.home)
    else:
        made = empty_installation(folder / "home")
    try:
        yield made
    finally:
        for process in made.processes:
            if process.poll() is None:
                kill(process)
        on_the_server(f'DROP DATABASE "{made.database}" WITH (FORCE)')


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with new_installation(tmp_path) as made:
        yield made
