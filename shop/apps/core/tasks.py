"""What every task of the shop shares: each failure is reported, with the call that failed."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from celery.signals import task_failure


@task_failure.connect
def on_task_failure(
    sender: Any = None,
    task_id: str | None = None,
    exception: BaseException | None = None,
    args: Any = None,
    kwargs: Any = None,
    traceback: Any = None,
    einfo: Any = None,
    **kw: Any,
) -> None:
    """Tell Sentry about a failed task. The ids in its arguments are what one needs to run it again."""
    with sentry_sdk.new_scope() as scope:
        name = getattr(sender, "name", str(sender))
        scope.set_context("celery", {"task_name": name, "task_id": task_id, "args": args, "kwargs": kwargs})
        scope.set_tag("task", name)
        sentry_sdk.capture_exception(exception)
