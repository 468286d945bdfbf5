"""The task API that is installed: Django's own from 6.0 on, before that the ``django-tasks`` backport."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import django


def _package() -> str:
    if django.VERSION >= (6, 0):
        return "django.tasks"
    try:
        import_module("django_tasks")
    except ImportError as error:
        raise ImportError(
            "hardy.django_tasks needs Django 6, or the backport of its API: pip install 'django-hardy[django-tasks]'"
        ) from error
    return "django_tasks"


PACKAGE = _package()

_base: Any = import_module(f"{PACKAGE}.base")
_exceptions: Any = import_module(f"{PACKAGE}.exceptions")
signals: Any = import_module(f"{PACKAGE}.signals")

BaseTaskBackend: Any = import_module(f"{PACKAGE}.backends.base").BaseTaskBackend
DEFAULT_TASK_QUEUE_NAME: str = _base.DEFAULT_TASK_QUEUE_NAME
TASK_MAX_PRIORITY: int = _base.TASK_MAX_PRIORITY
TASK_MIN_PRIORITY: int = _base.TASK_MIN_PRIORITY
Task: Any = _base.Task
TaskContext: Any = _base.TaskContext
TaskError: Any = _base.TaskError
TaskResult: Any = _base.TaskResult
TaskResultStatus: Any = _base.TaskResultStatus
TaskResultDoesNotExist: Any = _exceptions.TaskResultDoesNotExist


def normalize_json(value: Any) -> Any:
    """Return ``value`` as JSON gives it back; ``TypeError`` for what JSON cannot carry."""
    module = "django.utils.json" if PACKAGE == "django.tasks" else "django_tasks.utils"
    return import_module(module).normalize_json(value)
