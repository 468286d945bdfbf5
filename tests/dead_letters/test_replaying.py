from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from celery import chain, chord, signature
from django.db import transaction
from kombu import Queue

from hardy import events
from hardy.dead_letters import triage as desk_module
from hardy.dead_letters.replaying import REPLAY_OF, replay
from hardy.ledger.claim import claim
from hardy.ledger.failure import succeeded
from hardy.ledger.finish import Claim, finish
from hardy.ledger.models import Run
from hardy.policy import Policy
from tests.contracts.databases import ALIAS
from tests.contracts.rows import at_once
from tests.dead_letters.letters import decisions, died, end_badly, jobs, letters, started

pytestmark = pytest.mark.usefixtures("app")


def message_of(job):
    return json.loads(jobs().get(id=job).message)


def body_of(job):
    return json.loads(message_of(job)["body"])


def test_a_replayed_letter_is_a_job_again_under_the_id_it_had():
    letter = died("orders.place", (7,), {"express": True})

    report = replay(letters(), by="ada")

    assert report.jobs == [letter.job]
    assert report.refused == []
    assert not letters().exists()
    job = jobs().get(id=letter.job)
    assert (job.task, job.queue, job.attempts, job.crashes) == ("orders.place", letter.queue, 0, 0)
    assert body_of(letter.job)[:2] == [[7], {"express": True}]


def test_what_was_decided_is_kept_with_the_whole_letter():
    letter = died(error=KeyError("order"))

    report = replay(letters(), by="ada", note="the order is back")

    decision = decisions().get()
    assert (decision.letter, decision.action, decision.by) == (letter.pk, "replayed", "ada")
    assert (decision.note, decision.batch) == ("the order is back", report.batch)
    kept = (
        "job",
        "task",
        "queue",
        "reason",
        "error_type",
        "error",
        "fingerprint",
        "attempts",
        "enqueued_at",
        "died_at",
        "message",
    )
    assert [getattr(decision, name) for name in kept] == [getattr(letter, name) for name in kept]
    assert decision.decided_at >= letter.died_at


def test_the_job_names_the_letter_it_came_from():
    letter = died()

    replay(letters())

    assert message_of(letter.job)["headers"][REPLAY_OF] == str(letter.pk)


def test_history_stays_and_attempts_start_anew():
    letter = died()
    replay(letters())

    second = started(letter.job)

    assert second.number == 1
    assert Run.objects.using(ALIAS).filter(job=letter.job).count() == 1


def test_a_job_can_be_replayed_as_often_as_it_dies():
    letter = died()

    for _ in range(3):
        replay(letters())
        letter = end_badly(letter.job, ValueError("again"))

    assert decisions().count() == 3
    assert Run.objects.using(ALIAS).filter(job=letter.job).count() == 4


def test_the_oldest_letters_are_sent_first_and_a_limit_is_kept():
    ids = [died(args=(number,)).job for number in range(5)]

    report = replay(letters(), limit=3)

    assert report.jobs == ids[:3]
    assert set(letters().values_list("job", flat=True)) == set(ids[3:])


def test_many_letters_go_in_several_transactions(monkeypatch):
    monkeypatch.setattr(desk_module, "CHUNK", 4)
    ids = [died(args=(number,)).job for number in range(10)]

    report = replay(letters())

    assert report.jobs == ids
    assert decisions().filter(batch=report.batch).count() == 10


def test_everything_that_a_message_carries_is_sent_again():
    later = datetime.now(UTC) + timedelta(days=1)
    letter = died(
        task_id="job-1",
        queue="high_priority",
        priority=7,
        expires=later,
        time_limit=90,
        soft_time_limit=60,
        shadow="a nicer name",
        root_id="root",
        parent_id="parent",
        headers={"tenant": "acme"},
        stamped_headers=["team"],
        team="blue",
        link=signature("orders.thank", args=(1,)),
        link_error=signature("orders.worry"),
        ignore_result=True,
        retries=2,
        reply_to="somebody",
        compression="gzip",
    )
    before = json.loads(letter.message)

    replay(letters())

    after, job = message_of("job-1"), jobs().get(id="job-1")
    new = {REPLAY_OF: str(letter.pk), "retries": 0, "eta": after["headers"]["eta"]}
    assert after["headers"] == {**before["headers"], **new}
    assert after["properties"] == before["properties"]
    assert after["body"] == before["body"]
    assert (job.queue, job.priority) == ("high_priority", 7)


def test_the_rest_of_a_chain_follows_again(app):
    steps = chain(signature("orders.place", (1,), app=app), signature("orders.pack", app=app))
    job = steps.apply_async().parent.id
    before = json.loads(end_badly(job, ValueError("odd")).message)

    replay(letters())

    assert body_of(job) == json.loads(before["body"])
    assert body_of(job)[2]["chain"][0]["task"] == "orders.pack"


def test_a_part_of_a_chord_is_still_a_part_of_it(app):
    parts = [signature("orders.count", (number,), app=app) for number in range(2)]
    header = chord(parts)(signature("orders.sum", app=app)).parent
    before = json.loads(end_badly(header.results[0].id, ValueError("odd")).message)

    replay(letters())

    after = message_of(header.results[0].id)
    assert after["body"] == before["body"]
    assert (after["headers"]["group"], after["headers"]["group_index"]) == (header.id, 0)


def test_an_expiry_that_has_passed_and_an_eta_are_dropped():
    letter = died(expires=datetime.now(UTC) - timedelta(hours=1), eta=datetime.now(UTC) - timedelta(hours=2))

    replay(letters())

    assert message_of(letter.job)["headers"]["expires"] is None
    started(letter.job)


def test_arguments_that_the_sender_hid_stay_hidden():
    letter = died("users.log_in", ("secret",), argsrepr="('•••',)", kwargsrepr="{}")

    replay(letters())

    assert message_of(letter.job)["headers"]["argsrepr"] == "('•••',)"


def test_a_job_that_someone_has_sent_again_is_reported_and_left_alone(app):
    letter, other = died(task_id="job-1"), died(task_id="job-2")
    app.send_task("orders.place", (99,), task_id="job-1")

    report = replay(letters())

    assert report.jobs == [other.job]
    (refusal,) = report.refused
    assert refusal.letter == letter.pk
    assert "its id job-1 is in the ledger again (queued)" in refusal.why
    assert body_of("job-1")[0] == [99]
    assert letters().get() == letter


def test_a_message_that_cannot_be_read_is_reported_and_stays():
    letter = died()
    letters().filter(pk=letter.pk).update(
        message=letter.message.replace("application/json", "application/x-odd")
    )

    report = replay(letters())

    assert "cannot be read here" in report.refused[0].why
    assert letters().count() == 1
    assert not jobs().exists()


def test_a_pickle_is_opened_only_where_pickles_are_accepted(app):
    letter = died(serializer="pickle")

    report = replay(letters())
    assert "ContentDisallowed" in report.refused[0].why

    app.conf.accept_content = ["json", "pickle"]
    assert replay(letters()).jobs == [letter.job]
    assert message_of(letter.job)["content-type"] == "application/x-python-serialize"


def test_a_queue_that_is_gone_is_reported(app):
    died(queue="long_gone")
    app.conf.task_create_missing_queues = False
    app.amqp.queues = app.amqp.Queues([Queue("celery")])
    app.amqp.router = app.amqp.Router(queues=app.amqp.queues)

    report = replay(letters())

    assert "long_gone" in report.refused[0].why


class Swallow(Policy):
    """Sends nothing."""

    def around_send(self, call_next, message):
        return None


class Mark(Policy):
    """Adds an argument to whatever is sent."""

    def around_send(self, call_next, message):
        message.args = [*message.args, "marked"]
        return call_next()


def policy(kind):
    return f"{__name__}.{kind.__name__}"


def test_a_replay_goes_through_the_policies(settings):
    letter = died(args=(1,))
    settings.HARDY = {**settings.HARDY, "POLICIES": [policy(Mark), "hardy.worker.policy.Ledger"]}

    replay(letters())

    assert body_of(letter.job)[0] == [1, "marked"]


def test_a_letter_that_a_policy_does_not_send_stays(settings):
    died()
    settings.HARDY = {**settings.HARDY, "POLICIES": [policy(Swallow), "hardy.worker.policy.Ledger"]}

    report = replay(letters())

    assert report.refused[0].why == "a policy did not send it; no job was written."
    assert letters().count() == 1
    assert not decisions().exists()


def test_a_rolled_back_replay_has_done_nothing():
    letter = died()

    with pytest.raises(RuntimeError), transaction.atomic(using=ALIAS):
        replay(letters())
        raise RuntimeError

    assert letters().get() == letter
    assert not jobs().exists()
    assert not decisions().exists()


def test_a_message_of_the_life_before_starts_nothing():
    letter = died("orders.place")
    replay(letters())

    for token in range(3):
        assert claim(letter.job, "orders.place", "worker@late/9/z", token=token, attempts=token) is None


def test_an_attempt_of_the_life_before_records_nothing():
    letter = died("orders.place")
    replay(letters())
    started(letter.job)

    assert not finish(Claim(letter.job, "worker@here/1/a", (1, 1)), succeeded(None))
    assert jobs().get(id=letter.job).state == "running"


def test_of_two_who_replay_the_same_letters_each_letter_has_one():
    ids = {died(args=(number,)).job for number in range(30)}

    reports = at_once(*[lambda: replay(letters())] * 3)

    sent = [job for report in reports for job in report.jobs]
    assert sorted(sent) == sorted(ids)
    assert decisions().count() == 30
    assert jobs().count() == 30


def test_replaying_is_told_once_it_is_true():
    letter, heard = died(), []

    def listen(sender, **fields):
        heard.append((sender, {name: fields[name] for name in ("letter", "job", "by", "edited")}))

    events.letter_replayed.connect(listen)
    try:
        with transaction.atomic(using=ALIAS):
            replay(letters(), by="ada")
            assert heard == []
    finally:
        events.letter_replayed.disconnect(listen)

    assert heard == [("orders.place", {"letter": letter.pk, "job": letter.job, "by": "ada", "edited": False})]


@pytest.mark.parametrize(
    "canvas",
    [
        {"chord": 5},
        {"chord": {"options": 5}},
        {"chain": [5]},
        {"chain": [{"options": {"task_id": 5, "chord": "x"}}]},
        {"chain": [{"subtask_type": "chord"}]},
    ],
)
def test_what_follows_from_one_letter_and_makes_no_sense_keeps_no_other_from_its_replay(canvas):
    odd, good = died(), died()
    message = json.loads(odd.message)
    message["body"] = json.dumps([[1], {}, canvas])
    letters().filter(pk=odd.pk).update(message=json.dumps(message))

    report = replay(letters())

    assert good.job in report.jobs
    assert set(report.jobs) | {refused.job for refused in report.refused} == {odd.job, good.job}
