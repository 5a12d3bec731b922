"""Log lines: readable in development, JSON in production, on standard error. Never a secret, never a pass's values."""

from __future__ import annotations

import logging
import re
import sys

import structlog

from passwright.apple.web_service import HIDDEN, hide_tokens
from passwright.environment import Environment

QUIET = ("procrastinate", "gunicorn.access")
"""Loggers that tell too much below a warning."""

LINK = re.compile(r"""(?:(?<=/[pe]/)|(?<=/v1/devices/)|(?<=/v1/passes/))(?:[^\s"'<>\\\x1b]|\\u[0-9a-f]{4})+""")
"""What follows ``/p/`` or ``/e/`` in an address opens a pass's page, so whoever reads it in a log has the pass. What
follows in an address of Apple's web service names a device, and whoever knows that name may ask what is in the
wallet."""

QUIETER = ("urllib3", "requests_hardened")
"""Loggers that tell of what other people's servers answer, and their addresses."""


def hide_secrets(_logger: structlog.typing.WrappedLogger, _method: str, line: structlog.typing.EventDict | str) -> str:
    """The finished line without links to passes and without the tokens of phones, wherever in it they stand: message,
    value or traceback."""
    assert isinstance(line, str)
    return hide_tokens(LINK.sub(HIDDEN, line))


def configure(environment: Environment) -> None:
    """Send structlog's and the standard library's lines to standard error in one form."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    production = environment.env == "production"
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if production
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The others print local variables, and there is a database password among them.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,  # for lines that did not come through structlog
                renderer,
                hide_secrets,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in QUIETER:
        logging.getLogger(name).setLevel(logging.ERROR)
