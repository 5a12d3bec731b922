"""A program that ends when the one that started it ends, even at ``kill -9``.

``python -I -S tether.py PARENT SIGNAL PROGRAM ARGUMENTS…`` becomes the program. It stands between, because code of ours
must not run between fork and exec of a process with threads. The kernel keeps the wish over exec, forgets it at setuid
and at fork (children call `die_with_parent` themselves), and counts the end of the *thread* that forked: start such
programs from the main thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel for this signal when ``parent`` ends; end now if it already has."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        os._exit(1)


def tethered(words: Sequence[str], death_signal: int = signal.SIGKILL) -> list[str]:
    """The words that start a program which ends when we do."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(death_signal)), *words]


def main() -> None:
    parent, death_signal, *program = sys.argv[1:]
    die_with_parent(int(parent), int(death_signal))
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.execvp(program[0], program)  # noqa: S606 - the command of our own caller
    except OSError as error:
        sys.exit(f"{program[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
