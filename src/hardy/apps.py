"""hardy as a Django app: wiring only."""

from __future__ import annotations

from celery import signals
from django.apps import AppConfig
from django.db.backends.signals import connection_created


class HardyConfig(AppConfig):
    """``"hardy"`` in ``INSTALLED_APPS``."""

    name = "hardy"
    verbose_name = "Hardy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hardy import checks
        from hardy.chaos import tasks  # noqa: F401 - every worker knows hardy's own task
        from hardy.deadletters import results
        from hardy.ledger import worker
        from hardy.runs import fireandforget
        from hardy.schedules.once import fire_once
        from hardy.sqlite import live_together

        connection_created.connect(live_together, dispatch_uid="hardy.sqlite")
        worker.connect_signals()
        results.connect_signals()
        fireandforget.connect_signals()
        # After the worker's own: a beat process first lets go of the connections it inherited.
        signals.beat_init.connect(fire_once, weak=False, dispatch_uid="hardy.schedules")
        checks.register()
