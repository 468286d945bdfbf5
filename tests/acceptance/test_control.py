"""Celery's own tools see and steer workers, with no broker between them."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from tests.acceptance.depot import Depot, hardy
from tests.acceptance.everywhere import DATABASES, on_postgresql
from tests.fixtures.depots import Open
from tests.waiting import until


@pytest.fixture(scope="module", params=DATABASES)
def fleet(request: pytest.FixtureRequest, open_depot: Open) -> Iterator[Depot]:
    """Two workers that send events."""
    with open_depot(request.param) as depot:
        for name in ("one", "two"):
            depot.worker("-E", name=name, ready=False)
        for worker in depot.processes[-2:]:
            worker.wait_for(" ready.")
        yield depot


@pytest.fixture(scope="module")
def local(open_depot: Open) -> Iterator[Depot]:
    """A worker for what asks for seconds and for no database in particular."""
    with open_depot("sqlite") as depot:
        depot.worker("-E")
        yield depot


def test_inspect_is_answered_by_every_worker(fleet: Depot) -> None:
    path = fleet.folder / "inspected"
    job = fleet.send("wait_for", str(path), "inspected")
    fleet.wait_for_effect("begun", job)

    answers = fleet.run(
        """
i = app.control.inspect(['one@depot', 'two@depot'], timeout=10)
[i.ping(), i.active(), i.reserved(), i.stats(), i.active_queues()]
"""
    )
    path.touch()

    pings, active, reserved, stats, queues = answers
    both = {"one@depot", "two@depot"}
    assert [set(answer) for answer in (pings, active, reserved, stats, queues)] == [both] * 5
    assert [task["id"] for tasks in active.values() for task in tasks] == [job]
    assert all(answer["broker"]["transport"] == "hardy" for answer in stats.values())
    fleet.wait_until_over(job)


def test_the_commands_of_the_terminal_work(local: Depot) -> None:
    there = ("--timeout=10", "--destination=one@depot")
    assert "1 node online" in local.celery("status", *there)
    for command in ("ping", "active", "reserved", "stats"):
        printed = local.celery("inspect", command, *there)
        assert "one@depot: OK" in printed, printed


def test_a_waiting_task_that_is_revoked_is_cancelled_and_never_runs(fleet: Depot) -> None:
    job = fleet.send("record", "revoked", countdown=600)

    fleet.run("app.control.revoke(job)", job=job)

    fleet.wait_until_over(job)
    assert fleet.outcomes(job) == ["cancelled"]
    until(lambda: fleet.result(job)[0] == "REVOKED", otherwise=lambda: f"the result is {fleet.result(job)}")
    assert fleet.count("revoked") == 0


def test_a_running_task_that_is_revoked_with_terminate_is_cancelled_and_does_not_run_again(
    fleet: Depot,
) -> None:
    job = fleet.send("wait_for", str(fleet.folder / "never"), "terminated")
    fleet.wait_for_effect("begun", job)

    fleet.run("app.control.revoke(job, terminate=True)", job=job)

    fleet.wait_until_over(job)
    assert fleet.outcomes(job) == ["cancelled"]
    assert len(fleet.effects("begun", job)) == 1
    until(lambda: fleet.result(job)[0] == "REVOKED", otherwise=lambda: f"the result is {fleet.result(job)}")
    assert fleet.letter(job) is None


def test_purge_leaves_what_waits_for_its_time(fleet: Depot) -> None:
    jobs = [fleet.send("record", f"planned {number}", countdown=600) for number in range(3)]

    fleet.celery("purge", "-f")

    assert [fleet.job(job)["state"] for job in jobs] == ["held"] * 3
    assert [fleet.outcomes(job) for job in jobs] == [[]] * 3
    fleet.run("app.control.revoke(jobs)", jobs=jobs)


def test_events_tell_of_a_task_from_start_to_success(fleet: Depot) -> None:
    dump = fleet.process("dump", "celery", "-A", "depot", "events", "--dump")
    dump.wait_for("evdump")
    until(
        lambda: fleet.run("ledger.Binding.objects.filter(exchange='celeryev').exists()"),
        otherwise="nobody listens to events",
    )

    job = fleet.send("record", "watched")

    until(lambda: job in dump.log and "task succeeded" in dump.log, otherwise=lambda: f"it saw: {dump.log}")
    assert "task received" in dump.log and "task started" in dump.log
    dump.kill()


def test_flower_lists_the_worker(local: Depot, free_port: Callable[[], int]) -> None:
    port = free_port()
    local.process(
        "flower", "celery", "-A", "depot", "flower", f"--port={port}", "--address=127.0.0.1",
        FLOWER_UNAUTHENTICATED_API="true",
    )  # fmt: skip

    def listed() -> set[str]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/api/workers?refresh=1", timeout=10
            ) as answer:
                return set(json.load(answer))
        except OSError:
            return set()

    until(lambda: "one@depot" in listed(), seconds=45, otherwise=lambda: f"it lists {listed()}")


@on_postgresql
def test_a_worker_told_to_shut_down_does(depot: Depot) -> None:
    worker = depot.worker()

    depot.celery("control", "shutdown")

    assert worker.exit_code() == 0
    assert depot.run("ledger.Worker.objects.count()") == 0


def test_the_mailbox_of_a_reader_that_died_is_swept_and_those_of_the_living_are_not(depot: Depot) -> None:
    short = hardy(MAILBOX_EXPIRY=1.5)
    dead, living = (
        depot.process(name, "celery", "-A", "depot", "events", "--dump", DEPOT_HARDY=short)
        for name in ("dead", "living")
    )
    seen = "[b.seen_at.timestamp() for b in ledger.Binding.objects.filter(exchange='celeryev').order_by('seen_at')]"
    until(lambda: len(depot.run(seen)) == 2, otherwise="the readers have no mailboxes")
    dead.signal_all(signal.SIGKILL)
    long_after = max(depot.run(seen)) + 3
    until(lambda: max(depot.run(seen)) > long_after, otherwise="the living reader does not renew its mailbox")

    depot.worker("-E", DEPOT_HARDY=short)

    until(lambda: len(depot.run(seen)) == 1, otherwise="the mailbox of the dead reader is still there")
    job = depot.send("record", "watched")
    until(lambda: job in living.log, otherwise=lambda: f"the living reader saw: {living.log}")
    assert "pong" in depot.celery("inspect", "ping", "--timeout=5", "--destination=one@depot")
