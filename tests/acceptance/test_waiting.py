"""What is not due waits in the ledger, and what is due comes in its order."""

from __future__ import annotations

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import everywhere

IN_THE_FUTURE = """
from datetime import datetime, timedelta, timezone
tasks.record.apply_async([name], eta=datetime.now(zone) + timedelta(seconds=2)).id
"""


@everywhere
def test_a_countdown_an_eta_and_a_retry_delay_wait_in_the_ledger_and_run_when_due(depot: Depot) -> None:
    depot.worker("--concurrency=1")
    countdown = depot.send("record", "countdown", countdown=2)
    eta = depot.run(IN_THE_FUTURE.replace("zone)", "timezone(timedelta(hours=5)))"), name="eta")
    retried = depot.send("retry", "retried", 1, 2)
    depot.wait_for_effect("begun", retried)

    for job in (countdown, eta):
        row = depot.job(job)
        assert row is not None and (row["state"], row["worker"]) == ("held", "")
    depot.wait_until_over(countdown, eta, retried)

    for job in (countdown, eta, retried):
        run = depot.runs(job)[-1]
        assert run["outcome"] == "succeeded" and run["started_at"] >= run["due_at"]
    assert depot.outcomes(retried) == ["retried", "succeeded"]
    assert depot.run(
        "((r := ledger.Run.objects.get(job=job)).due_at - r.enqueued_at).total_seconds() >= 1.9",
        job=eta,
    )


def test_a_retry_delay_is_held_by_the_ledger_and_by_no_worker(depot: Depot) -> None:
    depot.worker("--concurrency=1")

    job = depot.send("retry", "never", 1, 600)
    depot.wait_for_effect("begun", job)
    depot.wait_until_over(depot.send("record", "after the retry"))

    row = depot.job(job)
    assert row is not None and (row["state"], row["worker"], row["attempts"]) == ("held", "", 1)
    assert depot.result(job)[0] == "RETRY"
    held = depot.run(
        "i = app.control.inspect(['one@depot'], timeout=10); [i.scheduled(), i.reserved(), i.active()]"
    )
    assert held == [{"one@depot": []}] * 3


@everywhere
def test_urgent_tasks_come_first_and_equal_ones_in_the_order_of_asking(depot: Depot) -> None:
    sent = [("low", 1), ("middle", 5), ("high 1", 9), ("none", None), ("high 2", 9)]
    for name, priority in sent:
        depot.send("record", name, priority=priority)

    depot.worker("--concurrency=1")
    depot.wait_until_empty()

    done = depot.run("list(models.Effect.objects.order_by('id').values_list('name', flat=True))")
    assert done == ["high 1", "high 2", "middle", "low", "none"]


@everywhere
def test_a_lone_task_does_not_wait_for_a_long_queue_that_the_worker_reads_too(depot: Depot) -> None:
    depot.run("for n in range(60): tasks.record.apply_async([f'a{n}'], queue='a')")
    depot.send("record", "b", queue="b")
    depot.send("record", "c", queue="c")

    depot.worker("--concurrency=1", "-Q", "a,b,c")
    depot.wait_until_empty()

    done = depot.run("list(models.Effect.objects.order_by('id').values_list('name', flat=True))")
    assert {"b", "c"} <= set(done[:4])
    assert [name for name in done if name not in ("b", "c")] == [f"a{number}" for number in range(60)]


def test_a_worker_takes_only_from_the_queues_it_is_told(depot: Depot) -> None:
    depot.worker("-Q", "high")
    low = depot.send("record", "low", queue="low")
    high = depot.send("record", "high", queue="high")

    depot.wait_until_over(high)

    row = depot.job(low)
    assert row is not None and row["state"] == "queued"
    depot.worker("-Q", "low,other", name="two")
    depot.wait_until_over(low)
    assert depot.runs(low)[0]["worker"].startswith("two@")
