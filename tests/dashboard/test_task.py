"""The page of one task, and what can be done there."""

from __future__ import annotations

import pytest

from hardy.ledger import failure
from hardy.ledger.finish import Claim, put_back
from hardy.ledger.models import DeadLetter, Job, Run
from tests.dashboard.tasks import alive, running, sent, succeeded, waits_since
from tests.dead_letters.letters import died, raised

pytestmark = pytest.mark.usefixtures("desk")

PAGE = "/hardy/task/"


def said(client, job):
    return client.get(PAGE, {"id": job}).content.decode()


def act(client, job, act, **more):
    return client.post(f"{PAGE}?id={job}", {"act": act, **more}, follow=True).content.decode()


def test_a_task_that_nobody_knows_is_not_found(ada):
    answer = ada.get(PAGE, {"id": "nope"})

    assert answer.status_code == 404
    assert "The ledger knows no task with the id <code>nope</code>" in answer.content.decode()


def test_a_finished_task_shows_its_attempt_and_result(ada):
    job = succeeded("orders.place", result={"paid": True})

    page = said(ada, job)

    assert "succeeded" in page
    assert "paid" in page
    assert "None is kept" in page


def test_a_dead_task_shows_its_error_traceback_and_arguments(ada):
    letter = died("orders.place", (4711,), {"express": True}, error=raised(KeyError("address")))

    page = said(ada, letter.job)

    assert "It is dead: failed for good" in page
    assert "Traceback (most recent call last)" in page
    assert "4711\nexpress = true" in page


def test_arguments_that_hold_half_a_character_are_shown_all_the_same(ada):
    job = sent("orders.place", "x")
    message = Job.objects.get(id=job).message.replace('\\"x\\"', '\\"\\\\ud800\\"')
    Job.objects.filter(id=job).update(message=message)

    assert ada.get(PAGE, {"id": job}).status_code == 200


@pytest.mark.parametrize("message", ["", "{}", "nonsense", '{"body": 5}'])
def test_a_message_that_cannot_be_read_is_said_to_be_so(ada, message):
    job = sent("orders.place")
    Job.objects.filter(id=job).update(message=message)

    assert "message cannot be read here" in said(ada, job)


# why it waits


@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (lambda: sent(queue="default"), "No worker is running."),
        (
            lambda: (alive("other"), sent(queue="default"))[1],
            "No worker reads the queue default; what workers read: other.",
        ),
        (
            lambda: (alive("default"), sent(queue="default"))[1],
            "A worker that reads the queue default starts it as soon as it has a process free.",
        ),
        (
            lambda: (alive("default"), sent(queue="default"), sent(queue="default"))[2],
            "2 jobs wait in the queue default, 0 run; 1 worker reads it.",
        ),
        (lambda: sent(countdown=3600), "It is due in "),
    ],
    ids=["no worker", "no reader", "its turn", "others too", "later"],
)
def test_the_page_says_why_a_job_waits(ada, prepare, says):
    assert says in said(ada, prepare())


def test_a_retry_says_after_which_attempt_it_is_due(ada):
    job = running("orders.place")
    row = Job.objects.get(id=job)
    end = failure.succeeded(None)
    put_back(Claim(job, row.worker, (row.token, row.token)), end, None, 600)

    assert "after attempt 1." in said(ada, job)


def test_a_job_that_a_broker_has_not_taken_says_so(ada, desk):
    before, desk.conf.broker_write_url = desk.conf.broker_write_url, "redis://127.0.0.1:1/0"
    try:
        job = sent("orders.place", countdown=3600)
        waits_since(job, 600)
        assert "The broker has not taken it for 10 min" in said(ada, job)
    finally:
        desk.conf.broker_write_url = before


def test_one_that_runs_says_where_and_how_long(ada):
    assert "It is running" in said(ada, running("orders.place"))


# what can be done


def test_a_waiting_job_is_cancelled(ada):
    job = sent("orders.place", countdown=3600)

    assert "Cancelled." in act(ada, job, "cancel")
    assert not Job.objects.filter(id=job).exists()
    assert Run.objects.get(job=job).error == "Cancelled by ada@example.com in the control room."


def test_a_planned_job_is_started_now(ada):
    job = sent("orders.place", countdown=3600)

    assert "It may start now." in act(ada, job, "now")
    row = Job.objects.get(id=job)
    assert (row.due_at - row.enqueued_at).total_seconds() < 60


def test_a_waiting_job_is_moved(ada):
    job = sent("orders.place")

    assert "It is due in 2 h." in act(ada, job, "later", delay="2h")
    row = Job.objects.get(id=job)
    assert 7190 < (row.due_at - row.enqueued_at).total_seconds() < 7300


@pytest.mark.parametrize("delay", ["", "soon", "9" * 40 + "d", "-1h", "\x00", "1h" * 300])
def test_a_delay_that_is_none_is_refused_with_the_remedy(ada, delay):
    job = sent("orders.place")

    assert "write 90s, 30m, 2h, 3d or 1w" in act(ada, job, "later", delay=delay)
    assert Job.objects.get(id=job).state == Job.State.QUEUED


def test_the_longest_delay_is_that_of_the_ledger(ada):
    job = sent("orders.place")

    assert "too long a duration" in act(ada, job, "later", delay="99999999999d")


@pytest.mark.parametrize("act_", ["cancel", "now", "later"])
def test_one_that_runs_is_left_alone_and_the_page_says_so(ada, act_):
    job = running("orders.place")

    assert "It was not" in act(ada, job, act_, delay="1h")
    assert Job.objects.get(id=job).state == Job.State.RUNNING


def test_a_form_that_says_nothing_does_nothing(ada):
    job = sent("orders.place")

    assert "Nothing was done" in act(ada, job, "explode")
    assert Job.objects.filter(id=job).exists()


def test_a_letter_can_be_replayed_from_the_page_of_its_task(ada):
    letter = died("orders.place")
    form = {"act": "replay", "letter": letter.pk}

    asked = ada.post("/hardy/errors/decide/", form).content.decode()
    ada.post("/hardy/errors/decide/", {**form, "confirmed": "yes"})

    assert "Replay 1 dead letter?" in asked
    assert not DeadLetter.objects.exists()
    assert "replayed as it was" in said(ada, letter.job)
