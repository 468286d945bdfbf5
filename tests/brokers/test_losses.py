"""What the broker lost is found; what it merely has not delivered yet is left alone."""

from __future__ import annotations

import pytest
from kombu import Connection

from tests.acceptance.depot import Depot
from tests.brokers.kinds import RABBITMQ
from tests.waiting import until

TOLD_AGAIN = "were published again"


def test_rows_that_the_broker_lost_are_found_and_run_within_30_seconds(plant: Depot) -> None:
    plant.run("for n in range(50): tasks.record.delay(f'task {n}')")
    until(lambda: plant.broker.waiting(plant.queue) == 50, otherwise="the broker was not told")
    until(lambda: plant.jobs(state="queued") == 50, otherwise="the rows were not marked")

    plant.broker.lose(plant.queue)
    worker = plant.worker()

    plant.wait_until_empty(seconds=30)
    assert names(plant) == sorted(f"task {number}" for number in range(50))
    assert TOLD_AGAIN in worker.log


def test_a_queue_that_is_merely_long_is_not_told_again(plant: Depot) -> None:
    path = plant.folder / "go"
    worker = plant.worker("--concurrency=1")
    blocking = plant.send("wait_for", str(path), "blocking")
    plant.wait_for_effect("begun", blocking)
    plant.run("for n in range(200): tasks.record.delay(f'task {n}')")
    until(lambda: plant.jobs(state="queued") == 200, otherwise="the rows were not marked")
    in_the_broker = plant.broker.waiting(plant.queue)
    age(plant, seconds=60)

    # One message may be with the worker already, and be told a second time; then both counts agree for good.
    looked = "from hardy.broker.relay import find_lost\n[find_lost(app) for look in range(5)]"
    told_again = plant.run(looked)
    age(plant, seconds=60)
    told_later = plant.run(looked)
    path.touch()

    plant.wait_until_empty()
    assert sum(told_again) <= 200 - in_the_broker <= 1
    assert sum(told_later) == 0
    assert sorted(name for name in names(plant) if name.startswith("task")) == sorted(
        f"task {n}" for n in range(200)
    )
    assert not worker.has_ended


@pytest.mark.parametrize("kind", [RABBITMQ], indirect=True)
def test_a_queue_that_the_broker_refuses_holds_up_no_other(plant: Depot) -> None:
    refused = f"{plant.queue}.refused"
    with Connection(plant.broker.url) as connection:  # as something else declared it, with other arguments
        connection.default_channel.queue_declare(
            refused, durable=True, auto_delete=False, arguments={"x-max-length": 9}
        )
    worker = plant.worker()

    job = plant.send("record", "refused", queue=refused)
    others = [plant.send("record", f"other {number}") for number in range(10)]

    plant.wait_until_over(*others)
    worker.wait_for(f"The broker refuses queue {refused}")
    plant.wait_until_over(plant.send("record", "one more"))
    assert plant.job(job)["state"] == "held"


def age(plant: Depot, *, seconds: float) -> None:
    """Let the rows be older than they are."""
    plant.run(
        "from datetime import timedelta\nfrom django.db.models import F\n"
        "back = timedelta(seconds=seconds)\n"
        "earlier = {'published_at': F('published_at') - back, 'enqueued_at': F('enqueued_at') - back}\n"
        "ledger.Job.objects.filter(state='queued').update(**earlier)",
        seconds=seconds,
    )


def names(plant: Depot) -> list[str]:
    return sorted(plant.run("list(models.Effect.objects.values_list('name', flat=True))"))
