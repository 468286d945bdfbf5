from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

import celery
import pytest
import sentry_sdk
from celery.signals import task_failure

from hardy.checks import delivery


def ids(messages):
    return [message.id for message in messages]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"CELERY_ACCEPT_CONTENT": ["json", "pickle"]}, "accept_content"),
        ({"CELERY_ACCEPT_CONTENT": ["application/x-python-serialize"]}, "accept_content"),
        ({"CELERY_RESULT_ACCEPT_CONTENT": ["pickle"]}, "result_accept_content"),
        (
            {"CELERY_TASK_SERIALIZER": "pickle", "CELERY_RESULT_SERIALIZER": "pickle"},
            "task_serializer and result_",
        ),
    ],
)
def test_pickle_is_named_wherever_it_is_accepted(project, given, named):
    project(**given)

    [message] = delivery.nothing_is_unpickled(None)

    assert message.id == "hardy.W001"
    assert message.msg.startswith(named)


def test_other_formats_are_left_alone(project):
    project(CELERY_ACCEPT_CONTENT=["json", "yaml", "msgpack"])

    assert delivery.nothing_is_unpickled(None) == []


@pytest.mark.parametrize(
    ("check", "given", "expected"),
    [
        (delivery.messages_are_acknowledged_late, {"CELERY_TASK_ACKS_LATE": False}, "hardy.W006"),
        (delivery.workers_do_not_hoard, {"CELERY_WORKER_PREFETCH_MULTIPLIER": 4}, "hardy.I001"),
        (delivery.workers_do_not_hoard, {"CELERY_WORKER_PREFETCH_MULTIPLIER": 0}, "hardy.I001"),
        (delivery.urgent_tasks_have_a_queue, {}, "hardy.I002"),
        (delivery.workers_run_the_tasks, {"CELERY_TASK_ALWAYS_EAGER": True, "DEBUG": False}, "hardy.W012"),
    ],
)
def test_a_setting_that_weakens_delivery_is_named(project, check, given, expected):
    project(**given)

    assert ids(check(None)) == [expected]


def test_tasks_may_run_in_place_while_debugging(project):
    project(CELERY_TASK_ALWAYS_EAGER=True, DEBUG=True)

    assert delivery.workers_run_the_tasks(None) == []


@pytest.mark.parametrize("expires", [None, 0, timedelta(0)])
def test_results_without_expiry_are_named(project, expires):
    project(CELERY_RESULT_BACKEND="django-db", CELERY_RESULT_EXPIRES=expires)

    assert ids(delivery.results_expire(None)) == ["hardy.W007"]


def test_results_that_are_not_kept_need_no_expiry(project, monkeypatch):
    monkeypatch.delenv("CELERY_RESULT_BACKEND", raising=False)
    project(CELERY_RESULT_EXPIRES=None)

    assert delivery.results_expire(None) == []


@pytest.mark.parametrize(
    "given",
    [
        {"CELERY_TASK_ROUTES": {"payments.*": {"queue": "high_priority"}}},
        {"CELERY_TASK_QUEUES": ["default", "high_priority"]},
    ],
)
def test_a_project_with_routes_or_queues_has_several_queues(project, given):
    project(**given)

    assert delivery.urgent_tasks_have_a_queue(None) == []


def test_a_project_where_nobody_hears_of_failures_is_warned(project, nobody_listens):
    project()

    assert ids(delivery.failures_are_reported(None)) == ["hardy.W010"]


@pytest.mark.parametrize("weak", [True, False])
def test_a_receiver_of_failures_is_enough(project, nobody_listens, weak):
    def report(**kwargs): ...

    project()
    task_failure.connect(report, weak=weak)

    assert delivery.failures_are_reported(None) == []


def test_a_receiver_of_hardys_own_tells_nobody(project, nobody_listens):
    def report(**kwargs): ...

    report.__module__ = "hardy.events"
    project()
    task_failure.connect(report)

    assert ids(delivery.failures_are_reported(None)) == ["hardy.W010"]


def test_a_receiver_that_is_gone_tells_nobody(project, nobody_listens):
    def report(**kwargs): ...

    project()
    task_failure.connect(report)
    del report

    assert ids(delivery.failures_are_reported(None)) == ["hardy.W010"]


def test_a_receiver_in_a_tasks_module_is_found_without_a_worker(project, nobody_listens):
    def report(**failure): ...

    app = project()

    @celery.signals.import_modules.connect(sender=app, weak=False)
    def import_tasks(**kwargs):
        task_failure.connect(report, weak=False)

    assert delivery.failures_are_reported(None) == []


def test_sentry_is_enough(project, nobody_listens):
    project()

    with sentry():
        assert delivery.failures_are_reported(None) == []
    assert ids(delivery.failures_are_reported(None)) == ["hardy.W010"]


@contextmanager
def sentry():
    client = sentry_sdk.Client(dsn="http://public@127.0.0.1:9/1", default_integrations=False)
    with sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        yield
    client.close()


@pytest.mark.parametrize("backend", ["rpc://", "rpc"])
def test_results_as_messages_are_refused_where_the_ledger_is_the_broker(project, backend):
    project(CELERY_BROKER_URL="hardy://", CELERY_RESULT_BACKEND=backend)

    [message] = delivery.results_have_a_way_back(None)

    assert message.id == "hardy.E008"
    assert "django-db" in message.hint


@pytest.mark.parametrize(
    "broker, backend", [("amqp://", "rpc://"), ("hardy://", "django-db"), ("hardy://", None)]
)
def test_results_that_find_their_way_back_are_well(project, broker, backend):
    project(CELERY_BROKER_URL=broker, CELERY_RESULT_BACKEND=backend)

    assert delivery.results_have_a_way_back(None) == []
