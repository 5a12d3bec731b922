"""Types that threads read JSON into are made known before there are threads.

msgspec looks into a `Struct` when it first reads one, and remembers what it found. A second thread that reads the same
type at that moment meets a half-made memory, and the process ends with a segmentation fault (seen with msgspec 0.22 in
a web process that got its first eight requests at once).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct


def know_types() -> set[type[Struct]]:
    """Have msgspec look into all structs that are imported by now; those that it can read."""
    return {known for known in subclasses(Struct) if is_read(known)}


def subclasses(parent: type[Struct]) -> Iterator[type[Struct]]:
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


def is_read(struct: type[Struct]) -> bool:
    """Some hold what is never read: connections, functions, rows."""
    try:
        msgspec.json.Decoder(struct)
    except Exception:
        return False
    return True
