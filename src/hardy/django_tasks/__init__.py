"""Django's own task API, on the ledger: ``TASKS = {"default": {"BACKEND": "hardy.django_tasks.HardyBackend"}}``.

What belongs here translates between ``django.tasks`` and a job of the ledger; how a job runs is none of its business.
Names are imported when they are asked for: without Django 6 or the backport hardy works as ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardy.lazy import names_of

if TYPE_CHECKING:
    from hardy.django_tasks.backend import HardyBackend

__all__ = ["HardyBackend"]

__getattr__ = names_of(__name__, {"HardyBackend": "backend"})
