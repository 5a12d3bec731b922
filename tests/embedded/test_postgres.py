"""The embedded PostgreSQL through its whole life, good days and bad."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from passwright.embedded import supervisor
from passwright.embedded.postgres import DatabaseNotStarted, Server, let_go, running
from passwright.embedded.supervisor import Status, cluster_name, is_usable_for_socket, processes, read_status
from tests.embedded.conftest import (
    Application,
    Wait,
    ask,
    is_alive,
    postmaster_of,
    processes_of,
    progress,
    supervisor_of,
)

Start = Callable[..., Application]
Prepared = Callable[[Path], Path]
FAST = {"fsync": "off"}


def is_gone(ground: Path) -> bool:
    return not processes_of(ground)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestGoodDays:
    def test_first_start_second_start(self, room: Path) -> None:
        folder, said = room / "home" / "postgres", list[str]()
        with running(folder, say=said.append, options=FAST) as server:
            ask(server.url, "CREATE TABLE kept (word text)")
            ask(server.url, "INSERT INTO kept VALUES ('äöü')")
            assert progress(said) == ["Creating the database …", "Starting the database …"]
        assert is_gone(folder)
        said.clear()
        with running(folder, say=said.append, options=FAST) as again:
            assert ask(again.url, "SELECT word, current_setting('server_encoding') FROM kept") == [("äöü", "UTF8")]
            assert again.url == server.url
        assert progress(said) == ["Starting the database …"]

    def test_what_is_open_to_whom(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST) as server:
            assert mode(folder / "socket") == 0o700
            assert mode(folder / "data") == 0o700
            assert mode(folder) & 0o066 == 0
            for file in folder.iterdir():
                assert file.is_dir() or mode(file) == 0o600, file
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(re.sub(r"(passwright:)[^@]+", r"\1wrong", server.url))
            with pytest.raises(psycopg.OperationalError, match="no password supplied"):
                psycopg.connect(re.sub(r":[^@/]+@", "@", server.url), passfile="/nonexistent")
            rules = ask(
                server.url.replace("passwright?", "postgres?"),
                "SELECT rolsuper, rolcreatedb, current_setting('password_encryption')"
                " FROM pg_roles WHERE rolname = current_user",
            )
            assert rules == [(False, True, "scram-sha-256")]
            trusted = {
                line.split()[-1]
                for line in (folder / "data/pg_hba.conf").read_text().splitlines()
                if line[:1] not in "#"
            }
            assert trusted == {"scram-sha-256"}
            password = (folder / "password").read_text()
            assert password not in repr(server)
            assert password not in (folder / "postgres.log").read_text() + (folder / "status.json").read_text()

    def test_no_tcp(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST):
            sockets = {
                os.readlink(f"/proc/{pid}/fd/{fd}")
                for pid in processes_of(folder)
                for fd in os.listdir(f"/proc/{pid}/fd")
            }
            inodes = {name[8:-1] for name in sockets if name.startswith("socket:")}
            for table in ("tcp", "tcp6"):
                lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
                assert not {line.split()[9] for line in lines if line.split()[3] == "0A"} & inodes

    def test_a_joiner_uses_the_same_server_and_keeps_it(
        self, room: Path, prepared: Prepared, start: Start, wait_until: Wait
    ) -> None:
        folder = prepared(room / "postgres")
        first, url = start(folder), ""
        url = first.url
        second = start(folder)
        assert second.url == url
        postmaster = postmaster_of(folder)
        first.leave()
        assert ask(url, "SELECT 1") == [(1,)]
        assert postmaster_of(folder) == postmaster
        assert progress(second.leave().splitlines()) == []
        assert is_gone(folder)

    def test_two_starts_at_once(self, room: Path, start: Start) -> None:
        applications = [start(room / "postgres") for _ in range(4)]
        assert len({application.url for application in applications}) == 1
        said = "".join(application.leave() for application in applications)
        assert said.count("Creating the database …") == 1
        assert is_gone(room / "postgres")

    def test_within_one_process(self, room: Path, prepared: Prepared) -> None:
        folder, urls = prepared(room / "postgres"), list[str]()

        def use() -> None:
            with running(folder, options=FAST) as server:
                urls.append(server.url)

        with running(folder, options=FAST) as outer:
            threads = [threading.Thread(target=use) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert ask(outer.url, "SELECT 1") == [(1,)]
        assert set(urls) == {outer.url}
        assert is_gone(folder)

    def test_start_again_at_once_after_the_end(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        for _ in range(4):
            with running(folder, options=FAST) as server:
                assert ask(server.url, "SELECT 1") == [(1,)]

    def test_ephemeral_leaves_nothing(self, room: Path) -> None:
        folder = room / "postgres"
        with running(folder, ephemeral=True) as server:
            ask(server.url, "SELECT 1")
        assert not folder.exists()

    def test_the_callers_environment_changes_nothing(self, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in {
            "PGDATA": "/nowhere",
            "PGPORT": "1",
            "PGOPTIONS": "-c x",
            "LC_ALL": "xx_YY",
            "TZ": "Asia/Tokyo",
        }.items():
            monkeypatch.setenv(name, value)
        with running(room / "postgres", options=FAST) as server:
            url = f"{server.url}&port=5432&options="
            assert ask(url, "SELECT current_setting('log_timezone'), current_setting('lc_messages')") == [("UTC", "C")]

    def test_settings_for_use(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        with running(folder) as server:
            names = ("synchronous_commit", "fsync", "full_page_writes", "max_connections", "shared_buffers", "TimeZone")
            rows = ask(server.url, "SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
            assert rows == [("on", "on", "on", "100", "128MB", "UTC")]


class TestPaths:
    @pytest.mark.parametrize(
        "name", ["with space", "l" * 100, "comma,here", "quote'\"$HOME`x`\\", "ünïcode", "=&?#%41@:"]
    )
    def test_names(self, room: Path, name: str) -> None:
        folder = room / name / "postgres"
        with running(folder, options=FAST) as server:
            assert ask(server.url, "SELECT current_database()") == [("passwright",)]
            sockets = Path(status_of(folder).socket)
            assert mode(sockets) == 0o700
            assert len(os.fsencode(sockets / ".s.PGSQL.5432")) <= 107
        assert sockets.parent == folder or not sockets.exists()

    @pytest.mark.parametrize(("length", "fits"), [(94, True), (93, True), (95, False)])
    def test_longest_socket(self, length: int, fits: bool) -> None:
        """107 bytes less '/.s.PGSQL.5432' is 93, so 94 must not fit either."""
        assert is_usable_for_socket(Path("/" + "x" * (length - 1))) is (fits and length <= 93)

    def test_a_moved_home_keeps_its_rows(self, room: Path) -> None:
        with running(room / "one" / "postgres", options=FAST) as server:
            ask(server.url, "CREATE TABLE kept ()")
        (room / "one").rename(room / "two")
        with running(room / "two" / "postgres", options=FAST) as server:
            assert ask(server.url, "SELECT count(*) FROM kept") == [(0,)]


def status_of(ground: Path) -> Status:
    status = read_status(ground)
    assert status
    return status


class TestBadDays:
    def test_kill_the_application(self, room: Path, prepared: Prepared, start: Start, wait_until: Wait) -> None:
        folder = prepared(room / "postgres")
        application = start(folder)
        url = application.url
        ask(url, "CREATE TABLE kept AS SELECT 7 AS number")
        application.kill()
        wait_until(lambda: is_gone(folder), seconds=2)
        with running(folder, options=FAST) as server:
            assert ask(server.url, "SELECT number FROM kept") == [(7,)]

    def test_kill_one_of_two(self, room: Path, prepared: Prepared, start: Start, wait_until: Wait) -> None:
        folder = prepared(room / "postgres")
        first = start(folder)
        url = first.url
        second = start(folder)
        assert second.url == url
        first.kill()
        with pytest.raises(AssertionError):
            wait_until(lambda: is_gone(folder), seconds=0.6)
        assert ask(url, "SELECT 1") == [(1,)]
        second.kill()
        wait_until(lambda: is_gone(folder), seconds=2)

    def test_kill_everything_of_ours(self, room: Path, prepared: Prepared, start: Start, wait_until: Wait) -> None:
        """Application and supervisor at once: the kernel tells PostgreSQL."""
        folder = prepared(room / "postgres")
        application = start(folder)
        ask(application.url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(supervisor_of(folder), signal.SIGKILL)
        application.kill()
        wait_until(lambda: is_gone(folder), seconds=2)
        with running(folder, options=FAST) as server:
            assert ask(server.url, "SELECT number FROM kept") == [(7,)]

    def test_start_right_after_everything_was_killed(self, room: Path, prepared: Prepared, start: Start) -> None:
        """The old server may still be ending, and a busy backend does not even know yet."""
        folder = prepared(room / "postgres")
        application = start(folder)
        url = application.url
        with closing(psycopg.connect(url, autocommit=True)) as busy:
            busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 2000000000)")
            doomed = [application.process.pid, supervisor_of(folder), postmaster_of(folder)]
            for pid in doomed:
                os.kill(pid, signal.SIGKILL)
            with running(folder, options=FAST) as server:
                assert ask(server.url, "SELECT 1") == [(1,)]
                assert postmaster_of(folder) not in doomed
                active = ask(
                    server.url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 2%'"
                )
                assert active == [(1,)], "only the question itself"

    def test_kill_the_postmaster(self, room: Path, prepared: Prepared, wait_until: Wait) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST) as server:
            ask(server.url, "CREATE TABLE kept AS SELECT 7 AS number")
            killed = postmaster_of(folder)
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda: answers(server))
            assert ask(server.url, "SELECT number FROM kept") == [(7,)]
            assert postmaster_of(folder) != killed

    def test_kill_the_postmaster_while_a_backend_is_busy(
        self, room: Path, prepared: Prepared, wait_until: Wait
    ) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST) as server, closing(psycopg.connect(server.url, autocommit=True)) as busy:
            busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 2000000000)")
            old = set(processes_of(folder))
            os.kill(postmaster_of(folder), signal.SIGKILL)
            wait_until(lambda: answers(server))
            assert not old & set(processes_of(folder))

    def test_kill_a_backend(self, room: Path, prepared: Prepared, wait_until: Wait) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST) as server:
            with closing(psycopg.connect(server.url, autocommit=True)) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
                os.kill(connection.info.backend_pid, signal.SIGKILL)
                with pytest.raises(psycopg.OperationalError):
                    connection.execute("SELECT 1")
            wait_until(lambda: answers(server))
            assert ask(server.url, "SELECT number FROM kept") == [(7,)]

    def test_kill_the_supervisor_alone(self, room: Path, wait_until: Wait) -> None:
        """The application notices, starts another on the same socket, and still ends it."""
        folder, said = room / ("l" * 100) / "postgres", list[str]()
        with running(folder, options=FAST, say=said.append) as server:
            ask(server.url, "CREATE TABLE kept AS SELECT 7 AS number")
            killed = supervisor_of(folder)
            os.kill(killed, signal.SIGKILL)
            wait_until(
                lambda: supervisor_of(folder) not in {0, killed} and answers(server) if read_status(folder) else False
            )
            assert ask(server.url, "SELECT number FROM kept") == [(7,)]
            assert "The database was lost; starting it again …" in said
        assert is_gone(folder)

    def test_stale_pid_file_with_somebody_elses_number(self, room: Path, prepared: Prepared) -> None:
        """The number of a living process of the very user that PostgreSQL runs as."""
        folder = prepared(room / "postgres")
        with running(folder, options=FAST):
            content = (folder / "data" / "postmaster.pid").read_text().split("\n")
            owner = (folder / "data").stat()
        other = subprocess.Popen(["sleep", "60"], **identity(owner))  # type: ignore[call-overload]
        try:
            pid_file = folder / "data" / "postmaster.pid"
            pid_file.write_text("\n".join([str(other.pid), *content[1:]]))
            os.chown(pid_file, owner.st_uid, owner.st_gid)
            for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
                (folder / "socket" / name).write_text(f"{other.pid}\n")
            with running(folder, options=FAST) as server:
                assert ask(server.url, "SELECT 1") == [(1,)]
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()

    def test_a_server_that_somebody_else_started_is_left_alone(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST):
            binaries = Path(os.readlink(f"/proc/{postmaster_of(folder)}/exe")).parent
        data = folder / "data"
        other = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder / "socket", "-c", "listen_addresses="],
            stderr=subprocess.PIPE, text=True, cwd="/", **identity(data.stat()),
        )  # type: ignore[call-overload]  # fmt: skip
        try:
            assert any("ready to accept" in line for line in other.stderr)
            with (
                pytest.raises(
                    DatabaseNotStarted, match=rf"another PostgreSQL \(process {other.pid}\) uses .* stop it first"
                ),
                running(folder),
            ):
                pass
            assert other.poll() is None
        finally:
            other.send_signal(signal.SIGINT)
            other.wait(20)
            other.stderr.close()

    def test_kill_during_the_creation(self, room: Path, start: Start, wait_until: Wait) -> None:
        folder = room / "postgres"
        application = start(folder)
        wait_until(lambda: list(folder.glob("creating-*/data/base")))
        os.kill(supervisor_of(folder), signal.SIGKILL)
        application.kill()
        assert not (folder / "data").exists()
        with running(folder, options=FAST) as server:
            assert ask(server.url, "SELECT 1") == [(1,)]
        assert list(folder.glob("creating-*")) == []

    def test_the_starter_is_killed_while_another_waits(self, room: Path, start: Start) -> None:
        first, second = start(room / "postgres"), start(room / "postgres")
        first.kill()
        assert ask(second.url, "SELECT 1") == [(1,)]

    def test_the_folder_is_deleted_under_it(
        self, room: Path, prepared: Prepared, start: Start, wait_until: Wait
    ) -> None:
        folder = prepared(room / "postgres")
        application = start(folder)
        ask(application.url, "SELECT 1")
        supervisor_pid, owner = supervisor_of(folder), (folder / "data").stat().st_uid
        name = cluster_name(folder)
        folder.rename(room / "away")
        subprocess.run(["rm", "-rf", room / "away"], check=True)
        wait_until(lambda: not is_alive(supervisor_pid))
        assert list(processes(name, owner)) == []


def answers(server: Server) -> bool:
    try:
        return ask(server.url, "SELECT 1") == [(1,)]
    except psycopg.OperationalError:
        return False


def identity(owner: os.stat_result) -> dict[str, object]:
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}


class TestRefusals:
    """Each one line that names what to do."""

    def refusal(self, folder: Path, **more: object) -> str:
        with pytest.raises(DatabaseNotStarted) as caught, running(folder, **more):  # type: ignore[arg-type]
            pass
        line = str(caught.value)
        assert "\n" not in line
        assert line.startswith("passwright: ")
        assert line.endswith(".")
        return line

    def test_lost_password(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST):
            pass
        (folder / "password").unlink()
        assert "password is missing: restore it from your backup" in self.refusal(folder)

    def test_other_version(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        with running(folder, options=FAST):
            pass
        (folder / "data" / "PG_VERSION").write_text("15\n")
        assert "was made by PostgreSQL 15 and this is PostgreSQL 18" in self.refusal(folder)

    def test_a_file_where_the_folder_should_be(self, room: Path) -> None:
        (room / "postgres").write_text("")
        assert "cannot be used" in self.refusal(room / "postgres" / "below")

    def test_a_setting_that_postgresql_refuses(self, room: Path) -> None:
        line = self.refusal(room / "postgres", options={"shared_buffers": "many"})
        assert "PostgreSQL does not start: FATAL:" in line
        assert 'invalid value for parameter "shared_buffers"' in line
        assert "postgres.log" in line

    def test_it_starts_after_a_refusal(self, room: Path, prepared: Prepared) -> None:
        folder = prepared(room / "postgres")
        self.refusal(folder, options={"shared_buffers": "many"})
        with running(folder, options=FAST) as server:
            assert ask(server.url, "SELECT 1") == [(1,)]


@pytest.fixture
def idle(room: Path) -> Iterator[supervisor.Supervisor]:
    """A supervisor that has opened its files and done nothing yet."""
    (room / "users.lock").touch()
    one = supervisor.Supervisor(supervisor.Plan(str(room), "", "", str(room / "postgres.log"), 0, "x"))
    yield one
    os.close(one.log)
    os.close(one.users)


def test_the_log_does_not_grow_without_end(
    room: Path, idle: supervisor.Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LARGEST_LOG", 50)
    for letter in (b"a", b"c"):
        os.ftruncate(idle.log, 0)
        os.write(idle.log, letter * 100)
        idle.rotate_log()
        os.write(idle.log, b"b")
        assert (room / "postgres.log").read_bytes() == b"b"
        assert (room / "postgres.log.1").read_bytes() == letter * 100
        assert mode(room / "postgres.log.1") == 0o600
    assert sorted(path.name for path in room.iterdir()) == ["postgres.log", "postgres.log.1", "users.lock"]


class TestLinksInSomebodysFolder:
    """Root keeps the database of a user's folder: what the user puts there must not lead root to other files."""

    @pytest.fixture
    def victim(self, tmp_path: Path) -> Path:
        path = tmp_path / "victim"
        path.mkdir()
        (path / "file").write_text("S3cret FATAL: S3cret")
        return path

    def test_a_rotated_log_is_not_written_through_a_link(
        self, room: Path, victim: Path, idle: supervisor.Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(supervisor, "LARGEST_LOG", 5)
        (room / "postgres.log.1").symlink_to(victim / "file")
        os.write(idle.log, b"a" * 10)
        idle.rotate_log()
        assert (victim / "file").read_text().startswith("S3cret")
        assert not (room / "postgres.log.1").is_symlink()
        assert (room / "postgres.log.1").read_bytes() == b"a" * 10

    def test_the_last_words_are_the_logs_own(self, room: Path, victim: Path, idle: supervisor.Supervisor) -> None:
        os.write(idle.log, b"FATAL:  no space\n")
        (room / "postgres.log").unlink()
        (room / "postgres.log").symlink_to(victim / "file")
        assert idle.last_words() == "FATAL:  no space"

    def test_no_file_is_read_or_opened_through_a_link(self, room: Path, victim: Path) -> None:
        (room / "link").symlink_to(victim / "file")
        with pytest.raises(OSError, match="symbolic links"):
            supervisor.read_own(room / "link")
        with pytest.raises(OSError, match="symbolic links"):
            supervisor.open_own(room / "link", os.O_RDWR)

    def test_a_pipe_does_not_hold_us_up(self, room: Path) -> None:
        os.mkfifo(room / "pipe")
        with pytest.raises(supervisor.NotStarted, match="is not a file of its own"):
            supervisor.read_own(room / "pipe")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_root_gives_away_no_file_with_a_second_name(self, room: Path) -> None:
        (room / "theirs").mkdir()
        (room / "file").touch()
        os.chown(room / "theirs", 65534, 65534)
        (room / "theirs" / "postgres.log").hardlink_to(room / "file")
        with pytest.raises(supervisor.NotStarted, match="is not a file of its own"):
            supervisor.open_own(room / "theirs" / "postgres.log", os.O_RDWR)
        assert (room / "file").stat().st_uid == 0

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
    def test_root_gives_away_a_link_not_its_aim(self, room: Path, victim: Path, idle: supervisor.Supervisor) -> None:
        idle.plan = replace(idle.plan, uid=65534, gid=65534)
        (room / "link").symlink_to(victim / "file")
        idle.give(room / "link")
        assert (victim / "file").stat().st_uid == 0
        assert (room / "link").lstat().st_uid == 65534

    def test_the_sockets_folder_is_emptied_only_where_it_is(
        self, room: Path, victim: Path, idle: supervisor.Supervisor
    ) -> None:
        (room / "socket").symlink_to(victim)
        idle.socket = str(room / "socket")
        with pytest.raises(OSError, match=r"[Nn]ot a directory|symbolic links"):
            idle.empty_socket_folder()
        idle.socket, idle.uid = str(victim), idle.uid + 1
        with pytest.raises(supervisor.NotStarted, match="is not the database's folder"):
            idle.empty_socket_folder()
        assert (victim / "file").exists()
        idle.uid -= 1
        idle.empty_socket_folder()
        assert list(victim.iterdir()) == []


def test_a_process_forked_while_the_lock_is_held_does_not_keep_it(room: Path) -> None:
    """As gunicorn's workers are, beside the thread that looks after the server."""
    first = supervisor.open_own(room / "start.lock", os.O_RDWR)
    assert supervisor.try_lock(first)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[first]):
        let_go(first)
        second = supervisor.open_own(room / "start.lock", os.O_RDWR)
        try:
            assert supervisor.try_lock(second)
        finally:
            os.close(second)


def test_the_supervisor_needs_the_standard_library_only() -> None:
    program = [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({supervisor.__file__!r})"]
    assert subprocess.run(program, check=False).returncode == 0
