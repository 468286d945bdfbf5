"""The project exports traces, and has a task that sends others."""

from __future__ import annotations

import os

from celery import shared_task

from hardy.telemetry import tracing

tracing.start("depot")
if os.environ.get("DEPOT_CONTRIB"):
    from opentelemetry.instrumentation.celery import CeleryInstrumentor

    CeleryInstrumentor().instrument()


@shared_task(name="depot.send_others")
def send_others(name: str) -> None:
    from depot.tasks import add, record  # needs models, which are not there when plugins are imported

    record.delay(name)
    (add.s(1, 2) | add.s(3)).delay()
    record.apply_async((f"{name} later",), countdown=0.5)
