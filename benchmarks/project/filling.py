"""Rows in bulk, written by SQL: copies of one real job and of one real run, because sending a million takes an hour."""

from __future__ import annotations

from django.db import connection

NUMBERS = {
    "postgresql": "SELECT n FROM generate_series(1, %s) AS n",
    "sqlite": "WITH RECURSIVE upto(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM upto LIMIT %s) SELECT n FROM upto",
}


def fill_jobs(rows: int) -> None:
    """Add ``rows`` waiting jobs, due after each other."""
    from benchmarks.peers.celery import TASKS

    sample = TASKS["nothing"].delay(0).id
    _copy(
        "hardy_job",
        f"id = '{sample}'",
        rows,
        id="'bulk-' || n",
        message=f"replace(message, '{sample}', 'bulk-' || n)",
    )


def fill_runs(rows: int) -> None:
    """Add ``rows`` finished runs."""
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hardy_run (job, task, queue, outcome, attempt, enqueued_at, due_at, started_at, finished_at,"
            " worker, result, error_type, error, fingerprint, traceback)"
            " SELECT id, task, queue, 'succeeded', 1, enqueued_at, due_at, due_at, due_at, 'worker@bulk/1',"
            " '', '', '', '', '' FROM hardy_job LIMIT 1"
        )
    _copy("hardy_run", "worker = 'worker@bulk/1'", rows, id=None, job="'past-' || n")


def settle() -> None:
    """Leave the database as minutes of quiet would: vacuumed, with statistics, nothing waiting to reach the disk."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy(table: str, sample: str, rows: int, **changed: str | None) -> None:
    """Copy a row with SQL of each copy's own in the ``changed`` columns; where that is None the database decides."""
    with connection.cursor() as cursor:
        description = connection.introspection.get_table_description(cursor, table)
        columns = [column.name for column in description if changed.get(column.name, "") is not None]
        values = ", ".join(changed.get(column) or column for column in columns)
        numbers = NUMBERS[connection.vendor]
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)})"
            f" SELECT {values} FROM ({numbers}) AS numbers CROSS JOIN (SELECT * FROM {table} WHERE {sample}) AS sample",
            [rows],
        )
