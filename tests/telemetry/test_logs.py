"""Which task a line was written in: in a real worker as JSON, and in whatever form a project chose."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from celery import shared_task

from hardy.telemetry.logs import FACTS, JSONFormatter, TaskFilter
from tests.acceptance.depot import Depot
from tests.fixtures.depots import Open


class Unwritable:
    def __str__(self) -> str:
        raise RuntimeError


@shared_task(bind=True, name="tests.logs_a_line")
def logs_a_line(self: Any) -> dict[str, Any]:
    return line("inside %s", "it")


def line(message: str, *args: Any, **options: Any) -> dict[str, Any]:
    record = logging.LogRecord(
        "shop", logging.INFO, "here.py", 1, message, args, options.pop("exc_info", None)
    )
    vars(record).update(options)
    text = JSONFormatter().format(record)
    assert "\n" not in text
    return json.loads(text)


def test_a_line_outside_of_tasks_says_nothing_of_one():
    said = line("before %s", "anything", order=7)

    assert (said["message"], said["level"], said["logger"], said["order"]) == (
        "before anything",
        "INFO",
        "shop",
        7,
    )
    assert not set(FACTS) & said.keys()


def test_a_line_inside_of_a_task_says_which_and_who_caused_it():
    cause = {"request": "req-1", "user": "42"}
    done = logs_a_line.apply(task_id="job-1", headers={"hardy_cause": cause}, throw=True)

    said = done.get()
    assert said["message"] == "inside it"
    assert (said["task_id"], said["task_name"], said["task_attempt"]) == ("job-1", "tests.logs_a_line", 1)
    assert said["task_root"] == "job-1"


def test_what_is_no_json_does_not_end_a_line():
    assert line("odd", thing=Unwritable(), other={1, 2})["thing"] == "<Unwritable that cannot be written>"
    assert line("ü\u2028\n")["message"] == "ü\u2028\n"


def test_an_error_comes_in_the_same_line():
    try:
        raise ValueError("odd")
    except ValueError as error:
        said = line("failed", exc_info=(type(error), error, error.__traceback__))

    assert "ValueError: odd" in said["error"]


def test_a_filter_gives_any_format_the_names():
    record = logging.makeLogRecord({"msg": "hello"})

    assert TaskFilter().filter(record)
    assert logging.Formatter("%(message)s[%(task_id)s%(user_id)s]").format(record) == "hello[]"


LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "hardy.telemetry.logs.JSONFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"celery.task": {"handlers": ["console"], "propagate": False}},
}


@pytest.fixture(scope="module")
def depot(open_depot: Open) -> Any:
    settings = json.dumps({"LOGGING": LOGGING, "CELERY_WORKER_HIJACK_ROOT_LOGGER": False})
    with open_depot("sqlite", DEPOT_SETTINGS=settings, DEPOT_PLUGINS="depot.talks") as depot:
        depot.worker()
        yield depot


def lines(depot: Depot) -> list[dict[str, Any]]:
    log = depot.processes[0].log
    return [json.loads(one) for one in log.splitlines() if one.startswith("{")]


def test_every_line_of_an_attempt_is_json_and_says_which_attempt_it_was(depot: Depot) -> None:
    job = depot.run("from depot.talks import talk; talk.delay(1).id")
    depot.wait_until_over(job)

    of_job = [one for one in lines(depot) if one.get("task_id") == job]
    said = {(one["message"], one["task_attempt"]) for one in of_job if one["message"].endswith("said")}
    assert said == {("a library said", 1), ("a task said", 1), ("a library said", 2), ("a task said", 2)}
    assert {one["task_name"] for one in of_job} == {"depot.talk"}
    assert {one["task_queue"] for one in of_job if one["message"].endswith("said")} == {"celery"}
    assert any("succeeded in" in one["message"] for one in of_job)
