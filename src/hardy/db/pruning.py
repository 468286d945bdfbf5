"""Deleting much a little at a time, so that no statement holds a table for long."""

from __future__ import annotations

from typing import Any

#: Rows deleted by one statement, and statements in a row before others get their turn.
CHUNK = 1000
CHUNKS = 20


def delete_some(rows: Any) -> tuple[int, bool]:
    """Delete up to ``CHUNK * CHUNKS`` of the queryset's rows; return how many, and whether more may be left."""
    deleted = 0
    for _ in range(CHUNKS):
        keys = list(rows.values_list("pk", flat=True)[:CHUNK])
        if keys:
            chunk = rows.model.objects.using(rows.db).filter(pk__in=keys)
            deleted += chunk.delete()[0]
        if len(keys) < CHUNK:
            return deleted, False
    return deleted, True
