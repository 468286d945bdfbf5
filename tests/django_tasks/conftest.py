"""Django's task API with hardy's backend, on a ledger on each kind of database."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from asgiref.local import Local

BACKEND = {"BACKEND": "hardy.django_tasks.HardyBackend", "QUEUES": []}


@pytest.fixture
def task_settings(settings: Any) -> Any:
    """Set ``TASKS``, and put it back."""
    from hardy.django_tasks import api

    handler = import_module(api.PACKAGE).task_backends

    def use(**tasks: Any) -> None:
        settings.TASKS = tasks

    use(default=BACKEND)
    yield use
    handler._connections = Local()


@pytest.fixture
def jobs(app: Any, task_settings: Any) -> Any:
    from hardy.testing import open_jobs

    with open_jobs(app) as jobs:
        yield jobs


@pytest.fixture
def tasks(jobs: Any) -> Any:
    from tests.django_tasks import tasks

    tasks.said.clear()
    return tasks
