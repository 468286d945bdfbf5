"""What a developer's terminal shows: one line for one thing that matters.

Left out are the static files of a page, what open pages ask for every few seconds, and what another line says already.
Whatever fails is shown.
"""

from __future__ import annotations

import logging
import re

#: The request lines that nobody has asked for by hand.
BY_ITSELF = re.compile(r"GET /(static/|favicon\.ico|api/health/|\S+/(strip|now|progress|row)/)")
FIRST_ERROR = 400


class WorthALine(logging.Filter):
    """Lets a request of the development server through if a person made it, or if it failed."""

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", FIRST_ERROR)
        return status >= FIRST_ERROR or not BY_ITSELF.match(str(record.args[0] if record.args else ""))


class Line(logging.Formatter):
    """``09:04:15 what happened``, with the level if it is worse than usual."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        return f"{line} ({record.levelname})" if record.levelno > logging.WARNING else line


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"worth_a_line": {"()": WorthALine}},
    "formatters": {"line": {"()": Line}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "requests": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["worth_a_line"]},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {"handlers": ["requests"], "level": "INFO", "propagate": False},
        "django.request": {"level": "ERROR"},  # a 404 is a line of the server's
        "celery.task": {"handlers": ["console"], "propagate": False},
        "celery.worker.strategy": {"level": "WARNING"},  # "received": how it ended is said soon enough
        "httpx": {"level": "WARNING"},  # a vendor that fails is a line of the task's
    },
}
