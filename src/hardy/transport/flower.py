"""Flower's page about the broker, where the ledger is the broker: queues, how deep they are, and who reads them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from django.db import connections

from hardy.ledger.queries import LedgerStatus, QueueStatus, ledger_status


class LedgerBroker:
    """What Flower asks for queues; the names of the fields are those of RabbitMQ's management API."""

    def __init__(self, broker_url: str, *args: Any, **kwargs: Any) -> None:
        pass

    async def queues(self, names: Collection[str]) -> list[dict[str, Any]]:
        """Return the queues of ``names``, and every other one that has rows or a reader."""
        status = await asyncio.get_running_loop().run_in_executor(None, _status)
        rows = {queue.name: queue for queue in status.queues}
        return [_shown(name, rows.get(name), status) for name in sorted({*names, *rows})]


def register() -> None:
    """Have Flower, where it is what this process runs, know ``hardy://`` beside the brokers it knows itself."""
    module: Any = sys.modules.get("flower.utils.broker")
    if module is None or getattr(module.Broker, "knows_hardy", False):
        return
    make = module.Broker.__new__

    def make_ours_too(cls: Any, broker_url: str, *args: Any, **kwargs: Any) -> Any:
        if urlsplit(broker_url).scheme == "hardy":
            return LedgerBroker(broker_url)
        return make(cls, broker_url, *args, **kwargs)

    module.Broker.__new__ = staticmethod(make_ours_too)
    module.Broker.knows_hardy = True


def _status() -> LedgerStatus:
    try:
        return ledger_status()
    finally:
        connections.close_all()  # the thread is a pool's


def _shown(name: str, queue: QueueStatus | None, status: LedgerStatus) -> dict[str, Any]:
    ready, held, running = (queue.depth, queue.held, queue.running) if queue else (0, 0, 0)
    return {
        "name": name,
        "messages": ready + held + running,
        "messages_unacknowledged": running,
        "messages_ready": ready,
        "consumers": sum(name in worker.queues for worker in status.workers),
    }
