"""Deleting much a little at a time, so that no statement holds a table for long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from hardy.db.deadlocks import again_after_deadlock
from hardy.duty import Duty

#: Rows deleted by one statement, and statements in a row before others get their turn.
CHUNK = 1000
CHUNKS = 20

#: Deletes some rows; returns how many, and whether more may be left.
Step = Callable[[], tuple[int, bool]]


class Pruning(Duty):
    """A duty that deletes what has expired. A subclass says in ``steps`` what, each under the name of its rows."""

    leader_only = True

    def steps(self) -> Iterable[tuple[str, Step]]:
        """Return what is to be deleted: the name of the rows for people, and what deletes some of them."""
        raise NotImplementedError

    def tick(self) -> int:
        return sum(count for _, count in self.prune())

    def prune(self) -> list[tuple[str, int]]:
        """Take each step once; return what was deleted. ``has_more`` says whether to go on."""
        done = [(what, *step()) for what, step in self.steps()]
        self.has_more = any(more for _, _, more in done)
        return [(what, deleted) for what, deleted, _ in done]


def delete_some(rows: Any) -> tuple[int, bool]:
    """Delete up to ``CHUNK * CHUNKS`` of the queryset's rows; return how many, and whether more may be left."""
    deleted = 0
    for _ in range(CHUNKS):
        keys = list(rows.values_list("pk", flat=True)[:CHUNK])
        if keys:
            deleted += delete_keys(rows.model, keys)
        if len(keys) < CHUNK:
            return deleted, False
    return deleted, True


@again_after_deadlock
def delete_keys(model: Any, keys: Sequence[Any]) -> int:
    """Delete the rows with these primary keys; return how many there were. Another process may prune, too."""
    return int(model.objects.filter(pk__in=keys).delete()[0])
