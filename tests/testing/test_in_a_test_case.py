"""The testing kit inside Django's TestCase, whose transaction the code under test must not notice."""

from __future__ import annotations

from typing import Any

import celery
import pytest
from django.core import mail
from django.db import DatabaseError, transaction

from apps.users.models import User
from hardy.testing import NotIdempotent, open_jobs


@pytest.fixture
def task_of():
    """A function that registers a task for one test."""
    app = celery.current_app
    made: list[str] = []

    def make(body: Any, **options: Any) -> Any:
        made.append(f"testing.{body.__name__}")
        return app.task(name=made[-1], shared=False, **options)(body)

    yield make
    for name in made:
        app.tasks.pop(name, None)


def new_user(email: str) -> User:
    return User.objects.create_user(email)


pytestmark = pytest.mark.django_db


def test_what_waits_for_the_commit_has_been_committed(hardy_jobs, task_of):
    greet = task_of(lambda_named("greet", lambda user: None))
    with transaction.atomic():
        user = new_user("ann@example.com")
        transaction.on_commit(lambda: greet.delay(user.pk))

    hardy_jobs.assert_enqueued(greet, args=[user.pk])
    hardy_jobs.drain()


def lambda_named(name: str, body: Any) -> Any:
    body.__name__ = name
    return body


def test_a_rollback_leaves_no_job(hardy_jobs, task_of):
    greet = task_of(lambda_named("greet", lambda: None))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        greet.delay()
        transaction.on_commit(greet.delay)
        raise ZeroDivisionError

    hardy_jobs.refute_enqueued()


def test_draining_inside_a_block_is_refused(hardy_jobs):
    with (
        transaction.atomic(),
        pytest.raises(AssertionError, match=r"drain\(\) was called inside transaction"),
    ):
        hardy_jobs.drain()


def test_an_error_in_a_task_undoes_what_its_transaction_wrote_and_no_more(hardy_jobs, task_of):
    def doubled() -> None:
        new_user("first@example.com")
        User.objects.create(email="first@example.com")

    task = task_of(doubled)
    task.delay()
    task.delay()
    drained = hardy_jobs.drain(raising=False)

    assert [run.error.__class__.__name__ for run in drained] == ["IntegrityError", "IntegrityError"]
    assert User.objects.count() == 1


def test_a_task_may_go_on_after_a_statement_that_failed(hardy_jobs, task_of):
    def goes_on() -> None:
        for _ in range(2):
            try:
                User.objects.create(email="once@example.com")
            except DatabaseError:
                new_user("instead@example.com")

    task_of(goes_on).delay()
    hardy_jobs.drain()

    assert User.objects.count() == 2


def test_settings_that_run_tasks_at_once_are_back_afterwards(hardy_jobs):
    conf = celery.current_app.conf

    assert conf.task_always_eager is False
    with open_jobs():
        assert conf.task_always_eager is False
    assert conf.task_always_eager is False


def test_the_suite_itself_is_eager(db):
    conf = celery.current_app.conf

    assert (conf.task_always_eager, conf.task_eager_propagates, conf.broker_transport) == (True, True, None)


# Proofs


def test_a_task_that_looks_first_may_run_twice_and_die_anywhere(hardy_jobs, task_of):
    def careful(email: str) -> None:
        user, _ = User.objects.get_or_create(email=email)
        User.objects.filter(pk=user.pk).update(full_name="Ann")

    task = task_of(careful)

    hardy_jobs.deliver_twice(task, ["ann@example.com"])
    assert hardy_jobs.kill_in(task, ["ann@example.com"]) == 2
    assert not User.objects.exists()
    hardy_jobs.refute_enqueued()


def test_a_task_that_adds_is_found_out(hardy_jobs, task_of):
    def careless() -> None:
        User.objects.create(email=f"{User.objects.count()}@example.com", full_name="Ann")

    task = task_of(careless)

    with pytest.raises(NotIdempotent, match=r"Run twice(.|\n)*\+ users.User: .*1@example.com"):
        hardy_jobs.deliver_twice(task)


def test_a_task_that_forgets_after_a_death_is_found_out(hardy_jobs, task_of):
    def half() -> None:
        _, created = User.objects.get_or_create(email="ann@example.com")
        if created:
            User.objects.update(full_name="Ann")

    task = task_of(half)

    hardy_jobs.deliver_twice(task)
    with pytest.raises(NotIdempotent, match="Killed before its write number 2"):
        hardy_jobs.kill_in(task)


def test_an_atomic_task_needs_no_care(hardy_jobs, task_of):
    def half() -> None:
        _, created = User.objects.get_or_create(email="ann@example.com")
        if created:
            User.objects.update(full_name="Ann")

    task = task_of(half, atomic=True)

    hardy_jobs.deliver_twice(task)
    assert hardy_jobs.kill_in(task) == 2


def test_a_mail_that_goes_out_twice_is_found_out_unless_it_may(hardy_jobs, task_of):
    def mails() -> None:
        mail.send_mail("Hello", "there", None, ["ann@example.com"])

    task = task_of(mails)

    with pytest.raises(NotIdempotent, match="mail: Hello"):
        hardy_jobs.deliver_twice(task)
    hardy_jobs.deliver_twice(task, ignore={"mail"})
    assert mail.outbox == []
