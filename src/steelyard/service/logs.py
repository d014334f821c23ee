"""Structured logs: one JSON object a line on stderr, or colors on a terminal."""
from __future__ import annotations

import logging
import sys

import structlog


def begin_logs() -> None:
    """Set up structlog for this process."""
    pretty = sys.stderr.isatty()
    # Tracebacks without local values: there are passwords and tokens among them.
    renderer = (structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback) if pretty
                else structlog.processors.JSONRenderer())
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True),
                    structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr), cache_logger_on_first_use=True)
