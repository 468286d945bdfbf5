"""The options by which jobs that are not finished are chosen, wherever they are."""

from __future__ import annotations

from hardy.ledger.models import Job

JOB_FILTERS = {
    "state": f"in this state: {', '.join(Job.State.values)}",
    "task": "of this task; a * at the end stands for any ending",
    "queue": "of this queue",
    "error": "of which an earlier attempt raised an error with this in its type or its text",
    "tag": "about this row, such as order:42",
    "older": "enqueued longer ago than this: 90s, 30m, 2h, 3d, 1w",
    "newer": "enqueued within this time",
}
ID_HELP = "with this id; may be repeated"
