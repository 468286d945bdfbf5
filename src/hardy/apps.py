"""hardy as a Django app: wiring only."""

from __future__ import annotations

from celery import signals
from django.apps import AppConfig
from django.core.signals import request_started
from django.db.backends.signals import connection_created


class HardyConfig(AppConfig):
    """``"hardy"`` in ``INSTALLED_APPS``."""

    name = "hardy"
    verbose_name = "Hardy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from hardy import checks
        from hardy.broker.publisher import publish_soon
        from hardy.db.connections import keep_if_worker
        from hardy.db.sqlite import live_together
        from hardy.dead_letters import results
        from hardy.dead_letters.erasure import Letters
        from hardy.django_tasks.erasure import Calls
        from hardy.ledger.delivery import publish_with
        from hardy.parking import close_parked
        from hardy.records import fireandforget
        from hardy.records.erasure import kept_by
        from hardy.records.result_rows import Results
        from hardy.schedules.firing import fire_once
        from hardy.schedules.lateness import overdue
        from hardy.senders import look_after
        from hardy.telemetry import serving
        from hardy.telemetry.figures import overdue_by
        from hardy.worker import bootsteps, measuring
        from hardy.worker.soft_limit import restore_the_cause

        connection_created.connect(live_together, dispatch_uid="hardy.sqlite")
        connection_created.connect(keep_if_worker, dispatch_uid="hardy.connections")
        connection_created.connect(close_parked, dispatch_uid="hardy.parking")
        connection_created.connect(measuring.count_on_new, dispatch_uid="hardy.measuring")
        connection_created.connect(restore_the_cause, dispatch_uid="hardy.soft_limit")
        request_started.connect(look_after, dispatch_uid="hardy.senders")
        # First what a worker still has to write when it ends, then how it leaves.
        fireandforget.connect_signals()
        bootsteps.connect_signals()
        results.connect_signals()
        # After the worker's own: a beat process first lets go of the connections it inherited.
        signals.beat_init.connect(fire_once, weak=False, dispatch_uid="hardy.schedules")
        serving.connect_signals()
        publish_with(publish_soon)
        overdue_by(overdue)
        for keeper in (Results(), Letters(), Calls()):
            kept_by(keeper)
        checks.register()
