from __future__ import annotations

import celery
import pytest

from hardy.checks import limits


def ids(messages):
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"CELERY_TASK_TIME_LIMIT": 60}, []),
        ({"CELERY_TASK_TIME_LIMIT": None}, ["hardy.W002", "hardy.W004"]),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": None}, ["hardy.W004"]),
        ({"CELERY_TASK_TIME_LIMIT": 60, "CELERY_TASK_SOFT_TIME_LIMIT": 60}, ["hardy.W005"]),
        ({"CELERY_TASK_TIME_LIMIT": 60, "CELERY_TASK_SOFT_TIME_LIMIT": 90}, ["hardy.W005"]),
    ],
)
def test_missing_and_contradicting_time_limits_are_named(project, given, expected):
    project(**given)

    assert ids(limits.time_is_limited(None)) == expected


def test_a_task_that_is_killed_before_it_hears_of_it_is_named(project):
    app = project()

    @app.task(shared=False, name="reports.slow", soft_time_limit=60, time_limit=50)
    def slow(): ...

    @app.task(shared=False, name="reports.careful", soft_time_limit=50, time_limit=60)
    def careful(): ...

    messages = limits.tasks_hear_of_their_limit(None)

    assert [message.msg for message in messages] == [
        "reports.slow has soft_time_limit=60 and time_limit=50: it is killed before the soft limit fires."
    ]


def test_contradicting_limits_of_the_project_are_not_repeated_for_each_task(project):
    app = project(CELERY_TASK_TIME_LIMIT=60, CELERY_TASK_SOFT_TIME_LIMIT=90)

    @app.task(shared=False, name="reports.any")
    def any_report(): ...

    assert limits.tasks_hear_of_their_limit(None) == []


@pytest.mark.parametrize(("version", "expected"), [((5, 4, 0, ""), ["hardy.I004"]), ((5, 7, 0, ""), [])])
def test_a_celery_that_is_silent_about_hard_limits_is_named(monkeypatch, version, expected):
    monkeypatch.setattr(celery, "VERSION", version)

    assert ids(limits.hard_limits_are_told(None)) == expected
