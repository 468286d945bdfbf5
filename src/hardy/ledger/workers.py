"""The worker registry: every worker and beat process has one heartbeat row, renewed by one UPDATE every few seconds."""

from __future__ import annotations

import os
from collections.abc import Iterable

from hardy import events
from hardy.db.clock import seconds_from_now
from hardy.ledger import identity
from hardy.ledger.machine import machine_id
from hardy.ledger.models import Worker

#: What this process says of itself besides; the worker that starts fills it in.
about: dict[str, str] = {"pool": "", "release": ""}


def register(kind: str, queues: Iterable[str] = ()) -> None:
    """Write this process's row. Without it, whatever the process holds would be given back."""
    name = identity.name()
    Worker.objects.update_or_create(
        id=name,
        defaults={
            "kind": kind,
            "name": name.partition("/")[0],
            "pid": os.getpid(),
            "machine": machine_id(),
            "queues": ",".join(sorted(queues)),
            "started_at": seconds_from_now(0),
            "seen_at": seconds_from_now(0),
            **about,
        },
    )
    events.emit(events.worker_registered, None, worker=name)


def beat(active: int, memory: int | None = None) -> bool:
    """Renew this process's row; False if it has been reaped meanwhile (then register again)."""
    mine = Worker.objects.filter(id=identity.name())
    return bool(mine.update(seen_at=seconds_from_now(0), active=active, memory=memory))
