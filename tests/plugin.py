"""Before Django's settings are read: a home of its own for this run, and the PostgreSQL that all its workers share.

Loaded by ``-p tests.plugin`` (pyproject.toml), because a conftest comes after pytest-django has read the settings.
A run against another server names it in PASSWRIGHT_TEST_DATABASE_URL.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

RUN = "PASSWRIGHT_TEST_RUN"  # set for the workers of xdist: the controller has prepared everything
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}  # nothing here outlives the run
ROOMY = {"max_connections": "300"}  # some tests let a hundred callers in at once, in every worker

_run = ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """A wrapper, so that it comes before pytest-django's own hook."""
    if RUN not in os.environ:
        prepare_run()
    return (yield)


def pytest_unconfigure() -> None:
    _run.close()


class ByInstallation(LoadGroupScheduling):
    """Tests that share an installation go to the same worker, where it is started once. xdist 3.8 has this from the
    mark ``xdist_group``, which it writes where pytest 9.2 does not read it."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path.startswith("tests/clients/"):
            return "clients"
        return path if path.startswith(("tests/walks/", "tests/browser/", "tests/test_readme.py")) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByInstallation:
    return ByInstallation(config, log)


def prepare_run() -> None:
    for name in [name for name in os.environ if name.startswith("PASSWRIGHT_") and "_TEST_" not in name]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix="passwright-test-"))
    _run.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o711)  # root's PostgreSQL runs as somebody else, who has to pass
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.environ["DATABASE_URL"] = os.environ.get("PASSWRIGHT_TEST_DATABASE_URL") or start_postgres(folder)
    os.environ["PASSWRIGHT_HOME"] = str(home)
    os.environ[RUN] = str(os.getpid())


def start_postgres(folder: Path) -> str:
    """Ephemeral: the folder goes with the server, and the server with this process, even at ``kill -9``."""
    from passwright.embedded.postgres import running

    return _run.enter_context(running(folder, options=FAST | ROOMY, ephemeral=True)).url
