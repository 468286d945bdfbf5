"""What ``django.tasks`` keeps of erased jobs: the call and what it returned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from hardy.django_tasks.models import TaskCall

NAME = "Django task calls"


class Calls:
    """Deletes the calls: `get_result` no longer knows them."""

    def find(self, tags: Collection[str]) -> Collection[str]:
        """Each is one job's, which knows what it is about."""
        return ()

    def count(self, jobs: Sequence[str]) -> dict[str, int]:
        return {NAME: _calls(jobs).count()}

    def erase(self, jobs: Sequence[str]) -> dict[str, int]:
        return {NAME: _calls(jobs).delete()[0]}


def _calls(jobs: Sequence[str]) -> Any:
    return TaskCall.objects.filter(id__in=jobs)
