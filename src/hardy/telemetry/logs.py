"""Which task a log line was written in: a filter that adds it to every record, and a formatter that writes JSON.

Both are named in Django's ``LOGGING``. Nothing here adds a handler, sets a level or touches a logger.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from celery._state import get_current_task

from hardy import attempt

#: Header of a message that says who caused it: ``{"request": ..., "user": ...}``.
CAUSE_HEADER = "hardy_cause"

#: What is known of the task that a line was written in. Outside of one all of it is empty.
FACTS = (
    "task_id", "task_name", "task_attempt", "task_root", "task_parent", "task_queue", "request_id", "user_id",
)  # fmt: skip
NOTHING: Mapping[str, Any] = dict.fromkeys(FACTS, "")

#: What every record has; whatever else is on one was given by ``extra=``.
OF_A_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})


def facts() -> dict[str, Any]:
    """Return what is known of the task that this thread is running; nothing outside of one."""
    task = get_current_task()
    request = None if task is None else task.request
    if request is None or request.called_directly or not request.id:
        return {}
    mine = attempt.current()
    is_mine = mine is not None and mine.job == request.id
    cause = request.get(CAUSE_HEADER)
    cause = cause if isinstance(cause, Mapping) else {}
    return {
        "task_id": request.id,
        "task_name": task.name,
        "task_attempt": mine.number if mine is not None and is_mine else (request.retries or 0) + 1,
        "task_root": request.root_id or request.id,
        "task_parent": request.parent_id or "",
        "task_queue": (request.delivery_info or {}).get("routing_key") or "",
        "request_id": cause.get("request", ""),
        "user_id": cause.get("user", ""),
    }


class TaskFilter(logging.Filter):
    """Adds :data:`FACTS` to each record, empty outside of tasks; lets every record pass. Put it on handlers.

    On a handler it also sees the lines of libraries: filters of a logger are not asked for those of its children.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        vars(record).update({**NOTHING, **facts()})
        return True


class JSONFormatter(logging.Formatter):
    """Writes each record as one line of JSON: time, level, logger, message, the task, what ``extra=`` gave, errors.

    It needs no filter. What is not JSON is written as text; a line never fails for that.
    """

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "process": record.process,
        }
        given = {name: value for name, value in vars(record).items() if name not in OF_A_RECORD}
        known = {**facts(), **{name: value for name, value in given.items() if value not in ("", "???")}}
        said.update({name: value for name, value in known.items() if name not in said and value != ""})
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack"] = self.formatStack(record.stack_info)
        return json.dumps(said, default=_as_text, ensure_ascii=True)


def _as_text(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # whatever its own code raises, the line is more important
        return f"<{type(value).__qualname__} that cannot be written>"
