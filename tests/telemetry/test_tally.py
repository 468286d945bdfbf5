"""Counting in a worker: bounded names, numbers that only grow, and reports that survive their child."""

from __future__ import annotations

import os
import signal

import pytest

from hardy.telemetry.reports import Reports
from hardy.telemetry.tally import BOUNDS, MOST_TASKS, OTHER, Histogram, Tally
from tests.waiting import until


def test_a_value_counts_in_the_first_bucket_that_holds_it():
    histogram = Histogram()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] + 0.0001, BOUNDS[-1] + 1):
        histogram.observe(seconds)

    assert histogram.counts[:2] == [2, 1]
    assert histogram.counts[-1] == 1
    assert sum(histogram.counts) == 4


def test_past_the_limit_of_names_tasks_are_counted_together():
    tally = Tally()
    for number in range(MOST_TASKS + 50):
        tally.ended(f"customers.of_{number}", "succeeded", 0.1)
    tally.ended("customers.of_0", "failed", None)

    totals = tally.totals()
    assert len({task for task, _ in totals.attempts}) == MOST_TASKS + 1
    assert totals.attempts[OTHER, "succeeded"] == 50
    assert totals.attempts["customers.of_0", "failed"] == 1
    assert sum(totals.runs[OTHER].counts) == 50


def test_totals_are_a_copy():
    tally = Tally()
    tally.waited("orders.place", 1.0)
    before = tally.totals()

    tally.waited("orders.place", 1.0)

    assert sum(before.waits["orders.place"].counts) == 1


@pytest.fixture
def heard():
    received: list[list[object]] = []
    reports = Reports(received.append)
    yield reports, received
    reports.close()


def test_the_owner_receives_its_own_reports_at_once(heard):
    reports, received = heard

    reports.send(["ended", "orders.place", "succeeded", 0.1])

    assert received == [["ended", "orders.place", "succeeded", 0.1]]


def test_what_a_child_has_said_is_counted_though_it_is_killed(heard):
    reports, received = heard
    child = os.fork()
    if child == 0:  # pragma: no cover
        for number in range(500):
            reports.send(["ended", "ü" * 255, "succeeded", number])
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    until(lambda: len(received) == 500, seconds=10)
    assert [number for *_, number in received] == list(range(500))


def test_a_child_does_not_wait_for_an_owner_that_reads_nothing(heard):
    reports, received = heard
    reports._over.set()
    reports._thread.join()
    child = os.fork()
    if child == 0:  # pragma: no cover
        for number in range(60_000):
            reports.send(["ended", "orders.place", "succeeded", number])
        os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    reports.drain()
    assert len(received) > 1000


def test_a_report_that_is_none_ends_no_other(heard, caplog):
    reports, received = heard
    os.write(reports._writer, b"not json\n[1]\n")

    until(lambda: received, seconds=10)
    assert received == [[1]]
    assert "was not understood" in caplog.text
