"""`manage.py hardy defaults`: what installing hardy changes."""

from __future__ import annotations

import json
from io import StringIO

import celery
import pytest
from django.core.management import call_command

import hardy


@pytest.fixture
def project():
    """Return a function that makes the app of a project with these Celery settings the current one."""
    previous = celery.current_app._get_current_object()

    def make(**given):
        app = hardy.Celery("defaults")
        app.conf.update(given)
        app.set_current()

    yield make
    previous.set_current()


def defaults(*arguments: str) -> str:
    out = StringIO()
    call_command("hardy", "defaults", *arguments, stdout=out)
    return out.getvalue()


def test_each_setting_is_listed_with_both_values_and_the_reason(project):
    project()

    listed = {change["setting"]: change for change in json.loads(defaults("--json"))}

    limit = listed["task_time_limit"]
    assert (limit["celery"], limit["hardy"]) == (None, 1800)
    assert "30 minutes" in limit["reason"]
    assert listed["task_acks_late"]["hardy"] is True
    assert "task_serializer" not in listed, "both say json"


def test_what_the_project_sets_is_not_listed(project):
    project(task_time_limit=60)

    assert "task_time_limit " not in defaults()


def test_a_person_reads_a_table(project):
    project()

    heading, *rows = defaults().splitlines()

    assert heading.split()[0] == "setting"
    assert any(row.startswith("task_time_limit ") and " 1800 " in row for row in rows)
