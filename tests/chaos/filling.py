"""Future jobs in bulk: copies of a real one, written by SQL, because asking for a million takes an hour."""

from __future__ import annotations

from tests.chaos.trial import Trial

CHUNK = 100_000

COPIES = """
INSERT INTO hardy_job
    (id, task, queue, state, priority, enqueued_at, due_at, started_at, published_at,
    worker, token, attempts, crashes, message)
SELECT 'bulk-' || n, task, queue, state, priority, enqueued_at, due_at + n * interval '1 millisecond',
    started_at, published_at, worker, token, attempts, crashes, replace(message, id, 'bulk-' || n)
FROM (SELECT * FROM hardy_job WHERE state = 'held' AND id NOT LIKE 'bulk-%%' LIMIT 1) AS sample,
    generate_series(%s::bigint, %s::bigint) AS n
"""


def fill(trial: Trial, rows: int) -> None:
    """Add ``rows`` held jobs, due one after the other, each with an id and a message of its own."""
    for first in range(1, rows + 1, CHUNK):
        trial.query(COPIES, [first, min(rows, first + CHUNK - 1)])
    trial.query("ANALYZE hardy_job")
