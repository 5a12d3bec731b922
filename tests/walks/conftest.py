"""A whole installation for a story: a database of its own, a home of its own, real processes."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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

    @property
    def environment(self) -> dict[str, str]:
        mine = {
            "DATABASE_URL": self.url,
            "PASSWRIGHT_HOME": str(self.home),
            "PASSWRIGHT_LISTEN": self.base.removeprefix("http://"),
        }
        return {**os.environ, **mine}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments], env=self.environment, capture_output=True, text=True, check=False, timeout=120
        )

    def organization(self, name: str = "Toy Town") -> dict[str, Any]:
        made = self.run("organization", "create", name, "--json")
        assert made.returncode == 0, made.stderr
        credentials: dict[str, Any] = json.loads(made.stdout)
        return credentials

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([*COMMAND, *arguments], env=self.environment, start_new_session=True)
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


@contextmanager
def new_installation(folder: Path, *, migrated: bool = True) -> Iterator[Installation]:
    admin = os.environ["DATABASE_URL"]
    name = f"walk_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]  # our own name
    made = Installation(
        url=urlunsplit(urlsplit(admin)._replace(path=f"/{name}")),
        home=folder / "home",
        base=f"http://127.0.0.1:{free_port()}",
    )
    try:
        if migrated:
            prepared = made.run("migrate")
            assert prepared.returncode == 0, prepared.stderr
        yield made
    finally:
        for process in made.processes:
            if process.poll() is None:
                kill(process)
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]  # our own name


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with new_installation(tmp_path) as made:
        yield made
