"""A check of task classes of other packages that take a lock when a task is sent, which no rollback gives back."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage

from hardy.checks.application import project_app
from hardy.checks.findings import Check, declare

LOCKED_WHEN_SENT = declare(
    "hardy.W015",
    when="A task's class takes a lock when the task is sent (celery-singleton, celery-once, celery-heimdall).",
    says="{task} is a {base}, which takes its lock when the task is sent: after a rollback it stays locked.",
    hint=(
        "Send it with delay_on_commit() or apply_async_on_commit(), or let the ledger keep it single: "
        "apply_async(task_id=...) enqueues an id once for as long as it waits or runs."
    ),
    deploy=True,
)

#: Packages whose task classes ask Redis or a file for a lock in `apply_async`, and give it back when the task ends.
PACKAGES = frozenset({"celery_singleton", "celery_once", "celery_heimdall"})


def no_lock_outlives_a_rollback(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    app = project_app()
    app.loader.import_default_modules()
    app.finalize()
    found = [(name, _locking_base(type(task))) for name, task in sorted(app.tasks.items())]
    return [LOCKED_WHEN_SENT(task=name, base=base) for name, base in found if base]


def _locking_base(task: Any) -> str | None:
    """Return the class that takes the lock, with its module; None if there is none."""
    for base in task.__mro__:
        if base.__module__.partition(".")[0] in PACKAGES and "apply_async" in vars(base):
            return f"{base.__module__}.{base.__qualname__}"
    return None


CHECKS: list[Check] = []
DEPLOY_CHECKS: list[Check] = [no_lock_outlives_a_rollback]
