"""Several long-running commands as one: started together, started again when they die, stopped together."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import FrameType

from passwright.embedded import tether

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
SETTLED = 5.0  # seconds after which a start counts as a success
FIRST_TRIES = 3  # of a command that never settled: a taken port does not become free by trying
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before it is started again


@dataclass(frozen=True)
class Command:
    """A program to keep running; ``environment`` replaces the caller's."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str] | None = None


@dataclass
class Child:
    """A command and the process that runs it, which leads a process group of its own."""

    command: Command
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    quick_deaths: int = 0  # in a row
    settled: bool = False

    def start(self, now: float) -> None:
        self.process = subprocess.Popen(
            tether.tethered(self.command.words),
            stdin=subprocess.DEVNULL,
            env=self.command.environment,
            start_new_session=True,  # Ctrl-C reaches us alone, who then stop everything in order
        )
        self.started_at = now

    def is_running(self) -> bool:
        """Whether its leader lives. Once it does not, the rest of its group is ended: it may still hold the port."""
        if self.process is None:
            return False
        if self.process.returncode is None:
            # Look before reaping: until then the group's number cannot be anybody else's.
            if os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return True
            self.kill_group()
            self.process.wait()
        return False

    def kill_group(self) -> None:
        assert self.process
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def how_it_ended(self) -> str:
        assert self.process
        code = self.process.returncode
        return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"

    def note_death(self, now: float) -> float:
        """Decide when to start it again; gives the pause in seconds, or a negative number: not at all."""
        quick = now - self.started_at < SETTLED
        self.settled = self.settled or not quick
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        if not self.settled and self.quick_deaths >= FIRST_TRIES:
            return -1.0
        pause = min(FIRST_PAUSE * 2.0 ** max(self.quick_deaths - 1, 0), LONGEST_PAUSE)
        self.start_at = now + pause
        return pause


@dataclass
class Wakeups:
    """Signals as bytes on a socket: a thread other than the main one may receive them."""

    reader: socket.socket
    stops: list[int] = field(default_factory=list)

    def wait(self, seconds: float | None) -> None:
        if select.select([self.reader], [], [], seconds)[0]:
            self.reader.recv(4096)


def run_together(
    commands: Sequence[Command],
    *,
    say: Callable[[str], None],
    grace: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Run the commands until SIGTERM, SIGINT or SIGHUP, or until one cannot be started.

    Each is stopped by SIGTERM, in the order given, all within ``grace`` seconds; a second signal ends them at once.
    They die with this process, even at ``kill -9``. Call it from the main thread.

    Returns:
        0 after a signal, 1 if a command died again and again at its start.
    """
    children = [Child(command) for command in commands]
    with wakeups() as signals:
        try:
            while not signals.stops:
                if not keep_running(children, say, clock):
                    return 1
                signals.wait(next_wait(children, clock()))
            return 0
        finally:
            stop(children, signals, say, grace, clock)


@contextmanager
def wakeups() -> Iterator[Wakeups]:
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    signals = Wakeups(reader)

    def note(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGCHLD:
            signals.stops.append(number)

    # What nohup or a shell's "&" told us to ignore stays ignored.
    wanted = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    earlier = {number: signal.signal(number, note) for number in (*wanted, signal.SIGCHLD)}
    earlier_descriptor = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield signals
    finally:
        signal.set_wakeup_fd(earlier_descriptor)
        for number, handler in earlier.items():
            signal.signal(number, handler)
        reader.close()
        writer.close()


def keep_running(children: Sequence[Child], say: Callable[[str], None], clock: Callable[[], float]) -> bool:
    """Start what does not run; False if one of them is hopeless."""
    for child in children:
        if child.is_running():
            continue
        if child.process is not None:
            pause = child.note_death(clock())
            name, how = child.command.name, child.how_it_ended()
            child.process = None
            if pause < 0:
                say(f"{name} ended {FIRST_TRIES} times at its start ({how}); giving up.")
                return False
            say(f"{name} ended unexpectedly ({how}); starting it again in {pause:g} s.")
        if clock() >= child.start_at:
            child.start(clock())
    return True


def next_wait(children: Sequence[Child], now: float) -> float | None:
    """Seconds until the next start that is due; None: until something happens."""
    pauses = [child.start_at - now for child in children if child.process is None]
    return max(min(pauses), 0.0) if pauses else None


def stop(
    children: Sequence[Child], signals: Wakeups, say: Callable[[str], None], grace: float, clock: Callable[[], float]
) -> None:
    deadline, patience = clock() + grace, len(signals.stops)
    for waiting, child in zip(reversed(range(len(children))), children, strict=True):
        if child.process is None or not child.is_running():
            continue
        child.process.terminate()
        until = deadline - waiting * grace / 10  # the later ones get a share of the time too
        while child.is_running() and clock() < until and len(signals.stops) <= patience:
            signals.wait(max(until - clock(), 0.0))
        if child.is_running():
            say(f"{child.command.name} does not stop; ending it.")
            child.kill_group()
            child.process.wait()
