"""Background tasks for Django that survive, on standard Celery.

``from hardy import Celery`` instead of ``from celery import Celery``, ``"hardy"`` in ``INSTALLED_APPS``, and
``CELERY_BROKER_URL = "hardy://"`` where no broker shall be needed.
"""

from __future__ import annotations

from kombu.transport import TRANSPORT_ALIASES

import hardy.conf.versions  # noqa: F401 - first: it refuses a Celery that has not what the others import
from hardy.app import Celery, Task
from hardy.attempt import CurrentAttempt, current_attempt
from hardy.bulk import send_many
from hardy.cause import caused_by
from hardy.duty import Duty
from hardy.how_far import Progress, progress, track
from hardy.policy import Execution, Message, Policy
from hardy.redaction import Redacted
from hardy.snooze import Snooze
from hardy.tagging import runs_of, tag

__version__ = "0.1.0"

#: A broker URL that starts with ``hardy://`` means the ledger itself.
TRANSPORT_ALIASES["hardy"] = "hardy.transport:Transport"

__all__ = [  # noqa: RUF022 - in groups, in reading order
    # the app: what a project's celery.py imports
    "Celery",
    "Task",
    # sending beside what Celery has
    "send_many",
    # what the history says of a task
    "Redacted",
    "caused_by",
    "runs_of",
    "tag",
    # inside a task
    "CurrentAttempt",
    "Progress",
    "Snooze",
    "current_attempt",
    "progress",
    "track",
    # the two nouns: what a project extends hardy with
    "Policy",
    "Message",
    "Execution",
    "Duty",
    # about this package
    "__version__",
]
