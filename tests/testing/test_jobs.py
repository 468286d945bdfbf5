"""The testing kit on each database: what waits, and what draining does, through the seams of a worker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest.mock import ANY

import pytest
from celery import chain, chord, group
from celery.exceptions import SoftTimeLimitExceeded

from hardy import Snooze, current_attempt
from hardy.ledger.models import DeadLetter, Run


@pytest.fixture
def said() -> list[Any]:
    return []


@pytest.fixture
def say(app, said):
    @app.task(name="say")
    def say(*words: Any, **more: Any) -> Any:
        said.append(words if len(words) != 1 else words[0])
        return words[-1] if words else None

    return say


# What waits


def test_what_was_sent_waits_with_its_arguments_queue_and_time(jobs, say):
    say.apply_async([1, Decimal("2.5")], {"slow": True}, queue="mail", countdown=300)

    job = jobs.assert_enqueued(
        say, args=(1, Decimal("2.5")), kwargs={"slow": True}, queue="mail", after=timedelta(minutes=5)
    )
    assert (job.task, job.state) == ("say", "held")
    jobs.assert_enqueued("say", args=(ANY, ANY), count=1)
    jobs.refute_enqueued(say, args=(2, ANY))
    jobs.refute_enqueued(say, queue="celery")
    jobs.refute_enqueued(say, after=timedelta(minutes=6))


def test_an_eta_is_a_time(jobs, say):
    tomorrow = jobs.freeze() + timedelta(days=1)

    say.apply_async(["x"], eta=tomorrow)

    jobs.assert_enqueued(say, after=tomorrow)
    jobs.assert_enqueued(say, after=timedelta(days=1))


def test_what_is_missed_is_told_beside_what_waits(jobs, say):
    say.delay(8, loud=True)

    with pytest.raises(AssertionError) as caught:
        jobs.assert_enqueued(say, args=(7,))

    assert str(caught.value) == (
        "No job of say with args (7,) waits. 1 waiting:\n  say(8, loud=True) in queue celery"
    )
    with pytest.raises(AssertionError, match="A job of any task waits, and none was expected"):
        jobs.refute_enqueued()
    with pytest.raises(AssertionError, match="1 job of say waits; 2 expected"):
        jobs.assert_enqueued(say, count=2)


# Draining


def test_draining_runs_what_is_due_and_leaves_what_is_not(jobs, say, said):
    say.delay("now")
    say.apply_async(["later"], countdown=60)

    drained = jobs.drain()

    assert (said, [str(run) for run in drained]) == (["now"], ["say('now') succeeded"])
    jobs.assert_enqueued(say, args=["later"])


def test_a_moved_clock_makes_it_due(jobs, say, said):
    jobs.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    say.apply_async(["later"], countdown=60)

    jobs.advance(seconds=59)
    jobs.drain()
    assert said == []
    jobs.advance(seconds=1)
    jobs.drain()

    assert said == ["later"]


def test_draining_later_goes_from_moment_to_moment(jobs, app, said):
    @app.task(name="tell")
    def tell(what: str) -> None:
        said.append((what, jobs.now()))

    start = jobs.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    tell.apply_async(["second"], countdown=7200)
    tell.apply_async(["first"], countdown=60)
    jobs.drain(later=True)

    assert said == [("first", start + timedelta(minutes=1)), ("second", start + timedelta(hours=2))]


def test_the_most_urgent_goes_first(jobs, say, said):
    say.apply_async(["late"], priority=0)
    say.apply_async(["soon"], priority=9)

    jobs.drain()

    assert said == ["soon", "late"]


def test_a_retry_is_waited_for(jobs, app):
    @app.task(bind=True, name="again", max_retries=3, default_retry_delay=600)
    def again(self: Any) -> int:
        if self.request.retries < 2:
            raise self.retry(exc=ConnectionError("away"))
        return current_attempt().number

    start = jobs.freeze()
    again.delay()
    drained = jobs.drain()

    assert [run.outcome for run in drained] == ["retried", "retried", "succeeded"]
    assert jobs.now() - start >= timedelta(minutes=20)
    assert Run.objects.get(outcome="succeeded").result == "3"


def test_a_retry_can_be_left_waiting(jobs, app):
    @app.task(bind=True, name="again", max_retries=3, default_retry_delay=600)
    def again(self: Any) -> None:
        raise self.retry(exc=ConnectionError("away"))

    again.delay()

    assert len(jobs.drain(retries=False)) == 1
    jobs.assert_enqueued(again)


def test_a_snooze_uses_up_no_attempt(jobs, app, said):
    @app.task(name="nap")
    def nap() -> None:
        said.append(current_attempt().number)
        if len(said) < 3:
            raise Snooze(3600)

    nap.delay()
    drained = jobs.drain()

    assert (said, drained.count("snoozed")) == ([1, 1, 1], 2)


def test_what_fails_for_good_is_raised_when_everything_has_run(jobs, app, say, said):
    @app.task(name="broken")
    def broken() -> None:
        raise ValueError("no such order")

    broken.delay()
    say.delay("after")
    with pytest.raises(ValueError, match="no such order") as caught:
        jobs.drain()

    assert said == ["after"]
    assert "raised by broken() failed" in caught.value.__notes__[0]
    assert DeadLetter.objects.get().task == "broken"


def test_a_dead_letter_can_be_what_the_test_is_about(jobs, app):
    @app.task(name="broken")
    def broken() -> None:
        raise ValueError("no such order")

    broken.delay()
    [dead] = jobs.drain(raising=False).dead

    assert (dead.dead, str(dead.error)) == ("failed", "no such order")


def test_a_coroutine_is_awaited_and_an_atomic_task_is_undone(jobs, app, said):
    @app.task(name="waits")
    async def waits() -> str:
        return "waited"

    @app.task(name="atomic", atomic=True, autoretry_for=(KeyError,), max_retries=1)
    def atomic() -> None:
        said.append(1)
        if len(said) < 2:
            raise KeyError("once")

    waits.delay()
    atomic.delay()

    assert [run.outcome for run in jobs.drain()] == ["succeeded", "retried", "succeeded"]


def test_links_errbacks_chains_groups_and_chords_run_to_their_end(jobs, app, say, said):
    @app.task(name="add")
    def add(x: int, y: int) -> int:
        return x + y

    @app.task(name="total")
    def total(parts: list[int]) -> int:
        return sum(parts)

    @app.task(name="fails")
    def fails() -> None:
        raise ValueError("no")

    chain(add.s(1, 2), add.s(3), say.s()).delay()
    group(say.si(n) for n in (10, 11)).delay()
    chord([add.s(1, 1), add.s(2, 2)], total.s() | say.s()).delay()
    add.apply_async([50, 50], link=say.s())
    fails.apply_async(link_error=say.si("failed"))
    jobs.drain(raising=False)

    assert sorted(map(str, said)) == sorted(["6", "10", "11", "6", "100", "failed"])
    jobs.refute_enqueued()


def test_a_task_that_feeds_itself_is_named(jobs, app):
    @app.task(name="forever")
    def forever() -> None:
        forever.delay()

    forever.delay()
    with pytest.raises(AssertionError, match=r"After 20 attempts .* forever\(\) succeeded"):
        jobs.drain(most=20)


def test_a_job_of_no_known_task_is_named(jobs, app):
    app.send_task("nobody.knows")

    with pytest.raises(AssertionError, match="no task of this name is registered"):
        jobs.drain()


def test_an_expired_job_is_not_run(jobs, say, said):
    jobs.freeze()
    say.apply_async(["stale"], expires=60)

    jobs.advance(minutes=2)
    [run] = jobs.drain()

    assert (said, run.outcome) == ([], "cancelled")


# Time limits off the wall clock


def test_time_that_passes_in_a_task_counts_against_its_soft_limit(jobs, app, said):
    @app.task(name="long", soft_time_limit=60, time_limit=90)
    def long() -> None:
        try:
            jobs.advance(seconds=61)
        except SoftTimeLimitExceeded:
            said.append("told")

    long.delay()
    jobs.drain()

    assert said == ["told"]


@pytest.mark.parametrize("atomic", [False, True])
def test_a_task_past_its_hard_limit_is_a_dead_letter(jobs, app, atomic):
    @app.task(name="hangs", soft_time_limit=60, time_limit=90, atomic=atomic)
    def hangs() -> None:
        jobs.advance(seconds=91)

    hangs.delay()
    [run] = jobs.drain(raising=False)

    assert (run.outcome, run.dead) == ("failed", "timed out")
    assert DeadLetter.objects.get().reason == "timed out"
    jobs.refute_enqueued()


# Doubles


def test_a_flaky_task_fails_as_often_as_it_is_told(jobs, app, said):
    @app.task(name="calls", autoretry_for=(ConnectionError,), max_retries=5)
    def calls(n: int) -> None:
        said.append(n)

    calls.delay(7)
    with jobs.flaky(calls, ConnectionError("away"), times=2) as body:
        drained = jobs.drain()

    assert ([run.outcome for run in drained], said) == (["retried", "retried", "succeeded"], [7])
    assert body.call_count == 3
    body.assert_called_with(7)


def test_a_failing_task_fails_until_the_block_ends(jobs, say, said):
    say.delay("x")
    with jobs.failing(say, ValueError("broken")), pytest.raises(ValueError, match="broken"):
        jobs.drain()
    say.delay("y")
    jobs.drain()

    assert said == ["y"]


# The whole of it


def test_a_snapshot_shows_what_caused_what(jobs, app, say):
    @app.task(name="order", bind=True, autoretry_for=(OSError,), max_retries=2)
    def order(self: Any, n: int) -> None:
        if self.request.retries == 0:
            raise OSError("away")
        say.delay("packed", n)
        say.apply_async(["remind", n], countdown=3600)

    order.delay(7)
    jobs.drain()

    assert jobs.snapshot() == (
        "order(7): retried, succeeded\n├─ say('packed', 7): succeeded\n└─ say('remind', 7): waits"
    )


def test_schedules_fire_when_the_clock_moves(jobs, app, say, said):
    app.conf.beat_schedule = {"hourly": {"task": "say", "schedule": timedelta(hours=1), "args": ("tick",)}}
    app.conf.beat_scheduler = "celery.beat:PersistentScheduler"
    jobs.freeze(datetime(2030, 1, 1, tzinfo=UTC))
    say.apply_async(["once"], countdown=5400)

    jobs.run_for(hours=3)

    assert said == ["tick", "once", "tick", "tick"]
