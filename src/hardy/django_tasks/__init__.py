"""Django's own task API, on the ledger: ``TASKS = {"default": {"BACKEND": "hardy.django_tasks.HardyBackend"}}``.

What belongs here translates between ``django.tasks`` and a job of the ledger; how a job runs is none of its business.
Names are imported when they are asked for: without Django 6 or the backport hardy works as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hardy.django_tasks.backend import HardyBackend

__all__ = ["HardyBackend"]


def __getattr__(name: str) -> Any:
    if name != "HardyBackend":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hardy.django_tasks.backend import HardyBackend

    return HardyBackend
