"""Whatever happens in whatever order: no job is lost, none has two live attempts, each ends once.

Hypothesis draws the order; the ledger's own functions do the work, on a real database and Kombu's broker in memory.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

import hardy
from hardy.attempt import Attempt
from hardy.broker import relay
from hardy.db.clock import seconds_from_now
from hardy.ledger import cancellation, recovery, reserve
from hardy.ledger.claim import claim
from hardy.ledger.delivery import Publishable
from hardy.ledger.enqueue import enqueue
from hardy.ledger.finish import End, finish, put_back
from hardy.ledger.message import LEDGER_HEADER
from hardy.ledger.models import DeadLetter, Job, Run, Worker
from hardy.worker import reclaim
from tests.contracts.databases import ALIAS, empty
from tests.contracts.rows import SUCCEEDED, holder, job_message

WORKERS = ("one", "two")
FINAL = ("succeeded", "cancelled")

some = st.integers(min_value=0, max_value=10**6)


class Rollback(Exception):
    pass


class Ledger(RuleBasedStateMachine):
    """What may happen to jobs, in any order; the fields are what an onlooker knows."""

    def __init__(self, app: hardy.Celery) -> None:
        super().__init__()
        self.app = app
        self.queue = f"model-{uuid.uuid4().hex}"
        self.committed: set[str] = set()
        self.rolled_back: set[str] = set()
        self.untold: list[Publishable] = []
        self.unmarked: list[Publishable] = []
        self.deliveries: list[tuple[str, dict[str, Any]]] = []
        self.live: dict[str, Attempt] = {}
        self.stale: list[Attempt] = []

    @initialize(enqueued=st.integers(min_value=3, max_value=5), marked=st.booleans())
    def begin(self, enqueued: int, marked: bool) -> None:
        """A few jobs are there from the start, two of them at work: what is rare happens to them sooner."""
        empty()
        for _ in range(enqueued):
            self.send(delay=1e-6, commits=True)
        self.publish()
        if marked:
            self.mark()
        for worker in WORKERS:
            self.deliver_and_claim(worker)

    # asking

    @rule(delay=st.sampled_from([1e-6, 1e-6, 60.0]), commits=st.sampled_from([True, True, False]))
    def send(self, delay: float, commits: bool) -> None:
        job = f"job-{len(self.committed | self.rolled_back):03}"
        asked = job_message(job, queue=self.queue)
        try:
            with transaction.atomic(using=ALIAS):
                enqueue(asked, delay=delay)
                if not commits:
                    raise Rollback
        except Rollback:
            self.rolled_back.add(job)
            return
        self.committed.add(job)
        if delay < 1:
            self.untold.append(Publishable(job, self.queue, asked.text))

    @precondition(lambda self: self.untold)
    @rule()
    def publish(self) -> None:
        """The process that asked tells the broker; it may be killed before it marks what it told."""
        told, self.untold = self.untold, []
        with self.app.connection_for_write() as connection:
            relay.publish_batch(self.app, connection, told)
        self.unmarked += told

    @precondition(lambda self: self.unmarked)
    @rule()
    def mark(self) -> None:
        told, self.unmarked = self.unmarked, []
        relay.mark_published(told)

    @precondition(lambda self: self.untold or self.unmarked)
    @rule()
    def kill_the_sender(self) -> None:
        self.untold, self.unmarked = [], []

    # the broker

    @rule()
    def relay(self) -> None:
        jobs().update(enqueued_at=seconds_from_now(-60))
        relay.relay(self.app)

    @rule()
    def reconcile(self) -> None:
        jobs().exclude(published_at=None).update(published_at=seconds_from_now(-60))
        relay.find_lost(self.app)

    @rule()
    def wipe_the_broker(self) -> None:
        """It has lost all that it was told of."""
        with self.app.connection_for_write() as connection:
            connection.default_channel.queue_purge(self.queue)

    @rule(twice=st.booleans())
    def deliver(self, twice: bool) -> None:
        message = self.fetch()
        if message is not None:
            self.deliveries += [message] * (2 if twice else 1)

    @rule(worker=st.sampled_from(WORKERS))
    def deliver_and_claim(self, worker: str) -> None:
        """What mostly happens."""
        message = self.fetch()
        if message is not None:
            self.deliveries.insert(0, message)
            self.claim(0, worker)

    @rule(worker=st.sampled_from(WORKERS), dies=st.booleans())
    def take_over(self, worker: str, dies: bool) -> None:
        """A worker takes what was lost past the broker, and may die with it before it starts."""
        rows = reclaim.take(worker, [self.queue], 2)
        if dies:
            assert reserve.release(worker) >= len(rows)
            return
        for row in rows:
            self.deliveries.insert(0, (row.id, {"token": row.token, "attempts": row.attempts}))
            self.claim(0, worker)

    @precondition(lambda self: self.live)
    @rule(which=some, wakes_up=st.sampled_from(["end", "hold", "lose", "no"]))
    def kill_a_child_and_start_again(self, which: int, wakes_up: str) -> None:
        """A stale attempt beside a live one of the same job, on the same worker: only tokens tell them apart."""
        worker = self.live[sorted(self.live)[which % len(self.live)]].worker
        self.kill_a_child(which)
        self.let_time_pass()
        self.relay()
        while (message := self.fetch()) is not None:
            self.deliveries.insert(0, message)
            self.claim(0, worker)
        if wakes_up != "no":
            self.wake_up_after_the_burial(len(self.stale) - 1, wakes_up)

    # attempts

    @precondition(lambda self: self.deliveries)
    @rule(which=some, worker=st.sampled_from(WORKERS))
    def claim(self, which: int, worker: str) -> None:
        job, stamp = self.deliveries.pop(which % len(self.deliveries))
        Worker.objects.using(ALIAS).update_or_create(
            id=worker, defaults={"kind": "worker", "name": worker, "pid": 1, **alive()}
        )
        attempt = claim(job, "model.task", worker, token=stamp["token"], attempts=stamp["attempts"])
        if attempt is None:
            return
        assert job in self.committed
        assert job not in self.live, "two live attempts"
        assert not has_ended(job), "claimed after its end"
        self.live[job] = attempt

    @precondition(lambda self: self.live)
    @rule(which=some)
    def finish(self, which: int) -> None:
        attempt = self.take(which)
        assert finish(holder(attempt), SUCCEEDED), "a live attempt was refused"

    @precondition(lambda self: self.stale)
    @rule(which=some, how=st.sampled_from(["end", "hold", "lose"]))
    def wake_up_after_the_burial(self, which: int, how: str) -> None:
        stale = holder(self.stale[which % len(self.stale)])
        if how == "lose":
            assert recovery.rescue(stale) == recovery.Rescue.GONE
        else:
            recorded = (
                finish(stale, SUCCEEDED) if how == "end" else put_back(stale, End("retried"), None, 1.0)
            )
            assert not recorded, "a stale attempt was recorded"

    @precondition(lambda self: self.live)
    @rule(which=some, outcome=st.sampled_from(["retried", "snoozed"]), delay=st.sampled_from([0.0, 60.0]))
    def come_back(self, which: int, outcome: str, delay: float) -> None:
        ending = End(outcome, counts=outcome == "retried")
        assert put_back(holder(self.take(which)), ending, None, delay)

    @precondition(lambda self: self.live)
    @rule(which=some)
    def kill_a_child(self, which: int) -> None:
        attempt = self.take(which)
        assert recovery.rescue(holder(attempt)) != recovery.Rescue.GONE
        self.stale.append(attempt)

    @precondition(lambda self: self.live)
    @rule(worker=st.sampled_from(WORKERS), deliveries_die=st.booleans())
    def silence_a_worker(self, worker: str, deliveries_die: bool) -> None:
        """It is killed, or only stopped: then what it holds comes back to life later."""
        Worker.objects.using(ALIAS).filter(id=worker).update(seen_at=seconds_from_now(-3600))
        recovery.reap_silent_workers()
        buried = [job for job, attempt in self.live.items() if attempt.worker == worker]
        self.stale += [self.live.pop(job) for job in buried]
        if deliveries_die:
            self.deliveries.clear()

    # steering, and time

    @precondition(lambda self: self.committed)
    @rule(which=some)
    def cancel(self, which: int) -> None:
        cancellation.cancel([self.choose(which)])

    @precondition(lambda self: self.committed)
    @rule(which=some, delay=st.sampled_from([0.0, 60.0]))
    def reschedule(self, which: int, delay: float) -> None:
        cancellation.reschedule(self.choose(which), delay)

    @rule()
    def let_time_pass(self) -> None:
        jobs().filter(state="held").update(due_at=seconds_from_now(-60))

    # what always holds

    @invariant()
    def nothing_is_lost_and_all_ends_once(self) -> None:
        waiting = set(jobs().values_list("id", flat=True))
        ends = endings()
        assert not self.rolled_back & (waiting | set(ends))
        for job in self.committed:
            assert (job in waiting) + ends.get(job, 0) == 1, f"{job} is lost, or ended more than once"

    @invariant()
    def a_live_attempt_holds_its_row(self) -> None:
        running = dict(jobs().filter(state="running").values_list("id", "token"))
        assert running == {job: attempt.token for job, attempt in self.live.items()}

    @invariant()
    def nothing_starts_before_its_time(self) -> None:
        assert not jobs().filter(state__in=("queued", "running"), due_at__gt=seconds_from_now(1)).exists()

    def teardown(self) -> None:
        """In the end everything ends."""
        for _ in range(20):
            while self.live:
                self.finish(0)
            self.let_time_pass()
            self.relay()
            self.reconcile()
            while (message := self.fetch()) is not None:
                self.deliveries.append(message)
            while self.deliveries:
                self.claim(0, WORKERS[0])
        assert not jobs().exists(), "a job never ends"
        assert set(endings()) == self.committed

    # what the rules share

    def choose(self, which: int) -> str:
        """One of the jobs, more often one that is not over."""
        candidates = sorted(self.committed) + 2 * list(jobs().values_list("id", flat=True).order_by("id"))
        return candidates[which % len(candidates)]

    def take(self, which: int) -> Attempt:
        return self.live.pop(sorted(self.live)[which % len(self.live)])

    def fetch(self) -> tuple[str, dict[str, Any]] | None:
        with self.app.connection_for_read() as connection:
            self.app.amqp.queues[self.queue](connection.default_channel).declare()
            message = connection.default_channel.basic_get(self.queue, no_ack=True)
            return message and (message.headers["id"], message.headers[LEDGER_HEADER])


def jobs() -> Any:
    return Job.objects.using(ALIAS)


def alive() -> dict[str, Any]:
    return {"started_at": seconds_from_now(0), "seen_at": seconds_from_now(0)}


def endings() -> dict[str, int]:
    """How often each job has ended: in a run that is the last, or as a dead letter."""
    ended: list[str] = list(Run.objects.using(ALIAS).filter(outcome__in=FINAL).values_list("job", flat=True))
    ended += DeadLetter.objects.using(ALIAS).values_list("job", flat=True)
    return {job: ended.count(job) for job in ended}


def has_ended(job: str) -> bool:
    return job in endings()
