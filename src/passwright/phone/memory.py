"""What a phone keeps in a folder, so that its passes are there again when it is switched on.

Push tokens, device identifiers and authentication tokens stand in the file as they are: nobody but its owner can read
it, as nobody but its owner can open a phone.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from passwright.phone.held import HeldPass
from passwright.phone.phone import Account, Phone

FILE = "phone.json"


class UnreadableMemory(Exception):
    """The folder holds a file that no phone has written."""


class FolderTaken(Exception):
    """Another phone is switched on that keeps its passes in the folder."""


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """While the block runs the folder is no other phone's, in whatever process.

    Raises:
        FolderTaken: naming the folder.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FolderTaken(f"Another phone keeps its passes in {folder}.") from error
        yield


class KeptAccount(Struct, kw_only=True):
    web_service_url: str
    pass_type_identifier: str
    device: str
    push_token: str
    tag: str | None = None


class Memory(Struct, kw_only=True):
    accounts: list[KeptAccount] = []
    passes: list[HeldPass] = []


def save(phone: Phone, folder: Path) -> None:
    """All at once or not at all."""
    memory = Memory(
        accounts=[msgspec.convert(account, KeptAccount, from_attributes=True) for account in phone.accounts.values()],
        passes=list(phone.passes.values()),
    )
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = folder / f"{FILE}.part"
    part.touch(mode=0o600)
    part.write_bytes(msgspec.json.encode(memory))
    part.replace(folder / FILE)


def load(phone: Phone, folder: Path) -> None:
    """Give the phone back what it held; it then asks what it has missed. A folder without a file is a new phone.

    Raises:
        UnreadableMemory: naming the file.
    """
    file = folder / FILE
    if not file.exists():
        return
    try:
        memory = msgspec.json.decode(file.read_bytes(), type=Memory)
    except (msgspec.DecodeError, OSError) as error:
        raise UnreadableMemory(f"{file} is not what a phone keeps. Delete it to begin with a new phone.") from error
    phone.take_up(
        [Account(**msgspec.structs.asdict(account)) for account in memory.accounts],
        memory.passes,
    )
