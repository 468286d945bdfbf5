"""A plugin for a process: nobody on this machine can see whether it lives."""

from __future__ import annotations

from typing import Any

from celery.signals import worker_init


@worker_init.connect(weak=False)
def be_elsewhere(**_: Any) -> None:
    from hardy.ledger import workers

    workers.machine_id = lambda: "another machine"
