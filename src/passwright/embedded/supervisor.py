"""The process that keeps one PostgreSQL running for as long as a command uses it.

It is run by its path, outside any environment, so it imports the standard library only.
It belongs to no command: whoever starts first starts it, the others join, and it ends with the last of them.

Who is alive is asked of the kernel alone, by flock(2), which lets go even at ``kill -9``:

* ``users.lock`` is held shared by every command that uses the server. Once the supervisor gets it exclusively,
  nobody is left, and nobody can come before it has ended.
* ``server.lock`` is held exclusively by the supervisor from its first to its last moment: free means no supervisor.

PostgreSQL is its child and dies with it (PR_SET_PDEATHSIG). The supervisor has one thread, because the kernel sends
that signal when the *thread* that forked ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
MAJOR_VERSION = "18"
LONGEST_SOCKET = 107  # bytes of sockaddr_un.sun_path without its final zero
LARGEST_LOG = 10 * 1024 * 1024
LARGEST_OWN = 64 * 1024  # bytes of a file that holds a few lines
TICK = 0.2  # seconds between two looks at the users
RESTARTS = 5  # in a row without becoming ready
SOCKET_PREFIX = "passwright-"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
}

_libc = ctypes.CDLL(None, use_errno=True)


class NotStarted(Exception):
    """One line: why PostgreSQL does not run, and what to do."""


@dataclass(frozen=True)
class Plan:
    """What a command hands to the supervisor it starts."""

    ground: str  # the folder of data, socket, locks and status
    binaries: str  # pginstall18/bin
    password_file: str
    log: str
    server_lock: int  # a descriptor that already holds the lock
    nonce: str  # tells this start's status from an older one
    uid: int | None = None  # who PostgreSQL runs as, when root starts it
    gid: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    ephemeral: bool = False  # nothing is kept: no syncing, and the ground goes with the server
    earlier_socket: str = ""  # the folder of the last supervisor's, so that its clients find the new one


@dataclass(frozen=True)
class Status:
    """What the supervisor tells the commands, in ``status.json``."""

    nonce: str
    state: str  # creating, starting, ready, stopping, stopped, failed
    pid: int = 0
    socket: str = ""
    line: str = ""  # the error, when failed


def read_status(ground: Path) -> Status | None:
    try:
        return Status(**json.loads(read_own(ground / "status.json")))
    except (OSError, ValueError, TypeError, NotStarted):
        return None


def try_lock(descriptor: int, *, exclusive: bool = True) -> bool:
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_own(path: Path, flags: int) -> int:
    """Open or create a private file; what root creates in somebody's folder becomes that somebody's."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        refuse_alias(descriptor, path)
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def read_own(path: Path) -> str:
    """The text of a small file. Root follows no link here: the folder may be a user's, the file it names another's."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        refuse_alias(descriptor, path)
        return file.read(LARGEST_OWN).decode(errors="replace")


def refuse_alias(descriptor: int, path: Path) -> None:
    """Raises: NotStarted, if it is a pipe or a device, or, for root, has a second name: it may be somebody else's."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or (found.st_nlink > 1 and os.geteuid() == 0):
        raise NotStarted(f"{path} is not a file of its own: move it away")


def write_own(path: Path, text: str) -> None:
    """Write a private file whole or not at all."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(open_own(part, os.O_WRONLY | os.O_EXCL), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def cluster_name(ground: Path) -> str:
    """A name in the title of every process of this cluster, so that orphans are told from strangers."""
    return "passwright-" + hashlib.sha256(os.fsencode(ground)).hexdigest()[:16]


def processes(marker: str, uid: int) -> Iterator[int]:
    """The PostgreSQL processes of a cluster and user, by what /proc lets everybody read."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            words = (Path(entry.path) / "cmdline").read_bytes()
            owner = entry.stat().st_uid
        except OSError:
            continue
        program = words.split(b"\0", 1)[0]
        if (
            owner == uid
            and marker.encode() in words
            and (program.endswith(b"/postgres") or program[:9] == b"postgres:")
        ):
            yield int(entry.name)


def tether(death_signal: int) -> Callable[[], None]:
    """To be run in a fresh child: it gets this signal when its parent ends, in whatever way.

    As `passwright.embedded.tether` does between programs; that module cannot be imported here, see above.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        _libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return die_with_parent


class Supervisor:
    """One PostgreSQL from start to stop."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.ground = Path(plan.ground)
        self.data = self.ground / "data"
        self.name = cluster_name(self.ground)
        self.uid = os.geteuid() if plan.uid is None else plan.uid
        self.users = os.open(self.ground / "users.lock", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.log = open_own(Path(plan.log), os.O_RDWR | os.O_APPEND)
        self.log_start = os.fstat(self.log).st_size
        self.socket = ""
        self.state = ""
        self.postmaster: subprocess.Popen[bytes] | None = None
        self.failures = 0  # starts in a row that did not become ready
        self.served = False

    def run(self) -> None:
        try:
            self.prepare()
            self.watch()
            self.stop()
            self.tell("stopped")
        except (NotStarted, OSError, subprocess.SubprocessError) as error:
            self.end_remains(patience=0)
            with contextlib.suppress(OSError):
                self.tell("failed", " ".join(str(error).split()))
        finally:
            self.leave_no_trace()

    def tell(self, state: str, line: str = "") -> None:
        self.state = state
        status = Status(self.plan.nonce, state, os.getpid(), self.socket, line)
        write_own(self.ground / "status.json", json.dumps(asdict(status)))

    # Before the first start

    def prepare(self) -> None:
        self.end_remains(patience=2)
        self.refuse_stranger()
        for leftover in self.ground.glob("creating-*"):
            shutil.rmtree(leftover)
        if not self.data.is_dir():
            self.tell("creating")
            self.create()
        self.check_version()
        self.make_socket_folder()
        self.start()

    def create(self) -> None:
        """Make the cluster beside its place and move it there, so that a half one is never found."""
        room = self.ground / f"creating-{self.plan.nonce}"
        room.mkdir(mode=0o700)
        superuser_password = room / "password"
        write_own(superuser_password, secrets.token_urlsafe(24))
        self.give(superuser_password)
        self.give(room)
        sync = ["--no-sync"] if self.plan.ephemeral else []
        self.tool(
            "initdb", "-D", str(room / "data"), "--username=postgres", f"--pwfile={superuser_password}",
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", *sync,
        )  # fmt: skip
        self.tool(
            "postgres", "--single", "-D", str(room / "data"), "-c", "log_checkpoints=off",
            *(["-F"] if self.plan.ephemeral else []), "postgres", asked=self.first_statements(),
        )  # fmt: skip
        (room / "data").rename(self.data)
        if not self.plan.ephemeral:
            sync_folder(self.ground)
        shutil.rmtree(room)

    def first_statements(self) -> str:
        """The platform is no superuser: it owns its database, may create more (tests do) and reads statistics.

        The superuser's password was random and is forgotten; ``postgres --single`` remains for emergencies.
        """
        password = read_own(Path(self.plan.password_file)).strip()
        return (
            f"CREATE ROLE passwright LOGIN CREATEDB PASSWORD '{password}';\n"
            "GRANT pg_monitor TO passwright;\n"
            "CREATE DATABASE passwright OWNER passwright;\n"
        )

    def check_version(self) -> None:
        found = read_own(self.data / "PG_VERSION").strip()
        if found != MAJOR_VERSION:
            raise NotStarted(
                f"{self.data} was made by PostgreSQL {found} and this is PostgreSQL {MAJOR_VERSION}: "
                "dump it with the release that made it and load it into a new folder"
            )

    def refuse_stranger(self) -> None:
        """A postmaster that somebody else started on this folder is left alone, and so is the folder."""
        pid = self.pid_in_file()
        with contextlib.suppress(OSError):
            program, _, words = Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")
            if program.endswith(b"postgres") and os.fsencode(self.data) in words.split(b"\0"):
                raise NotStarted(f"another PostgreSQL (process {pid}) uses {self.data}: stop it first")

    def pid_in_file(self) -> int:
        try:
            return int(read_own(self.data / "postmaster.pid").split("\n", 1)[0])
        except (OSError, ValueError, NotStarted):
            return 0

    # The socket's folder

    def make_socket_folder(self) -> None:
        folder = self.ground / "socket"
        if is_usable_for_socket(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
        else:
            folder = self.earlier_short_folder() or Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=short_folder()))
        self.give(folder)
        self.socket = str(folder)

    def earlier_short_folder(self) -> Path | None:
        """The one of a supervisor that was killed, made anew; None if it is not ours or somebody was quicker."""
        folder = Path(self.plan.earlier_socket)
        if not folder.name.startswith(SOCKET_PREFIX):
            return None
        with contextlib.suppress(OSError):
            found = folder.lstat()
            if found.st_uid == self.uid and stat.S_ISDIR(found.st_mode):
                shutil.rmtree(folder)
                folder.mkdir(mode=0o700)
                return folder
        return None

    def empty_socket_folder(self) -> None:
        """By its descriptor, and only if it is the server's own: a link in its place may lead anywhere."""
        folder = os.open(self.socket, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if os.fstat(folder).st_uid != self.uid:
                raise NotStarted(f"{self.socket} is not the database's folder any more: move it away")
            for stale in os.listdir(folder):  # noqa: PTH208 - a Path would be looked up again
                os.unlink(stale, dir_fd=folder)
        finally:
            os.close(folder)

    # The server

    def start(self) -> None:
        """Start the postmaster. Its lock file is removed before: nobody else lives here, whoever has its number now.

        Should an orphan of it live all the same, PostgreSQL finds it by the shared memory and refuses.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.empty_socket_folder()
        self.tell("starting")
        self.log_start = os.fstat(self.log).st_size
        settings = {
            **SETTINGS,
            **self.plan.options,
            "cluster_name": self.name,
            "unix_socket_directories": f'"{self.socket}"',
        }
        self.postmaster = subprocess.Popen(
            [f"{self.plan.binaries}/postgres", "-D", str(self.data), *switches(settings)],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd="/", env=environment(),
            user=self.plan.uid, group=self.plan.gid, extra_groups=None if self.plan.uid is None else [],
            preexec_fn=tether(signal.SIGQUIT),  # after setuid, which would clear it
        )  # fmt: skip

    def watch(self) -> None:
        """Until nobody is left, or somebody says stop."""
        rotate_at = time.monotonic() + 60
        while not self.is_over():
            if not self.is_alive():
                self.start_again()
            elif self.state == "starting" and self.is_accepting():
                self.failures, self.served = 0, True
                self.tell("ready")
            if time.monotonic() > rotate_at:
                self.rotate_log()
                rotate_at = time.monotonic() + 60

    def is_over(self) -> bool:
        """Sleep until a signal or the next tick, then look."""
        wait = TICK if self.state == "ready" else 0.01
        caught = signal.sigtimedwait(SIGNALS, wait)
        if caught and caught.si_signo in {signal.SIGTERM, signal.SIGINT}:
            return True
        return try_lock(self.users) or os.fstat(self.users).st_nlink == 0

    def is_alive(self) -> bool:
        """Reap whoever ended, orphans of the postmaster included, and see whether the postmaster is among them."""
        assert self.postmaster
        while ended := next_ended():
            if ended == self.postmaster.pid:
                self.postmaster.wait()
                return False
            os.waitpid(ended, 0)
        return self.postmaster.returncode is None

    def is_accepting(self) -> bool:
        """Whether the postmaster's lock file says so (its eighth line)."""
        try:
            lines = read_own(self.data / "postmaster.pid").split("\n")
        except (OSError, NotStarted):
            return False
        assert self.postmaster
        return len(lines) > 7 and lines[0] == str(self.postmaster.pid) and lines[7].strip() == "ready"

    def start_again(self) -> None:
        """After the postmaster was killed: its backends go first, then it comes back on the same socket."""
        self.failures += self.state == "starting"
        if not self.served or self.failures > RESTARTS:
            raise NotStarted(f"PostgreSQL does not start: {self.last_words()} (log: {self.plan.log})")
        self.end_remains(patience=1)
        time.sleep(min(0.2 * 2**self.failures, 5) if self.failures else 0)
        self.start()

    def stop(self) -> None:
        """Fast, then immediate, then by force."""
        self.tell("stopping")
        assert self.postmaster
        vanished = os.fstat(self.users).st_nlink == 0
        for number, patience in ((signal.SIGINT, 0 if vanished else 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            if self.postmaster.poll() is None:
                self.postmaster.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.postmaster.wait(patience)
        self.end_remains(patience=2)

    def end_remains(self, patience: float) -> None:
        """Wait for processes of this cluster that lost their postmaster or supervisor, then end them.

        Raises:
            NotStarted: if one stays, in an uninterruptible state for example.
        """
        for number, wait in ((0, patience), (signal.SIGQUIT, 3), (signal.SIGKILL, 10)):
            until = time.monotonic() + wait
            while remains := list(processes(self.name, self.uid)):
                if number:
                    for pid in remains:
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, number)
                while ended := next_ended():
                    os.waitpid(ended, 0)
                if time.monotonic() >= until:
                    break
                time.sleep(0.02)
            else:
                return
        raise NotStarted(f"processes {remains} of an earlier PostgreSQL do not end: end them, or restart the machine")

    # The log

    def last_words(self) -> str:
        with os.fdopen(os.dup(self.log), "rb") as file:
            file.seek(self.log_start)
            return error_line(file.read().decode(errors="replace"))

    def rotate_log(self) -> None:
        """Keep one older file. The server appends through the same descriptor, so the file is emptied in place."""
        if os.fstat(self.log).st_size > LARGEST_LOG:
            older = Path(self.plan.log + ".1")
            part = older.with_name(f"{older.name}.{secrets.token_hex(4)}")
            copy = open_own(part, os.O_WRONLY | os.O_EXCL)
            with os.fdopen(os.dup(self.log), "rb") as log, os.fdopen(copy, "wb") as new:
                log.seek(0)
                shutil.copyfileobj(log, new)
            part.replace(older)  # not written through: it may be a link by now
            os.ftruncate(self.log, 0)

    # Small things

    def tool(self, program: str, *words: str, asked: str = "") -> None:
        done = subprocess.run(
            [f"{self.plan.binaries}/{program}", *words],
            input=asked.encode(), capture_output=True, cwd="/", env=environment(), check=False,
            user=self.plan.uid, group=self.plan.gid, extra_groups=None if self.plan.uid is None else [],
            preexec_fn=tether(signal.SIGKILL),
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode or re.search(r"\b(ERROR|FATAL|PANIC):", said):
            raise NotStarted(f"the database cannot be created: {error_line(said)}")

    def give(self, path: Path) -> None:
        if self.plan.uid is not None and self.plan.gid is not None:
            os.chown(path, self.plan.uid, self.plan.gid, follow_symlinks=False)

    def leave_no_trace(self) -> None:
        if self.socket and Path(self.socket).parent != self.ground:
            shutil.rmtree(self.socket, ignore_errors=True)
        if self.plan.ephemeral:
            shutil.rmtree(self.ground, ignore_errors=True)


SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD}


def switches(settings: dict[str, str]) -> list[str]:
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGOPTIONS, locales and the like must not change what is made."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}


def error_line(said: str) -> str:
    """The line of PostgreSQL's words that tells why."""
    lines = [line for line in said.splitlines() if re.search(r"\b(ERROR|FATAL|PANIC|error|fatal):", line)]
    words = lines[-1] if lines else said.strip().rpartition("\n")[2]
    return re.sub(r"^.*?\b(?=(ERROR|FATAL|PANIC|error|fatal):)", "", words) or "it ended without a word"


def next_ended() -> int:
    """The process number of a child that ended and waits to be reaped; 0 without one."""
    try:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return 0
    return ended.si_pid if ended else 0


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def is_usable_for_socket(folder: Path) -> bool:
    """Short enough for the kernel, and free of what PostgreSQL's settings and libpq's host lists give a meaning."""
    path = folder / ".s.PGSQL.5432"
    return (
        len(os.fsencode(path)) <= LONGEST_SOCKET
        and re.fullmatch(r"[\w/.+~=@:-][\w/.+~=@: -]*", str(folder), re.ASCII) is not None
    )


def short_folder() -> str:
    """Where a folder of mode 0700 can be made under a short path."""
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.geteuid() and 0 < len(own) < 60 and os.access(own, os.W_OK | os.X_OK):
        return own
    return "/tmp"  # noqa: S108 - only ever with mkdtemp


def main() -> None:
    """Leave the command that started us, so that nothing which ends it ends us, and supervise."""
    plan = Plan(**json.loads(sys.argv[1]))
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    os.set_inheritable(plan.server_lock, False)
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    Supervisor(plan).run()


if __name__ == "__main__":
    main()
