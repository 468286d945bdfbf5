"""`manage.py hardy status`: who works, and what waits."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from hardy.management.verbs.status import readable
from hardy.telemetry.duties import WatchObjectives
from tests.dashboard.tasks import past

FLEET = {
    "health": [
        {"name": "database", "status": "fine", "text": ""},
        {"name": "queues", "status": "warning", "text": "1 queue is behind: default (oldest 1 min 15 s)."},
        {"name": "schedules", "status": "wrong", "text": "No beat is running and 1 schedule is late."},
    ],
    "workers": [
        {
            "name": "celery@shop",
            "kind": "worker",
            "pid": 4711,
            "queues": ["default", "high_priority"],
            "seen_seconds_ago": 2.4,
            "active": 3,
        }
    ],
    "queues": [
        {"name": "default", "depth": 12, "oldest_age_seconds": 75.0, "held": 4, "running": 3, "dead": 1},
        {"name": "low", "depth": 0, "oldest_age_seconds": None, "held": 0, "running": 0, "dead": 0},
    ],
}


def status(*arguments: str) -> str:
    out = StringIO()
    call_command("hardy", "status", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_an_empty_ledger_says_what_to_do():
    said = status()

    assert said.startswith("HEALTH\nNo worker is running. Nothing waits.\n")
    assert "No worker is alive. Start one: celery -A config worker" in said
    assert "No task waits, runs or is dead." in said


@pytest.mark.django_db
def test_a_machine_gets_one_json_object():
    said = json.loads(status("--json"))

    assert (said["workers"], said["queues"]) == ([], [])
    assert {"name": "database", "status": "fine", "text": ""} in said["health"]


def test_a_person_reads_what_is_wrong_before_two_tables():
    assert readable(FLEET).splitlines() == [
        "HEALTH",
        "No beat is running and 1 schedule is late.",
        "1 queue is behind: default (oldest 1 min 15 s).",
        "",
        "WORKERS",
        "name         kind     pid  queues                 active  seen",
        "celery@shop  worker  4711  default,high_priority       3  2 s ago",
        "",
        "QUEUES",
        "name     depth  oldest      held  running  dead",
        "default     12  1 min 15 s     4        3     1",
        "low          0  –              0        0     0",
    ]


def test_objectives_are_a_table_of_their_own_where_there_are_any(desk, settings):
    settings.HARDY = {
        **getattr(settings, "HARDY", {}),
        "OBJECTIVES": {"checkout": "5s p99", "mail.*": "1m p50"},
    }
    past(4, queue="checkout")
    WatchObjectives().tick()

    said = hardy_status().split("OBJECTIVES\n")[1].splitlines()

    assert said[0].split("  ")[0] == "name"
    assert " ".join(said[1].split()) == "checkout 99 % within 5 s 0 of 4 late 0 of 4 late 0 of 4 late 0 met"
    assert " ".join(said[2].split()) == "mail.* 50 % within 1 min – – – 0 met"
    [first, _] = json.loads(hardy_status("--json"))["objectives"]
    assert (first["name"], first["missed"], first["windows"]["1h"]["jobs"]) == ("checkout", False, 4)


def hardy_status(*words):
    out = StringIO()
    call_command("hardy", "status", *words, stdout=out)
    return out.getvalue()
