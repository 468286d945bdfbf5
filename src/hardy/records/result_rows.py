"""The results of erased jobs: rows of django-celery-results, or whatever the project's backend keeps them in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import celery
from celery.backends.base import DisabledBackend
from django.apps import apps
from django.db import router

from hardy.errors import HardyError

NAME = "results"


class ResultsNotErased(HardyError):
    """The backend of results did not answer, or refused."""


class Results:
    """Forgets results, as ``AsyncResult.forget()`` does: whoever asks for one hears of a task that nobody knows."""

    def find(self, tags: Collection[str]) -> Collection[str]:
        """Results do not say what they are about."""
        return ()

    def count(self, jobs: Sequence[str]) -> dict[str, int]:
        rows = _rows(jobs)
        return {NAME: (0 if rows is None else rows.count()) + len(jobs) * _are_elsewhere()}

    def erase(self, jobs: Sequence[str]) -> dict[str, int]:
        rows = _rows(jobs)
        deleted = 0 if rows is None else rows.delete()[0]
        if _are_elsewhere():
            _forget(jobs)
            deleted += len(jobs)  # how many of them it had it does not say
        return {NAME: deleted}


def _rows(jobs: Sequence[str]) -> Any:
    """Return the rows of django-celery-results; None where it is not installed."""
    app: str = "django_celery_results"  # hardy works without it, so its models are not imported
    if not apps.is_installed(app):
        return None
    model = apps.get_model(app, "TaskResult")
    return model.objects.using(router.db_for_write(model)).filter(task_id__in=jobs)


def _are_elsewhere() -> bool:
    """Whether results are kept in another place than the rows; messages of ``rpc://`` are gone when they are read."""
    backend: Any = celery.current_app.backend
    is_rows, is_rpc = getattr(backend, "reads_the_ledger", False), not getattr(backend, "persistent", True)
    return not (isinstance(backend, DisabledBackend) or is_rows or is_rpc)


def _forget(jobs: Sequence[str]) -> None:
    for job in jobs:
        try:
            celery.current_app.backend.forget(job)
        except Exception as error:  # a backend raises what it likes
            why = f"{type(error).__name__}: {error}"
            raise ResultsNotErased(
                f"The result backend could not forget {job} ({why}). Once it can, erase again: what leads to the result"
                " is still there."
            ) from error
