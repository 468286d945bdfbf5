"""Each sentence about the health of background work."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hardy.db.counting import Counted
from hardy.ledger.health import Level, health
from hardy.ledger.overview import Overview, QueueOverview
from hardy.ledger.queries import WorkerStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORKER = WorkerStatus("worker@here", "worker", 1, ["default"], 0.0, 0)
BEAT = WorkerStatus("beat@here", "beat", 2, [], 0.0, 0)


def queue(name="default", waiting=0, oldest=None, running=0, workers=1, more=False):
    counts = Counted(waiting, more), oldest, Counted(0), Counted(running)
    return QueueOverview(name, *counts, workers)


def at(*queues, workers=(WORKER,), dead=0):
    return health(Overview(NOW, list(workers), list(queues), Counted(dead)))


@pytest.mark.parametrize(
    ("found", "level", "says"),
    [
        (at(), Level.FINE, "All clear."),
        (at(queue(waiting=5, oldest=59)), Level.FINE, "All clear."),
        (at(workers=[]), Level.WARNING, "No worker is running. Nothing waits."),
        (at(workers=[BEAT]), Level.WARNING, "No worker is running. Nothing waits."),
        (at(queue(waiting=12, oldest=5), workers=[]), Level.WRONG, "No worker is running and 12 jobs wait."),
        (at(queue(waiting=1, oldest=5), workers=[]), Level.WRONG, "No worker is running and 1 job waits."),
        (
            at(queue(waiting=10_000, more=True, oldest=5), workers=[]),
            Level.WRONG,
            "No worker is running and 10,000+ jobs wait.",
        ),
        (
            at(queue(running=3), workers=[]),
            Level.WRONG,
            "No worker is running; 3 jobs will be started again once one is.",
        ),
        (
            at(queue("reports", waiting=7, oldest=5, workers=0)),
            Level.WRONG,
            "No worker reads the queue reports, where 7 jobs wait.",
        ),
        (
            at(queue("a", waiting=7, workers=0), queue("b", waiting=1, workers=0)),
            Level.WRONG,
            "No worker reads 2 queues in which jobs wait: a (7), b (1).",
        ),
        (
            at(queue(waiting=2, oldest=200)),
            Level.WARNING,
            "1 queue is behind: default (oldest 3 min 20 s).",
        ),
        (
            at(*(queue(name, waiting=2, oldest=61 + ord(name)) for name in "abcde")),
            Level.WARNING,
            "5 queues are behind: e (oldest 2 min 42 s), d (oldest 2 min 41 s), c (oldest 2 min 40 s) and 2 more.",
        ),
        (at(dead=1), Level.WARNING, "1 dead letter needs a person."),
        (
            at(queue("late", waiting=1, oldest=61), queue("lost", waiting=1, workers=0), dead=3),
            Level.WRONG,
            "No worker reads the queue lost, where 1 job waits. 1 queue is behind: late (oldest 1 min 1 s)."
            " 3 dead letters need a person.",
        ),
    ],
)
def test_health_is_said_in_words_the_worst_first(found, level, says):
    assert (found.level, found.text) == (level, says)
