"""The web server: gunicorn, which keeps the case of header names that clients of the v2 contract compare."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from passwright.embedded.tether import die_with_parent
from passwright.environment import Environment
from passwright.known_types import know_types

STOP_SECONDS = 20
"""For the answers at hand when the server is told to stop."""


def end_with_the_server(server: Arbiter, _worker: Worker) -> None:
    """A worker whose server was killed would go on to hold the port."""
    die_with_parent(server.pid)


def get_ready(worker: Worker) -> None:
    """In the process that answers, before its threads: all that they would otherwise find out at the same time."""
    import_module("passwright.urls")
    import_module("passwright.interfaces.api.routes")
    know_types()
    count_on(worker)


def count_on(_worker: Worker) -> None:
    """In the process that answers, after the fork: threads do not live through one."""
    from passwright.interfaces.api.api_calls import calls

    calls.keep_writing()


def write_last_calls(_server: Arbiter, _worker: Worker) -> None:
    """A worker that ends in peace loses none of its counts."""
    from passwright.interfaces.api.api_calls import calls

    calls.try_to_write()


class WebServer(BaseApplication):
    """gunicorn without a configuration file."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        super().__init__()

    def load_config(self) -> None:
        aside = self.environment.metrics_listen
        settings: dict[str, Any] = {
            "bind": [self.environment.listen, *([aside] if aside else [])],
            "workers": self.environment.processes,
            "threads": self.environment.threads,
            "worker_class": "passwright.interfaces.web_worker.WebWorker",
            "post_fork": end_with_the_server,
            "post_worker_init": get_ready,
            "worker_exit": write_last_calls,
            "worker_connections": 900,
            "keepalive": 75,
            "timeout": 60,
            "graceful_timeout": STOP_SECONDS + self.environment.drain_seconds,
            "limit_request_line": 8190,
            "proc_name": "passwright-web",
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from passwright.wsgi import application

        return application
