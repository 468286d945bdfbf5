"""The process that sends: one per stack, as a web process would be. It takes calls as JSON lines and answers so.

{"call": "send", "tasks": 1000}  →  {"seconds": 0.71}
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.apps import apps
from django.core.management import call_command
from django.db import connection, transaction

#: Seconds between looks at what a stack has recorded; a look is one count over an index.
LOOK = 0.2
#: Seconds between looks at a broker's queue, where nothing is recorded; a look takes a fraction of a millisecond.
QUICK_LOOK = 0.005


def migrate() -> None:
    call_command("migrate", verbosity=0)


def clear() -> None:
    """Empty every table and the queue."""
    tables = [model._meta.db_table for model in apps.get_models()]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
        else:
            for table in tables:
                cursor.execute(f"DELETE FROM {table}")
    with _channel() as channel:
        channel.queue_purge(_queue())


def send(tasks: int) -> float:
    """Send tasks one by one, each as its own call, and return the seconds."""
    from benchmarks.project.tasks import nothing

    started = time.perf_counter()
    for number in range(tasks):
        nothing.delay(number)
    return time.perf_counter() - started


def send_together(tasks: int) -> float:
    """Send tasks inside one database transaction, and return the seconds, the commit included."""
    started = time.perf_counter()
    with transaction.atomic():
        send(tasks)
    return time.perf_counter() - started


def send_stamps(tasks: int, pause: float, file: str) -> None:
    """Send one task every ``pause`` seconds."""
    from benchmarks.project.tasks import stamp

    begun = time.monotonic()
    for number in range(tasks):
        time.sleep(max(0.0, begun + number * pause - time.monotonic()))
        stamp.delay(time.monotonic(), file)


def send_outlive(file: str) -> None:
    from benchmarks.project.tasks import outlive

    outlive.delay(file)


def claim_and_end(tasks: int) -> float:
    """Claim and end what waits, one job after the other, and return the seconds."""
    from hardy.ledger import claiming, ending, identity
    from hardy.ledger.models import Job

    waiting = list(Job.objects.values_list("id", "task", "token", "attempts")[:tasks])
    identity.become("bench@here")
    started = time.perf_counter()
    for job, task, token, attempts in waiting:
        mine = claiming.claim(job, task, identity.name(), token=token, attempts=attempts)
        assert mine is not None
        holder = ending.Holder(job, mine.worker, (mine.token, mine.token))
        assert ending.end(holder, ending.Ending("succeeded"), wait_for_disk=False)
    return time.perf_counter() - started


def watch_results(tasks: int, warm: int, deadline: float) -> float:
    """Return the seconds between the end of the ``warm``-th and the last task, by the times in the results table."""
    from django_celery_results.models import TaskResult

    done = TaskResult.objects.filter(status="SUCCESS")
    _until(lambda: done.count() >= tasks, LOOK, deadline, lambda: f"{done.count()} of {tasks} results")
    times = list(done.order_by("date_done").values_list("date_done", flat=True)[:tasks])
    return (times[-1] - times[warm - 1]).total_seconds()


def watch_queue(tasks: int, warm: int, deadline: float) -> float:
    """Return the seconds between the moments when ``warm`` and all of the tasks had been taken from the queue."""
    with _channel() as channel:

        def waiting() -> int:
            try:
                return channel.queue_declare(_queue(), passive=True).message_count
            except _app().connection_for_write().channel_errors:
                return 0  # on Redis an empty queue does not exist

        def said() -> str:
            return f"{tasks - waiting()} of {tasks} taken from the queue"

        _until(lambda: waiting() <= tasks - warm, QUICK_LOOK, deadline, said)
        started = time.monotonic()
        _until(lambda: waiting() == 0, QUICK_LOOK, deadline, said)
        return time.monotonic() - started


def fill(waiting: int, runs: int) -> None:
    from benchmarks.project import filling

    filling.fill_jobs(waiting)
    filling.fill_runs(runs)
    filling.settle()


CALLS: dict[str, Callable[..., Any]] = {
    call.__name__: call
    for call in (
        migrate, clear, send, send_together, send_stamps, send_outlive, claim_and_end, watch_results, watch_queue, fill
    )
}  # fmt: skip


@contextmanager
def _channel() -> Iterator[Any]:
    """A channel of the stack's broker on which the queue is known, whether a worker has been there or not."""
    with _app().connection_for_write() as broker, broker.channel() as channel:
        _app().amqp.queues[_queue()](channel).declare()
        yield channel


def _queue() -> str:
    return _app().conf.task_default_queue


def _app() -> Any:
    from benchmarks.project import celery_app

    return celery_app


def _until(condition: Callable[[], bool], pause: float, deadline: float, said: Callable[[], str]) -> None:
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"after {deadline:.0f} s: {said()}")
        time.sleep(pause)


def main() -> None:
    django.setup()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"value": CALLS[asked.pop("call")](**asked)}
        except TimeoutError as error:
            answer = {"late": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
