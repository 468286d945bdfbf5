"""What a test changes while it uses hardy's testing kit, and puts back: no eager tasks, and no broker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import celery
from django.db import DatabaseError

from hardy.app import Celery
from hardy.db.dialect import ledger_connection

#: Result backends that need no server but the database. Any other keeps its results in memory for the test.
WITHOUT_A_SERVER = ("django-db", "disabled", "cache+memory", "db+", "file:")


def current_app() -> Celery:
    """Return the project's app; one that is not hardy's is refused with the line to change."""
    app = celery.current_app._get_current_object()
    if not isinstance(app, Celery):
        raise TypeError(
            f"The current Celery app is {type(app).__module__}.{type(app).__qualname__}, which keeps no ledger. "
            "Write `from hardy import Celery` where it is made, or give the app to open_jobs(app)."
        )
    return app


@contextmanager
def as_a_worker_would(app: Celery) -> Iterator[None]:
    """Let sending write rows, whatever the test settings say: CELERY_TASK_ALWAYS_EAGER does not count here."""
    changes = {"task_always_eager": False, "task_eager_propagates": False, "broker_transport": "hardy"}
    backend = str(app.backend_cls or app.conf.result_backend or "disabled")
    if not backend.startswith(WITHOUT_A_SERVER):
        changes["result_backend"] = "cache+memory://"
    with _configured(app, changes), _backend(app, changes.get("result_backend")):
        yield


@contextmanager
def _configured(app: Celery, changes: Mapping[str, Any]) -> Iterator[None]:
    ours = app.conf.changes
    # Under each of its names: before Celery 5.7 the project's CELERY_TASK_ALWAYS_EAGER hides a task_always_eager.
    wanted = {key: value for name, value in changes.items() for key in app.conf._to_keys(name)}
    before = {name: ours[name] for name in wanted if name in ours}
    ours.update(wanted)
    try:
        yield
    finally:
        for name in wanted:
            ours.pop(name, None)
        ours.update(before)


@contextmanager
def _backend(app: Celery, url: Any) -> Iterator[None]:
    """Exchange the backend that the app has made already."""
    before = app.backend_cls, app._backend_cache
    app.backend_cls = url or app.backend_cls
    _forget_backend(app, None)
    try:
        yield
    finally:
        app.backend_cls = before[0]
        _forget_backend(app, before[1])


def _forget_backend(app: Celery, cached: Any) -> None:
    app._backend_cache = cached
    app._local.__dict__.pop("backend", None)


def require_the_ledger() -> None:
    """Raise a sentence that says what to do where a test may not use the database."""
    try:
        ledger_connection().ensure_connection()
        with ledger_connection().cursor():
            pass
    except DatabaseError:
        raise
    except (RuntimeError, AssertionError) as refused:
        raise NeedsDatabase(WHAT_TO_DO) from refused


class NeedsDatabase(AssertionError):
    """A job is a row, and this test may not use the database."""


WHAT_TO_DO = (
    "Jobs are rows of the database, which this test may not use. With pytest, mark it @pytest.mark.django_db (or"
    " ask for the fixture `db`); with unittest, derive from django.test.TestCase instead of SimpleTestCase, and name"
    " the ledger's database in `databases`. To test a task's body alone, call it as a function: it needs no ledger."
)
