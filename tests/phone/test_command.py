"""``passwright phone`` as its user sees it, with a platform that it is told to stand alone of."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from passwright.apple.development import DevelopmentAuthority
from passwright.interfaces.cli.main import cli
from passwright.phone import memory
from passwright.phone.push_service import PushService
from tests.fakes.web_service import FakeWebService
from tests.phone.conftest import push

SOON = 90.0
"""Seconds: the command imports everything first, on a machine that may be busy."""


@contextmanager
def running(*words: str, folder: Path, root: Path, port: int) -> Iterator[Callable[[str], str]]:
    """The command in a process of its own; call what you get with a pattern to wait until it is printed."""
    output = folder / "output.txt"
    command = [sys.executable, "-m", "passwright", "phone", "--trust", str(root), "--folder", str(folder / "phone")]
    with output.open("w") as file:
        process = subprocess.Popen(
            [*command, "--listen", f"127.0.0.1:{port}", *words],
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TERM": "dumb", "TZ": "UTC"},
        )

    def printed(pattern: str) -> str:
        deadline = time.monotonic() + SOON
        while not re.search(pattern, output.read_text(), re.DOTALL):
            assert process.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.02)
        return output.read_text()

    try:
        yield printed
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=SOON) == 0, output.read_text()
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_pass_is_added_changes_and_is_there_again(
    platform: FakeWebService, development: DevelopmentAuthority, tmp_path: Path
) -> None:
    root, client, port = tmp_path / "root.pem", tmp_path / "client.pem", free_port()
    root.write_bytes(development.root_pem)
    client.write_bytes(platform.leaf.certificate_pem + platform.leaf.intermediate_pem + platform.leaf.key_pem)
    card = platform.issue("1")

    trusted = tmp_path / "phone" / "apns-root.pem"
    platform.push = lambda token: push(f"https://127.0.0.1:{port}", client, trusted, token)
    with running("--add", platform.link(card), folder=tmp_path, root=root, port=port) as printed:
        told = printed(r"unchanged  304")
        assert f"PASSWRIGHT_APNS_URL=https://127.0.0.1:{port}\n" in told
        assert f"PASSWRIGHT_APNS_CA={tmp_path / 'phone' / 'apns-root.pem'}\n" in told
        platform.change(card, toy="Airplanes")
        told = printed(r"toy is now Airplanes")
    assert re.search(r"added .*registered .*listed .*pushed .*fetched .*Toy Town +now", told, re.DOTALL)
    assert not any(secret in told for pair in platform.tokens.items() for secret in (*pair, card.token))

    platform.change(card, toy="Boats", silently=True)
    with running("--remove", folder=tmp_path, root=root, port=port) as printed:
        printed(r"toy is now Boats")
    assert card.registrations == {}
    assert len(platform.tokens) == 1, "it was the same device"


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["phone", *words])
    return result.exit_code, result.output


def test_what_cannot_be_used_is_said_in_one_line(
    apns: PushService, development: DevelopmentAuthority, tmp_path: Path
) -> None:
    empty, root, folder = tmp_path / "empty.pem", tmp_path / "root.pem", str(tmp_path / "phone")
    empty.write_text("nothing")
    root.write_bytes(development.root_pem)
    code, told = run("--trust", str(empty))
    assert (code, f"--trust: {empty} holds no certificate in PEM or DER." in told) == (2, True)
    code, told = run("--trust", str(root), "--listen", "here")
    assert (code, "--listen: write host:port" in told) == (2, True)
    code, told = run("--trust", str(root), "--listen", f"127.0.0.1:{apns.port}", "--folder", folder)
    assert (code, "Address already in use. Is another phone running?" in told) == (1, True)
    code, told = run("--trust", str(root), "--listen", "192.0.2.1:2197", "--folder", folder)
    assert (code, "another phone" in told, "192.0.2.1:2197: " in told) == (1, False, True)
    with memory.owned(Path(folder)):
        code, told = run("--trust", str(root), "--listen", f"127.0.0.1:{free_port()}", "--folder", folder)
    assert (code, f"Another phone keeps its passes in {folder}. Choose another with --folder." in told) == (1, True)
    code, told = run("--trust", str(root), "--mean", "kind")
    assert (code, "'kind' is not one of" in told) == (2, True)


def test_without_a_development_authority_it_asks_for_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWRIGHT_DEV_CA", "false")
    code, told = run()
    assert (code, "Name the roots to trust with --trust." in told) == (2, True)
