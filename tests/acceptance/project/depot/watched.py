"""The project reports to Sentry, at DEPOT_SENTRY."""

from __future__ import annotations

import os

import sentry_sdk
from celery import signals
from sentry_sdk.integrations.celery import CeleryIntegration


@signals.import_modules.connect(weak=False)
def report(**_: object) -> None:
    """Once Django is set up: the integration knows its models."""
    import django

    django.setup()
    from hardy.telemetry.sentry import HardyIntegration

    sentry_sdk.init(
        dsn=os.environ["DEPOT_SENTRY"],
        integrations=[CeleryIntegration(), HardyIntegration(retries="DEPOT_SENTRY_RETRIES" in os.environ)],
    )
