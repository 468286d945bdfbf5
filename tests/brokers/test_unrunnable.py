"""A message whose arguments do not fit the task's signature in one release waits for a worker of the other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.depot import Depot, hardy
from tests.brokers.kinds import RABBITMQ, REDIS, SQLITE
from tests.waiting import until

PATIENT, HASTY = hardy(UNKNOWN_TASK_GRACE=20), hardy(UNKNOWN_TASK_GRACE=1)


@pytest.fixture(params=[SQLITE, REDIS, RABBITMQ])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_mismatch_waits_and_runs_when_a_worker_that_it_fits_comes(plant: Depot) -> None:
    old = release(plant, "before", PATIENT)
    job = send(plant, "plant.grown", "grown", "after")
    plant.wait_until_over(send(plant, "plant.grown", "small"))
    old.wait_for("does not fit the task's signature in this worker", times=2)
    assert plant.result(job)[0] == "PENDING"
    old.kill()

    release(plant, "after", PATIENT)

    plant.wait_until_over(job, seconds=40)
    assert [effect["detail"] for effect in plant.effects("grown", job)] == ["after"]
    assert plant.outcomes(job) == ["succeeded"]
    assert plant.runs(job)[0]["attempt"] == 1
    assert plant.letter(job) is None


def test_a_mismatch_for_which_no_worker_comes_is_a_dead_letter_with_a_reason_of_its_own(plant: Depot) -> None:
    worker = release(plant, "before", HASTY)

    job = send(plant, "plant.grown", "grown", "after")

    until(lambda: plant.letter(job), otherwise="no dead letter")
    letter = plant.letter(job)
    assert (letter["reason"], letter["error_type"], letter["attempts"]) == ("mismatch", "TypeError", 0)
    assert '"after"' in json.loads(letter["message"])["body"]
    assert plant.result(job)[0] == "FAILURE"
    assert plant.jobs() == plant.count("grown") == 0
    assert "it is offered again" in worker.log


def test_work_of_the_future_has_its_whole_patience_once_it_is_due(plant: Depot) -> None:
    """It was asked for longer ago than the patience lasts."""
    release(plant, "before", hardy(UNKNOWN_TASK_GRACE=8))
    job = send(plant, "plant.grown", "grown", "after", countdown=3600)
    plant.run(
        "from datetime import timedelta\nfrom django.db.models import F\n"
        "back = timedelta(hours=1)\n"
        "ledger.Job.objects.filter(id=job).update(enqueued_at=F('enqueued_at') - back, due_at=F('due_at') - back)",
        job=job,
    )

    until(lambda: "is offered again" in dict(plant.logs())["before"], otherwise="it was not put back")

    assert plant.letter(job) is None


def test_a_type_error_of_the_body_fails_the_task_at_once(plant: Depot) -> None:
    release(plant, "before", PATIENT)

    sour = send(plant, "plant.sour", "sour")
    untyped = send(plant, "plant.untyped", "too", "many")

    plant.wait_until_over(sour, untyped)
    assert plant.letter(sour)["reason"] == plant.letter(untyped)["reason"] == "failed"
    assert plant.count("sour") == 1


def release(plant: Depot, which: str, patience: str) -> Any:
    """A worker of a release."""
    settings = {**json.loads(plant.environment["DEPOT_SETTINGS"]), "CELERY_IMPORTS": [f"plant.{which}"]}
    return plant.worker(name=which, DEPOT_SETTINGS=json.dumps(settings), DEPOT_HARDY=patience)


def send(plant: Depot, task: str, *args: Any, **options: Any) -> str:
    source = "app.send_task(task, args, **options).id"
    return str(plant.run(source, task=task, args=args, options=options))
