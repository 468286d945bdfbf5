"""One picture of `hardy top`: health, numbers, the last minutes, queues, workers, and what runs for longest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from hardy.db.clock import since
from hardy.db.counting import Counted
from hardy.ledger.health import health
from hardy.ledger.models import Job
from hardy.ledger.overview import Overview, QueueOverview, overview
from hardy.ledger.running import running_by_worker
from hardy.management.table import ago, moment, table
from hardy.records.outcomes import FAILURES, Span, failed_within, outcomes_over
from hardy.records.throughput import Throughput, throughput

#: The last minutes: bars, and seconds of each.
BARS, EACH = 60, 5
#: Jobs that are named, those that have run longest first.
NAMED = 10
#: Eighths of a line's height.
HEIGHTS = " ▁▂▃▄▅▆▇█"


def frame() -> str:
    """Return the picture as text."""
    now = overview()
    return "\n\n".join("\n".join(part) for part in _parts(now))


def _parts(now: Overview) -> Iterator[list[str]]:
    said = health(now)
    yield [f"hardy top   {moment(now.now)}   q ends it", "", said.text]
    yield [_numbers(now)]
    yield ["ENDED IN THE LAST 5 MINUTES", *_ended(outcomes_over(BARS, EACH))]
    fast = throughput()
    if now.queues:
        yield ["QUEUES", _queues(now, fast)]
    if now.workers:
        running = running_by_worker([worker.id for worker in now.workers])
        yield ["WORKERS", _workers(now)]
        jobs = sorted((job for some in running.values() for job in some), key=_started)
        if jobs:
            yield ["RUNNING, THE LONGEST FIRST", _running(jobs[:NAMED], now.now)]


def _numbers(now: Overview) -> str:
    failed = failed_within(timedelta(hours=1))
    numbers = {
        "waiting": now.waiting, "running": now.running, "due later": now.later, "dead": now.dead,
        "failed in the last hour": failed, "workers": len(now.readers), "oldest wait": ago(now.oldest_seconds),
    }  # fmt: skip
    return "   ".join(f"{name} {number}" for name, number in numbers.items())


def _ended(spans: Sequence[Span]) -> Iterator[str]:
    counted: list[Mapping[str, int]] = [span.outcomes or {} for span in spans]
    failed = [sum(outcomes.get(name, 0) for name in FAILURES) for outcomes in counted]
    others = [sum(outcomes.values()) - bad for outcomes, bad in zip(counted, failed, strict=True)]
    most = max([*failed, *others, 1])
    for name, counts in (("well", others), ("failed", failed)):
        yield f"{name:<8}{_bars(counts, most)}  {sum(counts):,}"


def _bars(counts: Sequence[int], most: int) -> str:
    # Whatever is there is seen, however little it is beside the most.
    return "".join(HEIGHTS[max(count > 0, round(count / most * 8))] for count in counts)


def _queues(now: Overview, fast: Throughput) -> str:
    headings = ("name", "waiting", "oldest", "a minute", "drained in", "running", "later", "workers", "")
    return table(headings, [_queue(queue, fast) for queue in now.queues])


def _queue(queue: QueueOverview, fast: Throughput) -> tuple[object, ...]:
    drained = fast.drain_seconds(queue.name, queue.waiting.number) if queue.waiting else None
    return (
        queue.name, _plain(queue.waiting), ago(queue.oldest_seconds), round(fast.per_second(queue.name) * 60),
        ago(drained), _plain(queue.running), _plain(queue.later), queue.workers, "paused" if queue.paused else "",
    )  # fmt: skip


def _plain(count: Counted) -> int | Counted:
    """Return a number where it is exact: a column of them stands to the right."""
    return count if count.more else count.number


def _workers(now: Overview) -> str:
    rows = [
        (worker.name, worker.kind, worker.pid, ",".join(worker.queues) or "–", worker.active,
         _mebibytes(worker.memory_bytes), f"{ago(worker.seen_seconds_ago)} ago")
        for worker in now.workers
    ]  # fmt: skip
    return table(("name", "kind", "pid", "queues", "active", "memory", "seen"), rows)


def _running(jobs: Sequence[Job], now: datetime) -> str:
    rows = [(ago(since(_started(job), now).total_seconds()), job.task, job.queue, job.id) for job in jobs]
    return table(("for", "task", "queue", "id"), rows)


def _started(job: Job) -> datetime:
    started: datetime = job.started_at or job.due_at
    return started


def _mebibytes(count: int | None) -> str:
    return "–" if count is None else f"{count / 2**20:,.0f} MiB"
