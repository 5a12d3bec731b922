"""What threads read is known before they are there."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

from passwright.known_types import know_types
from passwright.passes.content import Marks, Overrides, Revision
from passwright.passes.webhooks import Snapshot


def test_all_that_is_read_from_rows_and_requests_is_known() -> None:
    import_module("passwright.interfaces.api.routes")
    known = know_types()
    assert {Revision, Overrides, Marks, Snapshot} <= known
    assert len(known) > 100
    assert know_types() == known


AT_ONCE = """
import sys, threading
import msgspec
from passwright.known_types import know_types
from passwright.passes.content import Revision

know_types()
sys.setswitchinterval(1e-6)
together = threading.Barrier(8)
texts = {"style": "generic", "name": "n", "organization_name": "o", "description": "d"}
row = {"epoch": 1, "look": {}, "fields": [{"key": "a", "position": "back"}], **texts}

def read():
    together.wait()
    msgspec.convert(row, Revision)

threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_threads_that_read_the_same_type_first_end_no_process() -> None:
    """Without `know_types` one in three ends with a segmentation fault."""
    ended = [subprocess.run([sys.executable, "-c", AT_ONCE], check=False, timeout=60).returncode for _ in range(6)]
    assert ended == [0] * 6
