"""The django-db result backend on a ledger: results commit with the attempt that made them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from celery import chain, chord, group, states
from celery.exceptions import Ignore
from django.db import transaction
from django_celery_results.models import ChordCounter, TaskResult

from hardy.ledger.finish import Claim, End, finish
from hardy.ledger.models import Job
from hardy.ledger.recovery import rescue
from tests.contracts.databases import ALIAS
from tests.contracts.draining import deliver, drain, run, run_next
from tests.contracts.rows import at_once, jobs, letters, outcomes, reserve, the_job

logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)


@pytest.fixture
def add(app: Any) -> Any:
    @app.task(name="shop.add")
    def add(x, y):
        return x + y

    return add


@pytest.fixture
def total(app: Any) -> Any:
    @app.task(name="shop.total")
    def total(numbers):
        return sum(numbers)

    return total


def results(id: str) -> list[str]:
    return list(TaskResult.objects.using(ALIAS).filter(task_id=id).values_list("status", flat=True))


def test_a_job_that_waits_is_pending_and_one_that_succeeded_has_its_result(app, add):
    asked = add.delay(2, 3)

    assert asked.state == states.PENDING
    drain(app)
    assert (asked.state, asked.get(disable_sync_subtasks=False)) == (states.SUCCESS, 5)
    assert outcomes(asked.id) == ["succeeded"]


def test_a_job_that_runs_is_started_without_a_row_of_its_own(app):
    seen = []

    @app.task(name="shop.look", bind=True, track_started=True)
    def look(self):
        seen.append((self.AsyncResult(self.request.id).state, results(self.request.id)))

    look.delay()
    drain(app)

    assert seen == [(states.STARTED, [])]


def test_a_job_that_waits_for_another_attempt_is_retried(app):
    @app.task(name="shop.fetch", bind=True)
    def fetch(self):
        raise self.retry(exc=OSError("away"), countdown=60)

    asked = fetch.delay()
    drain(app)

    assert (asked.state, results(asked.id)) == (states.RETRY, [states.RETRY])
    assert repr(asked.result) == "OSError('away')"
    assert "in fetch" in asked.traceback
    assert outcomes(asked.id) == ["retried"]


def test_a_retried_job_that_runs_again_is_started(app):
    seen = []

    @app.task(name="shop.fetch", bind=True)
    def fetch(self):
        if self.request.retries == 0:
            raise self.retry(exc=OSError("away"), countdown=0)
        asked = self.AsyncResult(self.request.id)
        seen.append((asked.state, asked.info, asked.traceback))

    asked = fetch.delay()
    drain(app)

    assert seen == [(states.STARTED, {"hostname": "test@here"}, None)]
    assert asked.state == states.SUCCESS


def test_a_state_of_the_tasks_own_gives_way_to_retry(app):
    @app.task(name="shop.fetch", bind=True)
    def fetch(self):
        self.update_state(state="PROGRESS", meta={"done": 1})
        raise self.retry(exc=OSError("away"), countdown=60)

    asked = fetch.delay()
    drain(app)

    assert (asked.state, repr(asked.result)) == (states.RETRY, "OSError('away')")


def test_a_failure_has_its_error_and_its_traceback(app):
    @app.task(name="shop.fail")
    def fail():
        raise ValueError("no such order")

    asked = fail.delay()
    drain(app)

    assert asked.state == states.FAILURE
    assert isinstance(asked.result, ValueError)
    assert "no such order" in asked.traceback
    assert outcomes(asked.id) == ["failed"]
    assert [letter.reason for letter in letters()] == ["failed"]


def test_storing_again_changes_the_row_there_is(app):
    app.backend.store_result("job-1", 1, states.SUCCESS)
    first = TaskResult.objects.using(ALIAS).get()

    app.backend.store_result("job-1", 2, states.SUCCESS)

    second = TaskResult.objects.using(ALIAS).get()
    assert (first.pk, first.date_created) == (second.pk, second.date_created)
    assert app.AsyncResult("job-1").result == 2


def test_storing_at_once_leaves_one_row(app):
    at_once(*[lambda n=n: app.backend.store_result("job-1", n, states.SUCCESS) for n in range(4)])

    assert results("job-1") == [states.SUCCESS]


def test_an_ignored_result_is_not_kept(app, add):
    asked = add.apply_async((1, 2), ignore_result=True)
    drain(app)

    assert results(asked.id) == []
    assert outcomes(asked.id) == ["succeeded"]


def test_an_attempt_that_was_overtaken_leaves_neither_result_nor_followers(app, add):
    @app.task(name="shop.slow", bind=True)
    def slow(self):
        token = the_job(self.request.id).token
        assert rescue(Claim(self.request.id, "test@here", (token, token))) == "gone"
        Job.objects.using(ALIAS).filter(id=self.request.id).update(token=token + 1, worker="someone else")
        return 1

    asked = chain(slow.s(), add.s(1)).delay()
    run_next(app)

    assert set(jobs()) == {asked.parent.id}
    assert (results(asked.parent.id), outcomes(asked.parent.id)) == ([], [])


def test_a_second_delivery_runs_nothing_and_leaves_no_result(app):
    runs = []

    @app.task(name="shop.once")
    def once():
        runs.append(1)

    asked = once.delay()
    [row] = reserve("test@here", ["celery"], 1)
    run(app, deliver(row))
    run(app, deliver(row))

    assert (len(runs), outcomes(asked.id), results(asked.id)) == (1, ["succeeded"], [states.SUCCESS])


def test_each_task_of_a_chain_gets_the_last_result(app, add):
    asked = chain(add.s(1, 2), add.s(3), add.s(4)).delay()
    drain(app)

    assert asked.result == 10
    assert asked.parent.result == 6


def test_a_chord_calls_back_once_with_every_result(app, add, total):
    asked = chord(group(add.s(n, n) for n in range(5)), total.s()).delay()

    assert drain(app) == 6
    assert asked.result == 20
    assert not ChordCounter.objects.using(ALIAS).exists()


def test_a_part_of_a_chord_counts_once_however_often_it_is_lost(app, add, total):
    asked = chord([add.s(1, 1), add.s(2, 2)], total.s()).delay()
    lost = next(iter(jobs()))
    [row] = [row for row in reserve("gone@there", ["celery"], 2) if row.id == lost]
    from hardy.ledger.claim import claim
    from hardy.ledger.reserve import release

    attempt = claim(lost, "shop.add", "gone@there", token=row.token, attempts=row.attempts)
    rescue(Claim(lost, "gone@there", (attempt.token, attempt.token)))
    release("gone@there")

    drain(app)

    assert asked.result == 6
    assert outcomes(lost) == ["lost", "succeeded"]


def test_a_chord_whose_parts_end_at_once_calls_back_once(app, add, total):
    asked = chord(group(add.s(n, n) for n in range(4)), total.s()).delay()
    deliveries = [deliver(row) for row in reserve("test@here", ["celery"], 4)]

    at_once(*[lambda payload=payload: run(app, payload) for payload in deliveries])

    assert list(jobs().values()) == ["queued"]
    drain(app)
    assert asked.result == 12


def test_a_failed_part_fails_the_callback_of_its_chord(app, add, total):
    @app.task(name="shop.fail")
    def fail():
        raise ValueError("no")

    asked = chord([add.s(1, 1), fail.s()], total.s()).delay()
    drain(app)

    assert asked.state == states.FAILURE
    assert jobs() == {}


def test_an_empty_group_before_a_callback_calls_back(app, total):
    asked = chord([], total.s()).delay()
    drain(app)

    assert asked.result == 0


def test_links_are_sent_with_the_end_and_errbacks_with_the_failure(app, add):
    heard = []

    @app.task(name="shop.hear")
    def hear(*args):
        heard.append(args)

    @app.task(name="shop.fail")
    def fail():
        raise ValueError("no")

    add.apply_async((1, 2), link=hear.s("link"))
    failed = fail.apply_async(link=hear.s("never"), link_error=hear.si("errback"))
    drain(app)

    assert set(heard) == {(3, "link"), ("errback",)} and len(heard) == 2
    assert outcomes(failed.id) == ["failed"]


def test_a_task_that_was_ignored_has_no_result(app):
    @app.task(name="shop.ignore")
    def ignore():
        raise Ignore

    asked = ignore.delay()
    drain(app)

    assert (results(asked.id), outcomes(asked.id), jobs()) == ([], ["ignored"], {})


def test_a_replaced_task_ends_under_its_own_id(app, add):
    @app.task(name="shop.replace", bind=True)
    def replace(self, x):
        raise self.replace(add.s(x, 1))

    asked = replace.delay(41)
    drain(app)

    assert asked.result == 42
    assert outcomes(asked.id) == ["replaced", "succeeded"]


def test_what_a_rolled_back_transaction_asked_for_was_never_asked(app, add):
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ALIAS):
        asked = add.delay(1, 2)
        1 / 0  # noqa: B018

    assert (drain(app), asked.state) == (0, states.PENDING)


def test_the_state_of_a_job_that_nobody_knows_is_pending(app):
    assert app.AsyncResult("never heard of").state == states.PENDING
    assert finish(Claim("never heard of", "", (0, 9)), End("succeeded")) is False
