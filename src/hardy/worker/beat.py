"""The beat service: before ``migrate`` it says so in one sentence, and ends with code 1, as a worker does."""

from __future__ import annotations

import logging
from typing import Any

from celery.apps import beat
from celery.platforms import EX_FAILURE
from celery.utils.imports import symbol_by_name
from django.apps import AppConfig, apps
from django.db import connections, router

from hardy.db.failures import DATABASE_ERRORS
from hardy.ledger.enqueue import MISSING_TABLES

logger = logging.getLogger(__name__)


class Beat(beat.Beat):  # type: ignore[misc]
    """Celery's beat service, which looks for the tables before its scheduler reads them."""

    def start_scheduler(self) -> None:
        """Start as Celery does; before `migrate`, say how to make the tables and end, for a supervisor to try again."""
        missing = tables_missing(self.scheduler_cls or self.app.conf.beat_scheduler)
        if missing:
            self.setup_logging()
            logger.critical("This beat cannot start: %s", missing)
            raise SystemExit(EX_FAILURE)
        super().start_scheduler()


def tables_missing(scheduler: Any) -> str:
    """Return what to do about tables that are missing: hardy's, or those of the app that has the scheduler's class."""
    if _lacks_tables(apps.get_app_config("hardy")):
        return MISSING_TABLES
    owner = apps.get_containing_app_config(symbol_by_name(scheduler).__module__)
    if owner is not None and _lacks_tables(owner):
        return (
            f"the tables of {owner.label}, which has its schedules, are missing."
            f" Run: python manage.py migrate {owner.label}"
        )
    return ""


def _lacks_tables(app: AppConfig) -> bool:
    """Return whether a table of ``app`` is missing; False if the database does not answer, which is said elsewhere."""
    wanted: dict[str, set[str]] = {}
    for model in app.get_models():
        if model._meta.managed:
            wanted.setdefault(router.db_for_write(model), set()).add(model._meta.db_table)
    try:
        return any(
            not tables <= set(connections[alias].introspection.table_names())
            for alias, tables in wanted.items()
        )
    except DATABASE_ERRORS:
        return False
    finally:
        connections.close_all()
