"""A rate limit holds back its own tasks and no others: what must wait waits in the ledger."""

from __future__ import annotations

import signal
from datetime import datetime
from itertools import pairwise

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import everywhere
from tests.waiting import until

SEND = "[tasks.{task}.apply_async([f'{prefix} {{n}}'], priority={priority}).id for n in range({times})]"


def send(depot: Depot, task: str, times: int, *, prefix: str = "limited", priority: int = 0) -> list[str]:
    ids: list[str] = depot.run(SEND.format(task=task, prefix=prefix, times=times, priority=priority))
    return ids


def names(depot: Depot, prefix: str) -> list[str]:
    source = "list(models.Effect.objects.filter(name__startswith=prefix).order_by('id').values_list('name', flat=True))"
    return list(depot.run(source, prefix=prefix))


@everywhere
def test_a_hundred_limited_tasks_keep_no_other_from_starting(depot: Depot) -> None:
    limited = send(depot, "hardly_ever", 100)
    depot.send("record", "unlimited")

    worker = depot.worker("--concurrency=1")
    depot.wait_for_effect("unlimited")

    assert depot.count("unlimited") == 1
    assert len(names(depot, "limited")) == 1
    until(
        lambda: depot.jobs(id__in=limited, state="held", worker="") == 99,
        otherwise="limited tasks are with the worker",
    )
    worker.signal(signal.SIGTERM)
    assert worker.exit_code() == 0
    # At once there for others, and none of them has begun.
    now = "ledger.Job.objects.filter(id__in=ids, due_at__lte=seconds_from_now(0), attempts=0).count()"
    assert depot.run(f"from hardy.db.clock import seconds_from_now\n{now}", ids=limited) == 99


@everywhere
def test_limited_tasks_all_run_once_in_their_order_and_no_more_often_than_their_limit_says(
    depot: Depot,
) -> None:
    limited = send(depot, "seldom", 8)
    depot.worker("--concurrency=2")
    depot.wait_for_effect("limited 0")
    urgent = send(depot, "seldom", 1, prefix="urgent", priority=9)

    depot.wait_until_over(*limited, *urgent)

    done = names(depot, "")
    assert sorted(done) == sorted([*(f"limited {number}" for number in range(8)), "urgent 0"])
    assert [name for name in done if name != "urgent 0"] == [f"limited {number}" for number in range(8)]
    assert done.index("urgent 0") < 6
    started = sorted(datetime.fromisoformat(depot.runs(job)[0]["started_at"]) for job in [*limited, *urgent])
    # A worker's bucket decides when a task is handed on; how long that takes is the machine's business.
    assert (started[-1] - started[0]).total_seconds() > 8 / 2 - 1
    assert sum((b - a).total_seconds() < 0.1 for a, b in pairwise(started)) < 3
    assert all(depot.outcomes(job) == ["succeeded"] for job in limited)


def test_a_new_limit_holds_at_once_for_what_waits(depot: Depot) -> None:
    limited = send(depot, "hardly_ever", 30)
    depot.worker("--concurrency=1")
    until(lambda: depot.jobs(state="held") == 29, otherwise="nothing waits")

    depot.run("app.control.rate_limit('depot.hardly_ever', None)")

    depot.wait_until_over(*limited)
    assert len(names(depot, "limited")) == 30


def test_a_second_worker_has_a_limit_of_its_own(depot: Depot) -> None:
    send(depot, "hardly_ever", 3)
    one = depot.worker("--concurrency=1", name="one")
    until(lambda: depot.jobs(state="held") == 2, otherwise="nothing waits")

    one.signal_all(signal.SIGSTOP)  # or it would be the quicker one
    depot.worker("--concurrency=1", name="two")
    (job,) = send(depot, "hardly_ever", 1, prefix="for two")

    depot.wait_until_over(job)
    one.signal_all(signal.SIGCONT)
    assert depot.runs(job)[0]["worker"].startswith("two@")


def test_killed_with_its_worker_what_waits_runs_elsewhere(depot: Depot) -> None:
    limited = send(depot, "seldom", 6)
    one = depot.worker("--concurrency=1", name="one")
    until(lambda: depot.jobs(state="held") >= 3, otherwise="nothing waits")
    one.kill()

    depot.worker("--concurrency=1", name="two")

    depot.wait_until_over(*limited, seconds=60)
    assert sorted(names(depot, "limited")) == sorted(f"limited {number}" for number in range(6))
