"""A router that reads from a replica, which lags: what hardy wrote it reads where it wrote it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from celery import chain, chord, group
from django.core.management import call_command
from django_celery_results.models import TaskResult

from hardy.ledger.models import DeadLetter, Job
from tests.contracts.databases import ALIAS, APPS
from tests.contracts.draining import drain
from tests.contracts.replicas import REPLICA, ROUTER, replica


@pytest.fixture
def shop(app: Any, tmp_path: Path, settings: Any) -> Any:
    """The app, with two tasks, behind such a router."""
    with replica(tmp_path):
        for name in APPS:
            call_command("migrate", name, database=REPLICA, verbosity=0)
        settings.DATABASE_ROUTERS = [ROUTER]
        for task in (double, total, fail):
            app.task(name=f"shop.{task.__name__}", shared=False)(task)
        yield app


def double(number: int) -> int:
    return number * 2


def total(numbers: list[int]) -> int:
    return sum(numbers)


def fail() -> None:
    raise ValueError("odd")


def state(sent: Any) -> tuple[str, Any]:
    row = TaskResult.objects.using(ALIAS).get(task_id=sent.id)
    return row.status, row.result


def test_the_body_of_a_chord_is_sent(shop):
    part, body = shop.tasks["shop.double"], shop.tasks["shop.total"]

    sent = chord([part.s(number) for number in range(4)], body.s()).delay()
    drain(shop)

    assert state(sent) == ("SUCCESS", "12")
    assert not TaskResult.objects.using(REPLICA).exists()


def test_chains_and_groups_and_their_results_are_read_where_they_were_written(shop):
    part = shop.tasks["shop.double"]

    chained = chain(part.s(1), part.s(), part.s()).delay()
    grouped = group(part.s(number) for number in range(3)).delay()
    grouped.save()
    drain(shop)

    assert chained.get(timeout=5) == 8
    assert grouped.get(timeout=5) == [0, 2, 4]
    assert shop.GroupResult.restore(grouped.id).ready()


def test_what_died_is_in_the_ledger_and_nothing_is_left(shop):
    failed = shop.tasks["shop.fail"].delay()
    drain(shop)

    assert failed.state == "FAILURE"
    assert DeadLetter.objects.using(ALIAS).get().job == failed.id
    assert not Job.objects.using(ALIAS).exists()
