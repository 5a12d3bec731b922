"""Commands that run together, as real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from passwright.embedded.supervise import LONGEST_PAUSE, SETTLED, Child, Command
from tests.embedded.conftest import Wait, is_alive

TOGETHER = """
import json, sys
from passwright.embedded import supervise
supervise.SETTLED, supervise.FIRST_PAUSE = 0.3, 0.05
commands = [supervise.Command(name, words) for name, words in json.loads(sys.argv[1])]
print("done", supervise.run_together(commands, say=lambda line: print(line, flush=True), grace=float(sys.argv[2])))
"""
TRUE_SERVANT = "echo $$ >> $0; trap 'echo end >> $0; exit 0' TERM; while :; do sleep 0.05; done"
STUBBORN = "echo $$ >> $0; trap '' TERM; while :; do sleep 0.05; done"

Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def run() -> Iterator[Run]:
    started = list["subprocess.Popen[str]"]()

    def run_one(*commands: tuple[str, list[str]], grace: float = 5) -> subprocess.Popen[str]:
        words = [sys.executable, "-c", TOGETHER, json.dumps(commands), str(grace)]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started[-1]

    yield run_one
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def shell(script: str, file: Path) -> list[str]:
    return ["/bin/sh", "-c", script, str(file)]


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def output(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_in_order(tmp_path: Path, run: Run, wait_until: Wait, number: signal.Signals) -> None:
    web, worker, order = tmp_path / "web", tmp_path / "worker", tmp_path / "order"
    script = f"echo $$ >> $0; trap 'echo $0 >> {order}; exit 0' TERM; while :; do sleep 0.05; done"
    process = run(("web", shell(script, web)), ("worker", shell(script, worker)))
    wait_until(lambda: lines(web) and lines(worker))
    process.send_signal(number)
    assert process.wait(10) == 0
    assert output(process) == "done 0\n"
    assert lines(order) == [str(web), str(worker)]


def test_a_dead_child_is_started_again(tmp_path: Path, run: Run, wait_until: Wait) -> None:
    web, worker = tmp_path / "web", tmp_path / "worker"
    process = run(("web", shell(TRUE_SERVANT, web)), ("worker", shell(TRUE_SERVANT, worker)))
    wait_until(lambda: lines(web) and lines(worker))
    time.sleep(0.4)
    os.kill(int(lines(web)[0]), signal.SIGKILL)
    wait_until(lambda: len(lines(web)) == 2)
    process.terminate()
    assert process.wait(10) == 0
    assert output(process) == "web ended unexpectedly (killed by SIGKILL); starting it again in 0.05 s.\ndone 0\n"
    assert len(lines(worker)) == 2, "started and ended once"


def test_what_never_starts_ends_the_others(tmp_path: Path, run: Run) -> None:
    worker = tmp_path / "worker"
    process = run(("web", ["/bin/sh", "-c", "exit 7"]), ("worker", shell(TRUE_SERVANT, worker)))
    assert process.wait(10) == 0
    said = output(process).splitlines()
    assert said[-2:] == ["web ended 3 times at its start (exit code 7); giving up.", "done 1"]
    assert lines(worker)[-1] == "end"


def test_an_unknown_program(run: Run) -> None:
    process = run(("web", ["/nonexistent/program"]))
    assert process.wait(10) == 0
    assert "/nonexistent/program: No such file or directory" in output(process)


def test_the_stubborn_are_ended_after_the_grace(tmp_path: Path, run: Run, wait_until: Wait) -> None:
    web, worker = tmp_path / "web", tmp_path / "worker"
    process = run(("web", shell(STUBBORN, web)), ("worker", shell(TRUE_SERVANT, worker)), grace=4)
    wait_until(lambda: lines(web) and lines(worker))
    process.terminate()
    assert process.wait(10) == 0
    assert "web does not stop; ending it." in output(process)
    assert not is_alive(int(lines(web)[0]))
    assert lines(worker)[-1] == "end"


def test_a_second_signal_ends_at_once(tmp_path: Path, run: Run, wait_until: Wait) -> None:
    web = tmp_path / "web"
    process = run(("web", shell(STUBBORN, web)), grace=60)
    wait_until(lambda: lines(web))
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_children_die_with_a_killed_parent(tmp_path: Path, run: Run, wait_until: Wait) -> None:
    files = [tmp_path / "web", tmp_path / "worker"]
    process = run(*((file.name, shell(STUBBORN, file)) for file in files))
    wait_until(lambda: all(map(lines, files)))
    process.kill()
    wait_until(lambda: not any(is_alive(int(lines(file)[0])) for file in files), seconds=2)


def test_grandchildren_of_a_dead_child_are_ended(tmp_path: Path, run: Run, wait_until: Wait) -> None:
    """They may still hold the port that the next start needs."""
    web = tmp_path / "web"
    process = run(("web", shell("sleep 60 & echo $! >> $0; sleep 0.5; exit 1", web)))
    wait_until(lambda: len(lines(web)) >= 2)
    wait_until(lambda: not is_alive(int(lines(web)[0])), seconds=2)
    process.terminate()
    assert process.wait(10) == 0


def test_what_was_ignored_stays_ignored(tmp_path: Path, wait_until: Wait) -> None:
    """nohup."""
    script = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + TOGETHER
    web = tmp_path / "web"
    words = [sys.executable, "-c", script, json.dumps([("web", shell(TRUE_SERVANT, web))]), "5"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: lines(web))
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        assert process.poll() is None
        process.terminate()
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


class TestPauses:
    """`Child.note_death` as a table."""

    def test_pauses_grow_and_are_bounded(self) -> None:
        child = Child(Command("web", ["true"]), settled=True)
        pauses = [child.note_death(now=0.0) for _ in range(9)]
        assert pauses == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]

    def test_a_long_life_begins_anew(self) -> None:
        child = Child(Command("web", ["true"]), settled=True)
        assert [child.note_death(now=0.0) for _ in range(3)][-1] == 2
        assert child.note_death(now=SETTLED) == 0.5
        assert child.start_at == SETTLED + 0.5

    def test_one_that_never_settled_is_given_up(self) -> None:
        child = Child(Command("web", ["true"]))
        assert [child.note_death(now=0.0) for _ in range(3)] == [0.5, 1, -1]
