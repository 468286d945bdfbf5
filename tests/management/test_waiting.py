"""`manage.py hardy cancel` and `reschedule`."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hardy.db.clock import seconds_from_now
from hardy.ledger.models import Job, Run
from tests.dead_letters.letters import jobs

pytestmark = pytest.mark.usefixtures("desk")


def hardy(*words):
    out = StringIO()
    call_command("hardy", *map(str, words), stdout=out)
    return out.getvalue()


def refusal(*words):
    with pytest.raises(CommandError) as refused:
        hardy(*words)
    assert refused.value.returncode == 1
    return str(refused.value)


@pytest.fixture
def send(desk):
    return lambda task="orders.place", **options: desk.send_task(task, [1], **options).id


@pytest.fixture
def waiting(send) -> str:
    return send(countdown=600)


class Keyboard(StringIO):
    def isatty(self):
        return True


def test_cancel_takes_a_waiting_job_out_of_the_ledger_and_says_so_in_the_history(waiting):
    assert hardy("cancel", waiting) == "Cancelled 1 job.\n"

    assert not Job.objects.filter(id=waiting).exists()
    assert Run.objects.get(job=waiting).outcome == "cancelled"


def test_cancel_names_what_does_not_wait(waiting):
    assert "unknown-id: no job with this id waits" in refusal("cancel", waiting, "unknown-id")

    assert not Job.objects.filter(id=waiting).exists()


def test_cancel_answers_machines_in_json(waiting, capsys):
    with pytest.raises(CommandError, match="unknown-id: no job with this id waits"):
        call_command("hardy", "cancel", waiting, "unknown-id", "--json")

    assert json.loads(capsys.readouterr().out) == {
        "cancelled": [waiting],
        "not_waiting": ["unknown-id"],
        "left": 0,
    }


def test_reschedule_moves_a_waiting_job(waiting):
    before = Job.objects.get(id=waiting).due_at

    assert hardy("reschedule", waiting, "--in", "2h") == "Rescheduled 1 job to 7200 seconds from now.\n"

    assert (Job.objects.get(id=waiting).due_at - before).total_seconds() > 6000


def test_reschedule_refuses_what_is_no_time(waiting):
    with pytest.raises(CommandError, match="'3 weeks' is not a valid duration: write 90s"):
        hardy("reschedule", waiting, "--in", "3 weeks")


def test_reschedule_names_a_job_that_does_not_wait():
    assert "gone: no job with this id waits" in refusal("reschedule", "gone", "--in", "1m")


CHOICES = [
    ("--state", "held"),
    ("--task", "orders.pack"),
    ("--task", "orders.pa*"),
    ("--queue", "low_priority"),
    ("--older", "1h"),
]


@pytest.mark.parametrize("words", CHOICES, ids=" ".join)
def test_each_filter_of_jobs_chooses_what_is_cancelled(send, words):
    stays = send()
    goes = send("orders.pack", queue="low_priority", countdown=600)
    jobs().filter(id=goes).update(enqueued_at=seconds_from_now(-7200))

    said = json.loads(hardy("cancel", "--json", *words))

    assert said == {"cancelled": [goes], "not_waiting": [], "left": 0}
    assert [job.id for job in jobs()] == [stays]


@pytest.mark.parametrize("words", CHOICES, ids=" ".join)
def test_each_filter_of_jobs_chooses_what_is_rescheduled(send, words):
    send()
    moves = send("orders.pack", queue="low_priority", countdown=600)
    jobs().filter(id=moves).update(enqueued_at=seconds_from_now(-7200))

    said = json.loads(hardy("reschedule", "--in", "0s", "--json", *words))

    assert said == {"rescheduled": [moves], "not_waiting": [], "left": 0, "seconds": 0.0}


def test_what_runs_is_not_among_the_chosen(send):
    runs, waits = send(), send()
    jobs().filter(id=runs).update(state="running")

    assert hardy("cancel", "--task", "orders.*") == "Cancelled 1 job.\n"

    assert [job.id for job in jobs()] == [runs]
    assert not jobs().filter(id=waits).exists()
    assert "`celery control revoke --terminate <id>` ends it" in refusal("cancel", "--state", "running")


def test_a_state_in_which_nothing_can_be_done_is_refused():
    assert refusal("reschedule", "--state", "reserved", "--in", "1m") == (
        "No job in the state 'reserved' can be rescheduled. There are: held, queued."
    )


@pytest.mark.parametrize("verb", [("cancel",), ("reschedule", "--in", "1m")], ids=" ".join)
def test_nobody_takes_every_job_by_a_slip(waiting, verb):
    assert refusal(*verb).startswith(f"Say which jobs to {verb[0]}: ids, or --task")
    assert jobs().filter(id=waiting).exists()


def test_the_oldest_go_first_and_what_is_left_is_counted(send, monkeypatch):
    monkeypatch.setattr("hardy.management.waiting_jobs.AT_FIRST", 2)
    sent = [send(countdown=600) for _ in range(5)]
    for age, job in enumerate(reversed(sent), 1):
        jobs().filter(id=job).update(enqueued_at=seconds_from_now(-age))

    assert hardy("cancel", "--task", "orders.place") == (
        "Cancelled 2 jobs.\n3 more match; --all-matching takes them all.\n"
    )
    assert {job.id for job in jobs()} == set(sent[2:])
    assert hardy("cancel", "--all-matching") == "Cancelled 3 jobs.\n"


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("\n", 2), ("no\n", 2)])
def test_at_a_terminal_the_count_is_asked(send, monkeypatch, answer, left):
    send(countdown=600), send(countdown=600)
    monkeypatch.setattr("sys.stdin", Keyboard(answer))

    if left:
        assert refusal("cancel", "--task", "orders.place") == "Nothing was done."
    else:
        assert hardy("cancel", "--task", "orders.place").startswith("Cancel 2 jobs? [y/N] ")

    assert jobs().count() == left


def test_yes_leaves_the_question_out(waiting, monkeypatch):
    monkeypatch.setattr("sys.stdin", Keyboard(""))

    assert hardy("reschedule", "--task", "orders.place", "--in", "0s", "--yes") == (
        "Rescheduled 1 job to start at once.\n"
    )


def test_a_dry_run_shows_the_jobs_and_leaves_them(waiting):
    said = hardy("cancel", "--task", "orders.place", "--dry-run")

    assert waiting in said
    assert said.endswith("Would cancel 1 job. Nothing was done.\n")
    as_json = json.loads(hardy("cancel", waiting, "--dry-run", "--json"))
    assert (as_json["would"], as_json["count"], as_json["jobs"][0]["id"]) == ("cancel", 1, waiting)
    assert jobs().filter(id=waiting).exists()


def test_a_filter_that_nothing_matches_says_so(waiting):
    assert hardy("cancel", "--task", "orders.pack") == "No job that waits matches.\n"
