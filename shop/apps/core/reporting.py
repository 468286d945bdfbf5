"""Sentry: where failures are reported to."""

from __future__ import annotations

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.transport import Transport

from hardy.telemetry.sentry import HardyIntegration


def start(dsn: str, transport: type[Transport] | None = None) -> None:
    """Report to `dsn` from now on; an empty one reports nowhere."""
    if not dsn:
        return
    sentry_sdk.init(
        dsn=dsn,
        # Tasks are reported by on_task_failure in apps/core/tasks.py, with more context than the integration
        # gives; with both, every failure would arrive twice. The same holds for errors that are also logged.
        disabled_integrations=[CeleryIntegration()],
        # What hardy knows of the task, jobs that died without an exception, and check-ins of schedules.
        integrations=[LoggingIntegration(event_level=None), HardyIntegration()],
        transport=transport,
    )
