"""A worker that is told to end leaves everything in good order."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.depot import HASTY, Depot, hardy
from tests.acceptance.everywhere import everywhere, on_two
from tests.acceptance.processes import Process
from tests.fixtures.depots import Open
from tests.waiting import until


@everywhere
def test_a_warm_shutdown_gives_back_what_waits_at_once_and_finishes_what_runs(depot: Depot) -> None:
    first, path, long, reserved = busy_worker(depot)

    first.signal(signal.SIGTERM)
    until(lambda: not depot.jobs(state="reserved"), otherwise="reserved tasks were not given back")
    depot.worker(name="second", DEPOT_HARDY=hardy(**HASTY))
    depot.wait_until_over(*reserved)  # while the long one still runs
    wait_for_heartbeat_of(depot, "first", seconds=2 * HASTY["HEARTBEAT_TIMEOUT"])
    path.touch()

    assert first.exit_code() == 0
    depot.wait_until_over(long)
    assert depot.outcomes(long) == ["succeeded"]
    assert [depot.outcomes(job) for job in reserved] == [["succeeded"]] * 3
    assert {depot.runs(job)[0]["worker"].partition("@")[0] for job in reserved} == {"second"}
    assert depot.run("[w.name for w in ledger.Worker.objects.all()]") == ["second@depot"]


#: How each signal that shuts a worker down warm lets it exit; Celery says 1 after Ctrl-C.
WARM = [(signal.SIGTERM, 0), (signal.SIGINT, 1)]


@pytest.mark.parametrize(("number", "code"), WARM)
def test_a_warm_shutdown_alone_leaves_no_row_reserved_or_running(
    depot: Depot, number: signal.Signals, code: int
) -> None:
    first, path, long, reserved = busy_worker(depot)

    first.signal(number)
    until(lambda: not depot.jobs(state="reserved"), otherwise="reserved tasks were not given back")
    path.touch()

    assert first.exit_code() == code
    assert depot.outcomes(long) == ["succeeded"]
    assert depot.jobs(state__in=["reserved", "running"]) == 0
    for number_of, job in enumerate(reserved):
        done = depot.count(f"reserved {number_of}")
        assert done + depot.jobs(id=job, state="queued", worker="") == 1


@on_two
def test_a_cold_shutdown_gives_running_tasks_back_without_counting_a_crash(depot: Depot) -> None:
    first, path, long, reserved = busy_worker(depot)

    first.signal(signal.SIGQUIT)

    first.exit_code()
    until(
        lambda: not depot.jobs(state__in=["reserved", "running"]),
        seconds=5,
        otherwise="rows were not given back",
    )
    row = depot.job(long)
    assert row is not None and (row["state"], row["crashes"], row["attempts"]) == ("queued", 0, 1)
    assert depot.count("long") == 0
    path.touch()
    depot.worker(name="second")
    depot.wait_until_over(long, *reserved)
    assert depot.outcomes(long)[-1] == "succeeded" and "lost" not in depot.outcomes(long)
    assert depot.letter(long) is None


LOCK = """
connection.set_autocommit(False)
connection.cursor().execute("LOCK TABLE hardy_job IN ACCESS EXCLUSIVE MODE")
"""
UNLOCK = """
connection.rollback()
connection.set_autocommit(True)
"""
#: Whether the worker waits for the rows that it wants to reserve.
IS_RESERVING = """
cursor = connection.cursor()
cursor.execute(
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    " AND query LIKE 'WITH next AS%'"
)
cursor.fetchone() is not None
"""


@pytest.mark.services("postgresql")
@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM, signal.SIGINT])
def test_a_shutdown_in_the_middle_of_a_statement_waits_for_its_end(
    open_depot: Open, number: signal.Signals
) -> None:
    with open_depot("postgresql") as depot:
        worker = depot.worker()
        depot.run(LOCK)
        until(lambda: depot.run(IS_RESERVING), otherwise="the worker reserves nothing")

        worker.signal(number)
        # From outside nothing shows that a handler has been called, and waits: psycopg looks ten times a second.
        patience = time.monotonic() + 1
        until(lambda: time.monotonic() > patience)
        assert "Hitting Ctrl+C" not in worker.log
        depot.run(UNLOCK)

        worker.exit_code()
        assert depot.run("[w.name for w in ledger.Worker.objects.all()]") == []


def test_a_second_interrupt_makes_a_warm_shutdown_a_cold_one(depot: Depot) -> None:
    first, _path, long, _ = busy_worker(depot)

    first.signal(signal.SIGINT)
    until(lambda: not depot.jobs(state="reserved"), otherwise="reserved tasks were not given back")
    first.signal(signal.SIGINT)

    first.exit_code()
    row = depot.job(long)
    assert row is not None and (row["state"], row["crashes"], row["worker"]) == ("queued", 0, "")


def busy_worker(depot: Depot) -> tuple[Process, Path, str, list[str]]:
    """A worker that runs one task and has reserved three: itself, the running one's cue, and the tasks."""
    worker = depot.worker(
        "--concurrency=1", "--prefetch-multiplier=4", name="first", DEPOT_HARDY=hardy(**HASTY)
    )
    path = depot.folder / "go"
    long = depot.send("wait_for", str(path), "long")
    depot.wait_for_effect("begun", long)
    reserved = [depot.send("record", f"reserved {number}") for number in range(3)]
    until(lambda: depot.jobs(state="reserved") == 3, otherwise="nothing was reserved")
    return worker, path, long, reserved


def wait_for_heartbeat_of(depot: Depot, name: str, *, seconds: float) -> None:
    source = "ledger.Worker.objects.get(name=name).seen_at.timestamp()"
    later = depot.run(source, name=f"{name}@depot") + seconds
    until(lambda: depot.run(source, name=f"{name}@depot") > later, otherwise="the heartbeat stopped")
