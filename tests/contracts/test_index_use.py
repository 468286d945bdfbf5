"""With 50,000 rows waiting, the hot statements read from the front of their index. Plans are asserted, not times."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from hardy.broker.relay import relay
from hardy.ledger import workers
from hardy.ledger.claim import claim
from hardy.ledger.enqueue import enqueue
from hardy.ledger.finish import Claim, End, finish, put_back
from hardy.ledger.models import Job
from hardy.ledger.reserve import promote, reserve
from hardy.worker import reclaim
from hardy.worker.duties import Heartbeat
from tests.contracts.databases import ALIAS
from tests.contracts.rows import WORKER, job_message

WAITING = 50_000

PRIMARY = {
    "postgresql": "hardy_job_pkey",
    "sqlite": "sqlite_autoindex_hardy_job_1 (id=?)",
    "mysql": "| PRIMARY |",
}
WHOLE_TABLE = {"postgresql": "Seq Scan on hardy_job", "sqlite": "SCAN hardy_job", "mysql": "| ALL |"}


@pytest.fixture(params=["statistics from before", "fresh statistics"])
def crowd(ledger: Any, app: Any, request: pytest.FixtureRequest) -> Any:
    """A ledger in which many wait; what the planner believes of it is from when it was empty, or true."""
    if request.param == "statistics from before":
        analyse(ledger)
        fill(ledger)
    else:
        fill(ledger)
        analyse(ledger)
    return ledger


def fill(ledger: Any) -> None:
    """Copy one waiting row, then two, then four, until there are many."""
    enqueue(job_message("job"))
    columns = ", ".join(field.column for field in Job._meta.concrete_fields if field.column != "id")
    longer = "CONCAT(id, %s)" if ledger.vendor == "mysql" else "id || %s"
    with transaction.atomic(using=ALIAS), ledger.cursor() as cursor:
        copies = 1
        while copies < WAITING:
            cursor.execute(
                f"INSERT INTO hardy_job (id, {columns}) SELECT {longer}, {columns} FROM hardy_job",
                [f"-{copies}"],
            )
            copies *= 2


def analyse(ledger: Any) -> None:
    with ledger.cursor() as cursor:
        cursor.execute("ANALYZE TABLE hardy_job" if ledger.vendor == "mysql" else "ANALYZE hardy_job")


def plan(ledger: Any, act: Callable[[], Any]) -> str:
    """How the database runs the statements about jobs in ``act``, a line for each step."""
    with rolled_back(), CaptureQueriesContext(ledger) as said:
        act()
    statements = [query["sql"] for query in said.captured_queries if "hardy_job" in query["sql"]]
    assert statements
    with rolled_back(), ledger.cursor() as cursor:
        return "\n".join(step for statement in statements for step in explained(ledger, cursor, statement))


def explained(ledger: Any, cursor: Any, statement: str) -> Iterator[str]:
    prefix = "EXPLAIN QUERY PLAN " if ledger.vendor == "sqlite" else "EXPLAIN "
    cursor.execute(prefix + statement.replace("QUERY = ", "").strip("'"))
    for row in cursor.fetchall():
        if ledger.vendor == "mysql" and str(row[2]).startswith("<derived"):
            continue  # what the steps below it have found, and read through an index
        yield row[3] if ledger.vendor == "sqlite" else " | ".join(map(str, row))


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic(using=ALIAS):
        yield
        transaction.set_rollback(True, using=ALIAS)


def waiting(*states: str) -> Claim:
    return Claim("job", WORKER, (0, 1), states)


HOT = {
    "reserve": lambda: reserve(WORKER, ["default", "mail"], 10),
    "claim": lambda: claim("job", "orders.place", WORKER, token=0, attempts=0),
    "end": lambda: finish(waiting("queued", "running"), End("failed", reason="failed")),
    "hold": lambda: put_back(waiting("queued", "running"), End("retried"), None, 60.0),
    "promote": promote,
}
#: What every worker asks again and again, however much waits.
ROUTINE = {
    "heartbeat": lambda: Heartbeat("worker", ["default", "mail"]).tick(),
    "relay": lambda: relay(None),
    "take over": lambda: reclaim.take(WORKER, ["default", "mail"], 2),
}
INDEX = {"reserve": "hardy_job_next", "promote": "hardy_job_due"}


def test_every_hot_statement_reads_from_its_index_and_never_the_whole_table(crowd):
    for name, act in HOT.items():
        steps = plan(crowd, act)

        assert INDEX.get(name, PRIMARY[crowd.vendor]) in steps, f"{name}: {steps}"
        assert WHOLE_TABLE[crowd.vendor] not in steps, f"{name}: {steps}"
        assert name == "reserve" or "hardy_job_next" not in steps, f"{name}: {steps}"


def test_nothing_that_workers_ask_every_second_reads_all_that_waits(crowd):
    with rolled_back():
        workers.register("worker", ["default"])
        for name, act in ROUTINE.items():
            steps = plan(crowd, act)

            assert WHOLE_TABLE[crowd.vendor] not in steps, f"{name}: {steps}"
