"""Sentry as it receives us: a real worker with the SDK, and the sandbox that takes its envelopes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery.schedules import crontab, schedule

from hardy.telemetry.check_ins import _written, slug
from tests.acceptance.depot import Depot
from tests.fixtures.depots import Open
from tests.sandbox.process import Sandbox
from tests.waiting import until


@contextmanager
def reporting(open_depot: Open, running_sandbox: Sandbox, *options: str) -> Iterator[Depot]:
    dsn = f"{running_sandbox.http_url.replace('//', '//public@')}/sentry/1"
    schedule = {"Nightly clean-up": ["every", 0.5]}
    with open_depot(
        "sqlite", DEPOT_PLUGINS="depot.watched", DEPOT_SENTRY=dsn, DEPOT_SCHEDULE=json.dumps(schedule)
    ) as depot:
        depot.worker(*options)
        yield depot


@pytest.fixture(scope="module")
def depot(open_depot: Open, running_sandbox: Sandbox) -> Iterator[Depot]:
    with reporting(open_depot, running_sandbox) as depot:
        yield depot


def events(sandbox: Sandbox, job: str) -> list[dict[str, Any]]:
    newest = sandbox.call("GET", "/sentry/events").body
    return [one for one in newest if (one["contexts"].get("hardy") or {}).get("task_id") == job]


def test_a_fault_is_one_issue_however_many_jobs_have_it_and_says_where_to_look(
    depot, running_sandbox
) -> None:
    first, second = depot.send("fail", "order 1"), depot.send("fail", "order 2")
    depot.wait_until_over(first, second)

    [one] = until(lambda: events(running_sandbox, first))
    [other] = until(lambda: events(running_sandbox, second))
    assert one["type"] == "Odd" and one["value"] == "order 1"
    assert (
        one["event"]["fingerprint"] == other["event"]["fingerprint"] == [depot.runs(first)[0]["fingerprint"]]
    )
    assert one["contexts"]["hardy"]["task_attempt"] == 1
    assert one["contexts"]["hardy"]["look"] == f"hardy runs --id {first}"
    assert one["tags"]["task_name"] == "depot.fail"


def test_attempts_that_are_retried_are_no_issues_and_the_last_one_is(depot, running_sandbox) -> None:
    again, never = depot.send("retry", "reported", 2), depot.send("retry", "never", 99)
    depot.wait_until_over(again, never)

    [last] = until(lambda: events(running_sandbox, never))
    assert last["contexts"]["hardy"]["task_attempt"] == 4
    assert events(running_sandbox, again) == []


def test_a_job_that_ends_its_process_too_often_is_reported_though_nobody_raised_anything(
    open_depot, running_sandbox
) -> None:
    # With one process: what Celery gives to one that is just dying beside another may wait for long.
    with reporting(open_depot, running_sandbox, "--concurrency=1") as depot:
        job = depot.send("kill_child", "deadly", 99)
        depot.wait_until_over(job, seconds=120)

        [event] = until(lambda: events(running_sandbox, job))
    assert event["message"] == "depot.kill_child ended its worker too often"
    assert event["event"]["fingerprint"] == ["hardy", "depot.kill_child", "crashed"]
    assert event["contexts"]["hardy"]["look"] == f"hardy dead show {job}"


def test_a_schedule_checks_in_with_its_plan_when_it_begins_and_when_it_ends(depot, running_sandbox) -> None:
    beat = depot.beat("--scheduler=celery.beat:PersistentScheduler", f"--schedule={depot.folder}/beat")

    def ended() -> list[dict[str, Any]]:
        found = running_sandbox.call("GET", "/sentry/check-ins").body
        return [one for one in found if one["monitor_slug"] == "nightly-clean-up" and one["status"] == "ok"]

    until(ended)
    beat.kill()


@pytest.mark.parametrize(
    ("plan", "written"),
    [
        (crontab(hour=2, minute=0), {"type": "crontab", "value": "0 2 * * *"}),
        (crontab(day_of_week="monday", hour=8, minute=0), {"type": "crontab", "value": "0 8 * * monday"}),
        (schedule(60), {"type": "interval", "value": 1, "unit": "minute"}),
        (schedule(7200), {"type": "interval", "value": 2, "unit": "hour"}),
        (schedule(0.5), None),
        (None, None),
    ],
)
def test_a_plan_is_told_as_sentry_has_it(plan, written):
    assert _written(plan) == written


@pytest.mark.parametrize("name", ["Sync inventory every 6 hours", "ü" * 300, "☃", "x" * 300])
def test_a_monitors_name_is_one_that_sentry_takes(name):
    assert 0 < len(slug(name)) <= 50 and slug(name).isascii()
