"""django-q2 with Django's ORM as its broker."""

from __future__ import annotations

from typing import Any

from django_q.tasks import async_task


def send(name: str, *args: Any) -> None:
    async_task(f"benchmarks.project.bodies.{name}", *args)
