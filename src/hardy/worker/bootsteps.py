"""How a worker and a beat process register, do their duties, and leave."""

from __future__ import annotations

import atexit
import gc
import logging
import socket
from functools import partial
from typing import Any

from celery import bootsteps, signals
from celery.platforms import EX_FAILURE
from celery.worker.state import maybe_shutdown
from django.db import DatabaseError, InterfaceError, connections

from hardy.db import leases
from hardy.db.connections import tidy_connections
from hardy.db.dialect import ledger_connection
from hardy.db.outage import DatabaseAway, retry_while_away
from hardy.db.unanswered import bound_connecting
from hardy.errors import LedgerMissing
from hardy.ledger import identity, recovery, workers
from hardy.ledger.enqueue import refusing_a_missing_ledger
from hardy.worker.duties import Heartbeat
from hardy.worker.ending import handle_between_statements
from hardy.worker.finalize import close, close_broken
from hardy.worker.fixup import forget_connections
from hardy.worker.isolation import isolate_suspects
from hardy.worker.measuring import release
from hardy.worker.runner import DutyRunner, load_duties
from hardy.worker.stopping import is_told_to_stop
from hardy.worker.unrunnable import set_aside_unknown, set_aside_unreadable

logger = logging.getLogger(__name__)

#: What Celery's setting ``worker_consumer`` says unless the project chose another.
STOCK_CONSUMER = "celery.worker.consumer:Consumer"

_runners: list[DutyRunner] = []


class RegisterWorker(bootsteps.StartStopStep):  # type: ignore[misc]
    """Registers the worker before its first reservation. It leaves when the pool is done, not when consuming ends."""

    #: Of `worker --beat` too: what is forked must find no open connection (sqlite.org/howtocorrupt.html).
    requires = ("celery.worker.components:Pool", "celery.worker.components:Beat")

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        identity.become(worker.hostname)  # before the pool forks: children claim in the worker's name
        if worker.consumer_cls == STOCK_CONSUMER:
            worker.consumer_cls = "hardy.worker.consumer:Consumer"

    def create(self, worker: Any) -> None:
        isolate_suspects(worker)

    def start(self, worker: Any) -> None:
        handle_between_statements()
        workers.about.update(pool=_pool_in_words(worker), release=release())
        join("worker", sorted(worker.app.amqp.queues.consume_from))

    def stop(self, worker: Any) -> None:
        """Nothing yet: running tasks need the heartbeat until the pool has stopped."""

    def terminate(self, worker: Any) -> None:
        """Nothing yet, for the same reason."""


def _pool_in_words(worker: Any) -> str:
    """``prefork × 4``: the pool's name, and how many tasks it runs at a time."""
    module = str(getattr(worker.pool_cls, "__module__", worker.pool_cls))
    return f"{module.rpartition('.')[2]} × {worker.concurrency}"[:64]


def join(kind: str, queues: list[str]) -> None:
    """Write this process's row and start its duties. Before `migrate` it says so, and the process ends with code 1."""
    bound_connecting(ledger_connection())
    # A database that is just starting, as after a power cut that took it along, is waited for.
    try:
        retry_while_away("the start", partial(_register, kind, queues), unless=is_told_to_stop)
    except DatabaseAway:
        maybe_shutdown()
        raise
    except LedgerMissing as error:
        logger.critical("This %s cannot start: %s", kind, error)
        raise SystemExit(EX_FAILURE) from None  # in order: nothing has been started yet
    # The heartbeat has a thread of its own: no slow duty may have a live worker reaped.
    for duties in ([Heartbeat(kind, queues)], load_duties()):
        runner = DutyRunner(duties, holder=identity.name())
        runner.start()
        _runners.append(runner)
    atexit.register(leave)  # beat, and a worker that is shut down cold, say nothing when they end


def _register(kind: str, queues: list[str]) -> None:
    with refusing_a_missing_ledger():
        workers.register(kind, queues)


def leave(**_: Any) -> None:
    """Stop the duties and give back everything that is still held, at once."""
    if not _runners or identity.is_inherited():
        return
    while _runners:
        _runners.pop().stop()
    tidy_connections()
    try:
        recovery.deregister(identity.name())
        leases.resign(identity.name())
    except (DatabaseError, InterfaceError):
        logger.exception("Could not leave in good order; other workers take back what this process held")
    finally:
        connections.close_all()


def duty_lags() -> dict[str, float]:
    """Return by duty of this process how many seconds it has been due and is not done."""
    return {name: lag for runner in list(_runners) for name, lag in runner.lags().items()}


def connect_signals() -> None:
    """Listen for what Celery tells outside the two seams."""
    signals.task_postrun.connect(close, weak=False, dispatch_uid="hardy.close")
    signals.task_internal_error.connect(close_broken, weak=False, dispatch_uid="hardy.close_broken")
    signals.task_unknown.connect(set_aside_unknown, weak=False, dispatch_uid="hardy.unknown")
    signals.task_rejected.connect(set_aside_unreadable, weak=False, dispatch_uid="hardy.unreadable")
    signals.worker_before_create_process.connect(_freeze, weak=False, dispatch_uid="hardy.freeze")
    signals.worker_shutdown.connect(leave, weak=False, dispatch_uid="hardy.leave")
    signals.beat_init.connect(_join_as_beat, weak=False, dispatch_uid="hardy.beat")


def _freeze(**_: Any) -> None:
    """Keep the garbage collector of pool children from what they share with this process, which it would copy.

    Once, before the first is forked: what this process makes later may become garbage (docs.python.org/3/library/gc).
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


def _join_as_beat(sender: Any, **_: Any) -> None:
    """A beat process joins too; one that lives in a thread of a worker shares the worker's duties."""
    if identity.is_inherited():  # `worker --beat` forks: the parent's connections and duties are not ours
        forget_connections()
        _runners.clear()
    if not _runners:
        identity.become(f"beat@{socket.gethostname()}")
        join("beat", [])
