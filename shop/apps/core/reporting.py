"""Sentry: where failures are reported to."""

from __future__ import annotations

import sentry_sdk
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import Transport

from hardy.telemetry.sentry import HardyIntegration


def start(dsn: str, transport: type[Transport] | None = None) -> None:
    """Report to `dsn` from now on; an empty one reports nowhere."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        # Named one by one: to find out what it could enable by itself, Sentry imports whatever is installed.
        # Celery's is not among them. Tasks are reported by on_task_failure in apps/core/tasks.py, with more context
        # than the integration gives; with both, every failure would arrive twice, as would errors that are logged.
        # Hardy's tells what it knows of the task, of jobs that died without an exception, and checks schedules in.
        auto_enabling_integrations=False,
        integrations=[DjangoIntegration(), LoggingIntegration(event_level=None), HardyIntegration()],
        transport=transport,
    )
