"""`manage.py hardy cancel` and `reschedule`."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from config.celery import app, debug_task
from hardy.ledger.models import Job, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(monkeypatch) -> str:
    monkeypatch.setitem(app.conf, "task_always_eager", False)
    return debug_task.apply_async(countdown=600).id


def test_cancel_takes_a_waiting_job_out_of_the_ledger_and_says_so_in_the_history(waiting, capsys):
    call_command("hardy", "cancel", waiting)

    assert "Cancelled 1 of 1 jobs." in capsys.readouterr().out
    assert not Job.objects.filter(id=waiting).exists()
    assert Run.objects.get(job=waiting).outcome == "cancelled"


def test_cancel_names_what_does_not_wait(waiting):
    with pytest.raises(CommandError, match=r"unknown-id: no job with this id waits"):
        call_command("hardy", "cancel", waiting, "unknown-id")

    assert not Job.objects.filter(id=waiting).exists()


def test_cancel_answers_machines_in_json(waiting, capsys):
    with pytest.raises(CommandError, match="unknown-id: no job with this id waits"):
        call_command("hardy", "cancel", waiting, "unknown-id", "--json")

    assert json.loads(capsys.readouterr().out) == {"cancelled": [waiting], "not_waiting": ["unknown-id"]}


def test_reschedule_moves_a_waiting_job(waiting):
    before = Job.objects.get(id=waiting).due_at

    call_command("hardy", "reschedule", waiting, "--in", "2h")

    assert (Job.objects.get(id=waiting).due_at - before).total_seconds() > 6000


def test_reschedule_refuses_what_is_no_time(waiting):
    with pytest.raises(CommandError, match="'3 weeks' is not a valid duration: write 90s"):
        call_command("hardy", "reschedule", waiting, "--in", "3 weeks")


def test_reschedule_names_a_job_that_does_not_wait():
    with pytest.raises(CommandError, match="gone: no job with this id waits"):
        call_command("hardy", "reschedule", "gone", "--in", "1m")
