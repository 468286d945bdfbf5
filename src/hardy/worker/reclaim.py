"""Reclaiming: jobs of workers that died are taken straight from the ledger, past whatever waits in the broker.

A broker would put them behind everything that was sent meanwhile: behind an hour's backlog they would start an hour
late. So every worker looks for them once a second, and takes one whenever it has a process free; those that nobody
takes are published like any other (`hardy.broker.relay`). Where the ledger is the broker they keep their
place in it, and none of this is needed.
"""

from __future__ import annotations

import base64
import logging
import uuid
from collections.abc import Sequence
from typing import Any

from celery import bootsteps
from celery.worker import state as celery_state
from django.db import DatabaseError, InterfaceError
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber
from kombu.transport.virtual import Message

from hardy.db.clock import seconds_from_now
from hardy.db.dialect import ledger_connection
from hardy.db.unanswered import cut_if_unanswered
from hardy.errors import Undecodable
from hardy.ledger import identity, reserve
from hardy.ledger.delivery import is_embedded
from hardy.ledger.message import delivery_payload
from hardy.ledger.models import Job
from hardy.ledger.reserve import Reserved
from hardy.ledger.set_aside import set_aside
from hardy.transport.turns import Turns

logger = logging.getLogger(__name__)

#: Seconds between two looks.
PAUSE = 1.0


class ReclaimJobs(bootsteps.StartStopStep):  # type: ignore[misc]
    """Part of every worker's consumer: has it run what dead workers left."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        super().__init__(consumer, **kwargs)
        self._watch: Watch | None = None

    def include_if(self, consumer: Any) -> bool:
        return not is_embedded(consumer.app)

    def start(self, consumer: Any) -> None:
        self._watch = Watch(consumer)

    def stop(self, consumer: Any) -> None:
        if self._watch is not None:
            self._watch.end()
            self._watch = None


class Watch:
    """One consumer's look-out for lost jobs; a new one begins with every connection to the broker."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._taken = ReclaimedJobs()
        self._turns = Turns()
        self._may_find = False
        self._timer = consumer.timer.call_repeatedly(PAUSE, self._look)
        #: Rounds of the event loop, where there is one: the moment between the end of a task and the next message.
        self._rounds = consumer.hub.on_tick if consumer.hub else set()
        self._rounds.add(self._take_if_free)

    def end(self) -> None:
        self._timer.cancel()
        self._rounds.discard(self._take_if_free)

    def _look(self) -> None:
        self._may_find = True
        self._take_if_free()

    def _take_if_free(self) -> None:
        if not self._may_find:
            return
        try:
            with cut_if_unanswered(ledger_connection(), "the look for lost jobs"):
                self._may_find = self._find()
        except (DatabaseError, InterfaceError) as error:
            self._may_find = False
            logger.debug("Cannot look for lost jobs (%s)", error)
            ledger_connection().close()

    def _find(self) -> bool:
        """Take what there are free processes for; return whether there may be more."""
        free = self._free_processes()
        if free < 1:
            return True
        queues = self._turns.of(self._queues())
        rows = take(identity.name(), queues, free)
        self._turns.served(row.queue for row in rows)
        for row in rows:
            logger.info("Reclaimed job %s from a worker that died", row.id)
            try:
                self._taken.deliver(self._consumer, row)
            except Undecodable as error:
                set_aside(row.id, row.token, error)
        return len(rows) == free

    def _queues(self) -> list[str]:
        """What this worker consumes at the moment; a queue that is paused it does not."""
        tasks = self._consumer.task_consumer
        return [queue for queue in self._consumer.app.amqp.queues.consume_from if tasks.consuming_from(queue)]

    def _free_processes(self) -> int:
        active = {request.id for request in celery_state.active_requests}
        unstarted = [job for job in self._taken.jobs.values() if job not in active]
        return int(self._consumer.pool.num_processes) - len(active) - len(unstarted)


class ReclaimedJobs:
    """Stands where Celery expects the channel of a message: here a message is a row, and its end is written there."""

    no_ack_consumers = None

    def __init__(self) -> None:
        #: The jobs that were taken and are not over, by delivery tag.
        self.jobs: dict[str, str] = {}

    def deliver(self, consumer: Any, row: Reserved) -> None:
        """Give ``row`` to Celery's ``consumer`` as if the broker had sent it."""
        tag = uuid.uuid4().hex
        payload = delivery_payload(
            row.message, job=row.id, token=row.token, attempts=row.attempts, queue=row.queue, tag=tag
        )
        self.jobs[tag] = row.id
        message = Message(payload, channel=self)
        message.accept = consumer.task_consumer.accept
        consumer.task_consumer.on_message(message)

    def decode_body(self, body: str, encoding: str | None = None) -> str | bytes:
        return base64.b64decode(body) if encoding == "base64" else body

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        self.jobs.pop(delivery_tag, None)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        job = self.jobs.pop(delivery_tag, None)
        if requeue and job is not None:
            reserve.release(identity.name(), [job])


def take(worker: str, queues: Sequence[str], limit: int) -> list[Reserved]:
    """Hand up to ``limit`` lost jobs of ``queues`` to ``worker``: the most urgent first, then the longest due.

    Among equals the queues take turns, in the order they are given in.
    """
    lost = Job.objects.filter(
        state=Job.State.HELD, crashes__gt=0, due_at__lte=seconds_from_now(0), queue__in=queues
    )
    ids = _in_turn(lost, queues, limit)
    # Looking first: an idle worker writes nothing. Of two that saw the same job, one is quicker.
    if not ids or not lost.filter(id__in=ids).update(state=Job.State.RESERVED, worker=worker):
        return []
    mine = Job.objects.filter(id__in=ids, state=Job.State.RESERVED, worker=worker)
    rows = [Reserved(*row) for row in mine.values_list("id", "queue", "token", "attempts", "message")]
    return sorted(rows, key=lambda row: ids.index(row.id))


def _in_turn(lost: QuerySet[Job], queues: Sequence[str], limit: int) -> list[str]:
    """Return the ids of the first ``limit`` rows: the first of each queue, then the second of each, and so on."""
    place = Window(RowNumber(), partition_by=[F("queue"), F("priority")], order_by="due_at")
    placed = lost.annotate(place=place).filter(place__lte=limit)
    rows = placed.values_list("priority", "place", "queue", "id")
    ordered = sorted((-priority, place, queues.index(queue), id) for priority, place, queue, id in rows)
    return [id for *_, id in ordered[:limit]]
