from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from hardy.db.clock import seconds_from_now
from hardy.db.leases import is_leader
from hardy.ledger import identity
from hardy.ledger.finish import Claim, End, finish, put_back
from hardy.ledger.machine import machine_id, running_seconds
from hardy.ledger.models import Worker
from hardy.ledger.recovery import deregister, reap_silent_workers, reclaim_orphans, rescue
from hardy.ledger.workers import beat, register
from tests.contracts.databases import ALIAS
from tests.contracts.rows import (
    OTHER,
    SUCCEEDED,
    asked,
    at_once,
    holder,
    jobs,
    letters,
    outcomes,
    reserved,
    started,
    the_job,
    the_run,
)
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("app")

in_proc = pytest.mark.skipif(not machine_id(), reason="only Linux tells what a process does")


def live_worker(node: str = "worker@here") -> str:
    """A worker that has just said that it is alive; the value is its name."""
    name = identity.become(node)
    register("worker", ["default"])
    return name


def silence(worker: str, seconds: float = 60.0, machine: str = "another one") -> None:
    row = Worker.objects.using(ALIAS).filter(id=worker)
    assert row.update(seen_at=seconds_from_now(-seconds), machine=machine)


@pytest.fixture
def neighbour() -> Iterator[subprocess.Popen[bytes]]:
    """A process of this machine that has run for longer than a burial takes here."""
    with subprocess.Popen(["sleep", "600"]) as process:
        until(lambda: running_seconds(process.pid) > SHORT + 0.1)
        yield process
        process.kill()


#: Seconds of a burial in tests of neighbours.
SHORT = 0.3


def is_buried(process: subprocess.Popen[bytes], settings: Any, *, silent: float) -> bool:
    """Whether a worker of this process, silent for so many seconds, is buried."""
    settings.HARDY = {
        **settings.HARDY,
        "HEARTBEAT": timedelta(seconds=SHORT / 3),
        "HEARTBEAT_TIMEOUT": timedelta(seconds=SHORT),
    }
    worker = live_worker()
    Worker.objects.using(ALIAS).filter(id=worker).update(pid=process.pid)
    silence(worker, silent, machine_id())
    reap_silent_workers()
    return worker not in workers()


@in_proc
def test_a_neighbour_whose_process_runs_is_spared_while_a_task_holds_up_its_threads(neighbour, settings):
    assert not is_buried(neighbour, settings, silent=SHORT + 0.05)


@in_proc
def test_a_neighbour_that_is_stopped_is_not_spared(neighbour, settings):
    neighbour.send_signal(signal.SIGSTOP)
    until(lambda: running_seconds(neighbour.pid) == 0)

    assert is_buried(neighbour, settings, silent=SHORT + 0.05)


@in_proc
def test_a_process_younger_than_the_silence_has_only_got_the_pid(neighbour, settings):
    assert is_buried(neighbour, settings, silent=60)


@in_proc
def test_a_neighbour_is_not_spared_for_ever(neighbour, settings):
    settings.HARDY = {**settings.HARDY, "BUSY_TIMEOUT": timedelta(milliseconds=1)}

    assert is_buried(neighbour, settings, silent=SHORT + 0.05)


def workers() -> set[str]:
    return set(Worker.objects.using(ALIAS).values_list("id", flat=True))


def test_a_lost_attempt_is_recorded_and_its_job_queued_again_with_a_crash_counted():
    attempt = started()

    assert rescue(holder(attempt)) == "queued"

    job, run = the_job(), the_run()
    assert (job.state, job.worker, job.crashes, job.attempts, job.token) == ("queued", "", 1, 1, 1)
    assert (run.outcome, run.attempt, run.worker, run.started_at) == (
        "lost",
        1,
        attempt.worker,
        job.started_at,
    )
    assert attempt.worker in run.error
    assert run.finished_at is not None


def test_the_lost_attempt_cannot_record_itself_any_more():
    attempt = started()
    rescue(holder(attempt))

    assert finish(holder(attempt), SUCCEEDED) is False
    assert put_back(holder(attempt), SUCCEEDED, None, 0.0) is False
    assert rescue(holder(attempt)) == "gone"
    started(worker=OTHER)
    assert finish(holder(attempt), SUCCEEDED) is False
    assert (the_job().worker, outcomes()) == (OTHER, ["lost"])


def test_a_job_that_crashes_at_every_start_becomes_a_dead_letter_at_the_cap(settings):
    settings.HARDY = {**settings.HARDY, "CRASH_CAP": 3}

    verdicts = [rescue(holder(started())) for _ in range(3)]

    [letter] = letters()
    assert verdicts == ["queued", "queued", "dead"]
    assert (letter.reason, letter.attempts, letter.job) == ("crashed", 3, "job-1")
    assert "3 times" in letter.error
    assert jobs() == {}
    assert outcomes() == ["lost", "lost", "lost"]


def test_an_attempt_that_says_a_word_clears_the_crashes_before_it():
    rescue(holder(started()))
    put_back(holder(started()), End("retried"), None, 0.0)

    assert the_job().crashes == 0
    assert rescue(holder(started())) == "queued"
    assert the_job().crashes == 1


def test_a_row_that_was_reserved_and_not_started_goes_back_without_a_crash():
    asked()
    [row] = reserved()

    assert rescue(Claim(row.id, "worker@here/1/a", (row.token, row.token + 1))) == "queued"

    assert (the_job().state, the_job().crashes, outcomes()) == ("queued", 0, [])


def test_of_two_who_find_an_attempt_lost_one_counts_it():
    mine = holder(started())

    verdicts = at_once(lambda: rescue(mine), lambda: rescue(mine), lambda: rescue(mine))

    assert sorted(verdicts) == ["gone", "gone", "queued"]
    assert (the_job().crashes, outcomes()) == (1, ["lost"])


def test_losing_and_ending_at_once_leave_one_record():
    mine = holder(started())

    verdict, ended = at_once(lambda: rescue(mine), lambda: finish(mine, SUCCEEDED))

    assert (verdict, ended, outcomes()) in [("gone", True, ["succeeded"]), ("queued", False, ["lost"])]
    assert jobs() == ({} if ended else {"job-1": "queued"})


def test_a_silent_worker_is_buried_and_all_it_held_given_back():
    worker = live_worker()
    started("running", worker)
    asked("waiting")
    reserved(worker)
    silence(worker)

    assert reap_silent_workers() == 2

    assert jobs() == {"running": "queued", "waiting": "queued"}
    assert (the_job("running").crashes, the_job("waiting").crashes) == (1, 0)
    assert workers() == set()


def test_what_a_buried_worker_led_is_led_by_another_at_once():
    worker = live_worker()
    assert is_leader("Relay", worker)
    silence(worker)

    reap_silent_workers()

    assert is_leader("Relay", "the next")


def test_a_worker_is_silent_by_the_setting_and_the_clock_of_the_database(settings):
    settings.HARDY = {**settings.HARDY, "HEARTBEAT_TIMEOUT": timedelta(seconds=30)}
    worker = live_worker()
    started("running", worker)

    silence(worker, 20)
    assert reap_silent_workers() == 0
    silence(worker, 40)
    assert reap_silent_workers() == 1


def test_a_worker_that_is_heard_in_time_keeps_what_it_holds():
    worker = live_worker()
    started("running", worker)
    silence(worker)

    assert beat(1) is True
    assert reap_silent_workers() == 0
    assert (the_job("running").worker, Worker.objects.using(ALIAS).get().active) == (worker, 1)


def test_a_buried_worker_hears_of_it_at_its_next_heartbeat():
    worker = live_worker()
    silence(worker)
    reap_silent_workers()

    assert beat(0) is False
    register("worker", ["default"])
    assert beat(0) is True
    assert workers() == {worker}


def test_of_many_gravediggers_at_once_one_counts_the_crash():
    worker = live_worker()
    for number in range(5):
        started(f"job-{number}", worker)
    silence(worker)

    at_once(*[reap_silent_workers] * 3)

    assert set(jobs().values()) == {"queued"}
    assert [(the_job(id).crashes, outcomes(id)) for id in jobs()] == [(1, ["lost"])] * 5
    assert workers() == set()


def test_what_a_worker_without_a_row_holds_is_given_back():
    started("claimed with the last breath", "gone@nowhere/3/c")
    started("in good hands", live_worker())

    assert reap_silent_workers() == 0
    assert reclaim_orphans() == 1

    assert jobs() == {"claimed with the last breath": "queued", "in good hands": "running"}


def test_a_worker_that_leaves_gives_everything_back_and_no_crash_is_counted():
    worker = live_worker()
    attempt = started("running", worker)
    asked("waiting")
    reserved(worker)
    asked("theirs")
    reserved(OTHER)

    assert deregister(worker) == 2

    assert jobs() == {"running": "queued", "waiting": "queued", "theirs": "reserved"}
    assert (the_job("running").crashes, outcomes("running")) == (0, [])
    assert workers() == set()
    assert finish(holder(attempt), SUCCEEDED) is False
