"""The Celery app of the measured project, of the class that its stack names: stock Celery's or hardy's."""

from __future__ import annotations

import os
from pathlib import Path

from celery import signals
from kombu.utils.imports import symbol_by_name

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.project.settings")
app = symbol_by_name(os.environ["HARDY_BENCH_CELERY"])("benchmarks")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.worker_ready.connect(weak=False)
def say_so(**_: object) -> None:
    """Let the harness know that this worker consumes."""
    Path(os.environ["HARDY_BENCH_READY"]).touch()
