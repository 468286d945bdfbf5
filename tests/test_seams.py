"""The two seams, measured on real Celery: how often each hook is called for every way of sending and every way out.

Rows are run by Celery's own tracer (`tests.contracts.draining`), with no process between the test and the task.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import celery
import pytest
from celery import chain, chord, group, shared_task, signals, states
from celery.app import trace
from celery.exceptions import Ignore, Reject
from django.test import override_settings

import hardy
from hardy.errors import BadOption
from hardy.ledger.models import Job
from hardy.policy import Policy
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain
from tests.contracts.rows import outcomes

#: What has been called since the test began.
calls: Counter[str] = Counter()


class Counting(Policy):
    """A policy that counts what passes through it."""

    options: ClassVar[dict[str, str]] = {"tenant": "whose data the task works on"}

    def around_send(self, call_next, message):
        calls["around_send"] += 1
        return call_next()

    def around_run(self, call_next, execution):
        calls["around_run"] += 1
        try:
            return call_next()
        finally:
            calls["around_run is over"] += 1


class CountingTask(hardy.Task):
    """A base class that counts Celery's own hooks."""

    abstract = True

    def apply_async(self, *args, **options):
        calls["apply_async"] += 1
        return super().apply_async(*args, **options)

    def __call__(self, *args, **kwargs):
        calls["__call__"] += 1
        return super().__call__(*args, **kwargs)

    def before_start(self, *args):
        calls["before_start"] += 1

    def after_return(self, *args):
        calls["after_return"] += 1


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def project(app, settings) -> Iterator[Any]:
    """An app whose policies count, with the counters at zero."""
    settings.HARDY = {**settings.HARDY, "POLICIES": [f"{__name__}.Counting", "hardy.worker.policy.Ledger"]}
    app.Task = app.create_task_cls()
    calls.clear()
    with counted(signals.task_postrun), counted(signals.task_prerun):
        yield app


@contextmanager
def counted(signal: Any) -> Iterator[None]:
    def count(**_: Any) -> None:
        calls[signal.name] += 1

    signal.connect(count, weak=False)
    yield
    signal.disconnect(count)


@pytest.fixture
def add(project):
    @project.task(name="shop.add", base=CountingTask)
    def add(x, y=0):
        calls["body"] += 1
        return x + y

    return add


@pytest.fixture
def total(project):
    @project.task(name="shop.total", base=CountingTask)
    def total(numbers):
        calls["body"] += 1
        return sum(numbers)

    return total


WAYS_IN = {
    # entry point: (how to send, apply_async, send, __call__, before_start, around_run)
    "delay": (lambda add, total, project: add.delay(1, 2), 1, 1, 1, 1, 1),
    "apply_async": (lambda add, total, project: add.apply_async((1, 2)), 1, 1, 1, 1, 1),
    "signature": (lambda add, total, project: add.s(1, 2).apply_async(), 1, 1, 1, 1, 1),
    "send_task": (lambda add, total, project: project.send_task("shop.add", (1, 2)), 0, 1, 1, 1, 1),
    "send_task without id": (
        lambda add, total, project: project.send_task("shop.add", (1, 2), task_id=None),
        *(0, 1, 1, 1, 1),
    ),
    "chain of 2": (lambda add, total, project: chain(add.s(1), add.s(2)).delay(), 2, 2, 2, 2, 2),
    "group of 2": (lambda add, total, project: group(add.s(1), add.s(2)).delay(), 2, 2, 2, 2, 2),
    "chord of 2": (lambda add, total, project: chord([add.s(1), add.s(2)], total.s()).delay(), 3, 3, 3, 3, 3),
    "link": (lambda add, total, project: add.apply_async((1,), link=add.s(5)), 2, 2, 2, 2, 2),
    # map and starmap are one task of Celery's, whose body calls ours: hardy's seam wraps that one body
    "map of 3": (lambda add, total, project: add.map([1, 2, 3]).delay(), 0, 1, 3, 0, 1),
    "starmap of 3": (lambda add, total, project: add.starmap([(1, 2)] * 3).delay(), 0, 1, 3, 0, 1),
    "chunks, 2 of 2": (lambda add, total, project: add.chunks([(1, 2)] * 4, 2).apply_async(), 0, 2, 4, 0, 2),
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_every_way_of_sending_passes_the_policies_once_per_message_and_once_per_run(project, add, total, way):
    send, apply_async, sent, called, before_start, runs = WAYS_IN[way]

    send(add, total, project)
    drain(project)

    assert calls["around_send"] == sent
    assert calls["around_run"] == calls["around_run is over"] == runs
    assert (calls["apply_async"], calls["before_start"]) == (apply_async, before_start)
    assert (calls["__call__"], calls["body"]) == (called, called)
    assert calls["task_postrun"] == runs
    assert not Job.objects.using(ALIAS).exists()


def retrying(self):
    if self.request.retries == 0:
        raise self.retry(countdown=0)


def ignoring(self):
    raise Ignore


def rejecting(self):
    raise Reject("no", requeue=False)


def failing(self):
    raise ValueError("no")


def returning_what_no_serializer_takes(self):
    return object()


def succeeding(self):
    return 1


WAYS_OUT = {
    # body: (runs, after_return, outcomes)
    succeeding: (1, 1, ["succeeded"]),
    failing: (1, 1, ["failed"]),
    returning_what_no_serializer_takes: (1, 1, ["failed"]),
    retrying: (2, 1, ["retried", "succeeded"]),
    ignoring: (1, 0, ["ignored"]),
    rejecting: (1, 0, ["rejected"]),
}


@pytest.mark.parametrize("body", WAYS_OUT, ids=lambda body: body.__name__)
def test_the_policies_are_left_on_every_way_out_also_where_celery_skips_after_return(project, body):
    runs, after_return, ended = WAYS_OUT[body]
    task = project.task(name="shop.leave", base=CountingTask, bind=True)(body)

    asked = task.delay()
    drain(project)

    assert calls["around_run"] == calls["around_run is over"] == runs
    assert (calls["__call__"], calls["task_postrun"]) == (runs, runs)
    assert calls["after_return"] == after_return
    assert outcomes(asked.id) == ended


def test_a_replaced_task_passes_the_policies_for_itself_and_for_its_replacement(project, add):
    @project.task(name="shop.replace", bind=True)
    def replace(self):
        raise self.replace(add.s(1, 2))

    asked = replace.delay()
    drain(project)

    assert (calls["around_send"], calls["around_run"]) == (2, 2)
    assert outcomes(asked.id) == ["replaced", "succeeded"]


def test_a_direct_call_and_a_task_that_calls_itself_are_no_runs_of_their_own(project):
    @project.task(name="shop.count_down", bind=True)
    def count_down(self, n):
        calls["body"] += 1
        return n if n == 0 else self(n - 1)

    assert count_down(3) == 0
    assert (calls["around_run"], calls["body"]) == (0, 4)

    count_down.delay(3)
    drain(project)
    assert (calls["around_run"], calls["body"]) == (1, 8)

    count_down.apply((3,))
    assert (calls["around_run"], calls["body"]) == (2, 12)


def test_the_same_holds_in_a_worker_which_changes_how_celery_calls_tasks(project):
    @project.task(name="shop.count_down", bind=True)
    def count_down(self, n):
        calls["body"] += 1
        return n if n == 0 else self(n - 1)

    trace.setup_worker_optimizations(project, "test@here")
    try:
        asked = count_down.delay(3)
        drain(project)
    finally:
        trace.reset_worker_optimizations(project)

    assert (calls["around_run"], calls["body"]) == (1, 4)
    assert outcomes(asked.id) == ["succeeded"]


def test_a_task_that_calls_another_runs_it_inside_its_own_attempt(project, add):
    @project.task(name="shop.outer")
    def outer():
        return add(1, 2)

    outer.delay()
    drain(project)

    assert (calls["around_run"], calls["body"]) == (1, 1)


# Tasks that know nothing of hardy


def test_a_base_class_that_knows_nothing_of_hardy_gets_the_seams_and_keeps_its_own(project):
    class TheirTask(celery.Task):
        abstract = True

        def __call__(self, *args, **kwargs):
            calls["their __call__"] += 1
            return super().__call__(*args, **kwargs)

    @project.task(name="shop.theirs", base=TheirTask)
    def theirs():
        calls["body"] += 1

    asked = theirs.delay()
    drain(project)

    assert isinstance(theirs, TheirTask)
    assert (calls["around_send"], calls["around_run"], calls["their __call__"], calls["body"]) == (1, 1, 1, 1)
    assert outcomes(asked.id) == ["succeeded"]


@pytest.mark.parametrize("given", ["a class", "an instance"])
def test_a_class_based_task_gets_the_seams(project, given):
    class Import(celery.Task):
        name = "shop.import"

        def run(self, x):
            calls["body"] += 1
            return x

    task = project.register_task(Import if given == "a class" else Import())

    asked = task.delay(1)
    drain(project)

    assert (calls["around_send"], calls["around_run"], calls["body"]) == (1, 1, 1)
    assert outcomes(asked.id) == ["succeeded"]


def test_a_shared_task_of_a_third_party_app_passes_the_same_policies(project, monkeypatch):
    from celery import _state

    monkeypatch.setattr(_state, "_on_app_finalizers", set(_state._on_app_finalizers))

    @shared_task(name="third_party.clean", base=celery.Task)
    def clean():
        calls["body"] += 1

    clean.delay()
    drain(project)

    assert (calls["around_send"], calls["around_run"], calls["body"]) == (1, 1, 1)


def test_what_a_third_party_writes_into_the_message_is_sent(project, add):
    def mark(headers, body, properties, **_):
        headers["trace-id"] = "4711"
        properties["priority"] = 7

    signals.before_task_publish.connect(mark)
    try:
        asked = add.delay(1, 2)
    finally:
        signals.before_task_publish.disconnect(mark)

    job = Job.objects.using(ALIAS).get(id=asked.id)
    assert '"trace-id": "4711"' in job.message
    assert job.priority == 7


def test_published_signals_tell_the_id_and_the_queue(project, add):
    heard = []

    def hear(sender, headers, routing_key, **_):
        heard.append((sender, headers["id"], routing_key))

    signals.after_task_publish.connect(hear)
    try:
        asked = add.apply_async((1,), queue="mail")
    finally:
        signals.after_task_publish.disconnect(hear)

    assert heard == [("shop.add", asked.id, "mail")]


# Without a broker, and without a worker


def test_apply_sends_nothing_and_runs_inside_the_policies(project, add):
    assert add.apply((1, 2)).get() == 3

    assert (calls["around_send"], calls["around_run"], calls["body"]) == (0, 1, 1)
    assert not Job.objects.using(ALIAS).exists()


def test_an_eager_app_writes_nothing_to_the_ledger(project, add):
    project.conf.task_always_eager = True

    assert add.delay(1, 2).get() == 3
    assert (calls["around_run"], calls["body"]) == (1, 1)
    assert not Job.objects.using(ALIAS).exists()


def test_applying_a_task_that_retries_raises_its_cause_when_asked_to_throw(project):
    @project.task(name="shop.sync", bind=True, max_retries=3)
    def sync(self):
        calls["body"] += 1
        raise self.retry(exc=ConnectionError("timeout"))

    with pytest.raises(ConnectionError, match="timeout"):
        sync.apply(throw=True)
    assert calls["body"] == 1


def test_applying_a_task_that_retries_by_itself_raises_its_cause_when_asked_to_throw(project):
    @project.task(name="shop.sync", autoretry_for=(ConnectionError,), retry_backoff=True)
    def sync():
        calls["body"] += 1
        raise ConnectionError("timeout")

    with pytest.raises(ConnectionError, match="timeout"):
        sync.apply(throw=True)
    assert calls["body"] == 1


def test_applying_a_task_that_retries_without_a_cause_raises_the_retry(project):
    @project.task(name="shop.poll", bind=True)
    def poll(self):
        raise self.retry()

    with pytest.raises(celery.exceptions.Retry):
        poll.apply(throw=True)


def test_applying_a_task_that_retries_runs_it_to_its_end_otherwise(project):
    task = project.task(name="shop.leave", bind=True)(retrying)

    assert task.apply().state == states.SUCCESS
    assert calls["around_run"] == 2


# What is refused, and who is named


def test_a_near_miss_of_an_option_is_refused_at_decoration_with_its_owner(project):
    with pytest.raises(
        BadOption,
        match=r"shop\.place: unknown option 'tennant'. Did you mean 'tenant'\? \(owned by Counting\)",
    ):

        @project.task(name="shop.place", tennant="acme", lazy=False)
        def place():
            pass


def test_a_near_miss_of_celerys_own_option_is_refused_too(project):
    with pytest.raises(BadOption, match=r"'ack_late'. Did you mean 'acks_late'\? \(owned by Celery\)"):

        @project.task(name="shop.place", ack_late=True, lazy=False)
        def place():
            pass


def test_an_attribute_of_the_projects_own_is_left_alone(project):
    @project.task(name="shop.place", tenant="acme", colour="red", lazy=False)
    def place():
        pass

    assert (place.tenant, place.colour) == ("acme", "red")


class Broken(Policy):
    def around_send(self, call_next, message):
        raise LookupError("no tenant")

    def around_run(self, call_next, execution):
        call_next()
        raise LookupError("no tenant")


def test_a_policy_that_fails_fails_the_send_and_is_named(project, add):
    with (
        override_settings(HARDY={"DATABASE": ALIAS, "POLICIES": [f"{__name__}.Broken"]}),
        pytest.raises(LookupError) as caught,
    ):
        add.delay(1)

    assert caught.value.__notes__ == [f"raised by the policy {__name__}.Broken.around_send"]
    assert not Job.objects.using(ALIAS).exists()


def test_a_policy_that_fails_fails_the_run_and_is_named_and_the_task_is_not_blamed(project, add):
    asked = add.delay(1)
    policies = ["hardy.worker.policy.Ledger", f"{__name__}.Broken"]
    with override_settings(HARDY={"DATABASE": ALIAS, "POLICIES": policies}):
        drain(project)

    assert asked.state == states.FAILURE
    assert f"raised by the policy {__name__}.Broken.around_run" in asked.traceback
    assert outcomes(asked.id) == ["failed"]


def test_a_tasks_own_error_names_no_policy(project):
    task = project.task(name="shop.leave", bind=True)(failing)

    asked = task.delay()
    drain(project)

    assert "raised by the policy" not in asked.traceback
