"""Connections of a worker live from task to task, never cross a fork, and come back after an outage."""

from __future__ import annotations

import json
import signal
from urllib.parse import urlsplit

import pytest

from tests.acceptance.depot import Depot, hardy
from tests.acceptance.everywhere import on_postgresql
from tests.brokers.proxy import Proxy
from tests.waiting import until

POOLED = json.dumps({"CONN_MAX_AGE": 0, "OPTIONS": {"pool": {"min_size": 1, "max_size": 4}}})
CLOSED = json.dumps({"CONN_MAX_AGE": 0})

#: Everyone connected to the project's database but who asks.
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@on_postgresql
def test_a_child_keeps_its_connection_from_task_to_task_with_djangos_defaults(depot: Depot) -> None:
    depot.worker("--concurrency=1", DEPOT_DATABASE=CLOSED)

    connections = connections_of(depot, 5)

    assert len(connections) == 1


@on_postgresql
def test_a_child_opens_a_connection_per_task_where_the_project_says_so(depot: Depot) -> None:
    depot.worker(
        "--concurrency=1", DEPOT_DATABASE=CLOSED, DEPOT_HARDY=json.dumps({"KEEP_CONNECTIONS": False})
    )

    connections = connections_of(depot, 3)

    assert len(connections) == 3


@on_postgresql
def test_a_pool_of_connections_works_in_every_child(depot: Depot) -> None:
    depot.worker("--concurrency=2", DEPOT_DATABASE=POOLED)

    connections = connections_of(depot, 20)

    children = depot.run("models.Effect.objects.values('pid').distinct().count()")
    assert children <= len(connections) <= 4 * children


@on_postgresql
def test_no_connection_is_shared_by_two_processes(depot: Depot) -> None:
    depot.worker("--concurrency=4")
    of_the_parent = set(backends(depot))
    depot.run("for _ in range(4): tasks.nap.delay(0.5)")  # each child is used

    connections_of(depot, 40)

    pairs = depot.run("list(models.Effect.objects.values_list('pid', 'detail').distinct())")
    assert len({backend for _, backend in pairs}) == len({child for child, _ in pairs}) == len(pairs)
    assert not of_the_parent & {int(backend) for _, backend in pairs}


@on_postgresql
def test_a_worker_whose_connections_are_all_cut_recovers_and_loses_nothing(depot: Depot) -> None:
    for name in ("one", "two"):
        depot.worker(name=name)
    jobs = depot.run("[tasks.nap.delay(0.1).id for _ in range(100)]")

    for done in (10, 40, 70):
        until(
            lambda done=done: depot.run("ledger.Run.objects.filter(outcome='succeeded').count()") >= done,
            otherwise=lambda: f"{depot.jobs()} jobs do not go on",
        )
        assert cut(depot) > 0

    depot.wait_until_empty(seconds=90)
    assert {depot.outcomes(job)[-1] for job in jobs} == {"succeeded"}
    assert depot.run("set(app.AsyncResult(job).state for job in jobs) == {'SUCCESS'}", jobs=jobs)
    assert depot.run("ledger.DeadLetter.objects.count()") == 0


@on_postgresql
def test_a_worker_that_starts_before_its_database_waits_for_it(depot: Depot) -> None:
    database = Proxy(depot.url)
    database.stop()

    worker = depot.worker(ready=False, DATABASE_URL=database.url)
    worker.wait_for("The database is away")
    database.heal()

    worker.wait_for(" ready.")
    depot.wait_until_over(depot.send("nap", 0.0))
    database.close()


@on_postgresql
@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_a_worker_whose_connections_fall_silent_says_so_and_goes_on_with_others(
    depot: Depot, pool: str
) -> None:
    database = Proxy(depot.url)
    hasty = hardy(HEARTBEAT=0.3, HEARTBEAT_TIMEOUT=1.5)
    worker = depot.worker(f"--pool={pool}", "--concurrency=1", DATABASE_URL=database.url, DEPOT_HARDY=hasty)
    depot.wait_until_over(depot.send("record", "before"))

    database.freeze()
    job = depot.send("record", "afterwards")

    worker.wait_for("has not answered this worker's heartbeat")
    depot.wait_until_over(job, seconds=90)
    assert depot.outcomes(job)[-1] == "succeeded"
    database.close()


@on_postgresql
def test_a_worker_waits_out_a_server_that_only_reads_and_writes_the_end_afterwards(depot: Depot) -> None:
    worker = depot.worker("--concurrency=1")
    path = depot.folder / "go"
    job = depot.send("wait_in_peace", str(path))
    until(lambda: depot.jobs(state="running"))

    read_only(depot, on=True)
    path.touch()
    worker.wait_for("waits for it")
    read_only(depot, on=False)

    depot.wait_until_over(job, depot.send("record", "afterwards"))
    assert depot.outcomes(job) == ["succeeded"]
    assert not worker.has_ended


@on_postgresql
def test_a_worker_that_waits_for_its_database_ends_when_it_is_told_to(depot: Depot) -> None:
    database = Proxy(depot.url)
    database.stop()
    worker = depot.worker(ready=False, DATABASE_URL=database.url)
    worker.wait_for("The database is away")

    worker.signal(signal.SIGTERM)

    worker.exit_code()
    database.close()


def read_only(depot: Depot, *, on: bool) -> None:
    """Have the database take no more writes, and cut every session, as a failover to a replica does; or undo it."""
    name, value = urlsplit(depot.url).path[1:], "on" if on else "off"
    depot.run(
        f"connection.cursor().execute('ALTER DATABASE {name} SET default_transaction_read_only = {value}')"
    )
    cut(depot)  # the setting is read when a session begins; the desk's own began before


def connections_of(depot: Depot, tasks: int) -> set[str]:
    """Run tasks one after another, and return the server's names of the connections they had."""
    for number in range(tasks):
        depot.wait_until_over(depot.send("name_connection", f"connection {number}"))
    return set(depot.run("list(models.Effect.objects.values_list('detail', flat=True))"))


def backends(depot: Depot) -> list[int]:
    return list(
        depot.run(
            f"c = connection.cursor(); c.execute('SELECT pid {OTHERS}'); [row[0] for row in c.fetchall()]"
        )
    )


def cut(depot: Depot) -> int:
    """Terminate every connection but our own; return how many there were."""
    return len(
        depot.run(
            f"c = connection.cursor(); c.execute('SELECT pg_terminate_backend(pid) {OTHERS}'); c.fetchall()"
        )
    )
