from __future__ import annotations

import inspect
import re

import celery
import celery.app.autoretry
import pytest
from celery import Celery
from celery.app.task import Task
from django.utils.module_loading import import_string

from hardy.conf import settings
from hardy.errors import BadOption, HardyError
from hardy.options import OF_THE_DECORATOR, celery_attributes, celery_options, check_options, shadowed
from hardy.policy import Policy

OWNED = {
    "unique": "Uniqueness",
    "unique_until": "Uniqueness",
    "atomic": "Ledger",
    "durable": "Ledger",
    "idempotency_key": "Ledger",
    "concurrency_limit": "Limits",
}

#: What packages and projects put on their tasks: none of it is hardy's to refuse.
OF_OTHERS = """
    abstract model tenant timeout limit rate retries delay countdown eta kind type tags tag group owner
    label labels title description schedule cron interval period periodic run_every relative enabled
    silo_mode record_timing sentry_tags monitor monitor_slug once unique_on lock_expiry
    raise_on_duplicate singleton flush_every flush_interval tenant_cache_seconds significant_kwargs
    herd_avoidance_timeout cache_duration cache_prefix memleak_threshold default_retry default_queue
    queues exchanges backends priorities typings trial expired expiry serialize serializers compressor
    compress retry_backoff_min retry_backoff_base retry_on retry_for retry_delay min_retries soft_limit
    hard_limit hard_time_limit date_limit size_limit time_limit_minutes acks_early tracked
    track_progress started name_prefix names based bases kind_of blind bound trails grail throw_away
    uniquely unique_by unique_for durables durability automatic atomics stomic max_attempts max_age
    max_memory rated ignore_errors ignored_results_for store_errors send_email send_sms resend_events
    on_start on_finish on_error on_fail before_end after_commit shadow dedupe debounce throttle lock
    lock_ttl key keys log logger metrics queue2 idempotent_key
"""


@pytest.mark.parametrize(
    ("misspelt", "right", "owner"),
    [
        ("uniqe", "unique", "Uniqueness"),
        ("unqiue", "unique", "Uniqueness"),
        ("uniqeu", "unique", "Uniqueness"),
        ("unique_untill", "unique_until", "Uniqueness"),
        ("atomc", "atomic", "Ledger"),
        ("durabel", "durable", "Ledger"),
        ("idempotncy_key", "idempotency_key", "Ledger"),
        ("concurency_limit", "concurrency_limit", "Limits"),
        ("concurrency_limits", "concurrency_limit", "Limits"),
        ("ack_late", "acks_late", "Celery"),
        ("acks_lat", "acks_late", "Celery"),
        ("ackslate", "acks_late", "Celery"),
        ("timelimit", "time_limit", "Celery"),
        ("soft_timelimit", "soft_time_limit", "Celery"),
        ("soft_time_limits", "soft_time_limit", "Celery"),
        ("time_limt", "time_limit", "Celery"),
        ("max_retry", "max_retries", "Celery"),
        ("max_retrys", "max_retries", "Celery"),
        ("maxretries", "max_retries", "Celery"),
        ("auto_retry_for", "autoretry_for", "Celery"),
        ("autoretry_fro", "autoretry_for", "Celery"),
        ("retry_backof", "retry_backoff", "Celery"),
        ("retry_backoff_maxx", "retry_backoff_max", "Celery"),
        ("retry_jiter", "retry_jitter", "Celery"),
        ("default_retry_dely", "default_retry_delay", "Celery"),
        ("ignore_results", "ignore_result", "Celery"),
        ("rate_limits", "rate_limit", "Celery"),
        ("expire", "expires", "Celery"),
        ("serialiser", "serializer", "Celery"),
        ("prioritty", "priority", "Celery"),
        ("reject_on_workr_lost", "reject_on_worker_lost", "Celery"),
    ],
)
def test_a_near_miss_is_refused_with_the_right_name_and_its_owner(misspelt, right, owner):
    with pytest.raises(BadOption) as refusal:
        check_options("orders.tasks.place", {misspelt: True}, OWNED)

    assert str(refusal.value) == (
        f"orders.tasks.place: unknown option {misspelt!r}. Did you mean {right!r}? (owned by {owner})"
    )


def test_a_refusal_is_an_error_of_hardy_and_a_type_error():
    assert issubclass(BadOption, HardyError)
    assert issubclass(BadOption, TypeError)


@pytest.mark.parametrize("name", OF_OTHERS.split())
def test_an_option_unlike_any_is_left_alone(name):
    check_options("orders.tasks.place", {name: object()}, OWNED)


@pytest.mark.parametrize("name", sorted(celery_attributes()))
def test_every_name_of_celery_is_left_alone(name):
    check_options("orders.tasks.place", {name: object()}, OWNED)


@pytest.mark.parametrize("name", sorted(OWNED))
def test_every_option_of_a_policy_is_left_alone(name):
    check_options("orders.tasks.place", {name: object()}, OWNED)


def test_an_option_that_no_installed_policy_owns_is_left_alone():
    check_options("orders.tasks.place", {"uniqe": "order_id"}, {})


def test_a_misspelt_option_is_refused_also_when_it_is_a_function():
    with pytest.raises(BadOption, match="uniqe"):
        check_options("orders.tasks.place", {"uniqe": lambda order_id: order_id}, OWNED)


def test_methods_of_a_task_class_are_left_alone():
    class Place(Task):
        def ack_late(self): ...

        @property
        def max_retry(self): ...

        @staticmethod
        def expire(): ...

        @classmethod
        def uniqe(cls): ...

    check_options("orders.tasks.Place", vars(Place), OWNED)


def test_private_names_are_left_alone():
    check_options("orders.tasks.place", {"_uniqe": 1, "__acks_late__": 1}, OWNED)


def test_what_celery_itself_writes_on_a_task_class_is_left_alone():
    app = Celery("shop", set_as_current=False)

    @app.task(bind=True, acks_late=True, autoretry_for=(OSError,), retry_backoff=True, tenant="north")
    def place(self): ...

    check_options(place.name, vars(type(place)), OWNED)


@pytest.mark.parametrize(
    "module",
    [
        "celery.app.builtins",
        "celery.contrib.django.task",
        "celery.contrib.testing.tasks",
        "celery.contrib.abortable",
    ],
)
def test_the_task_classes_and_options_of_celerys_own_packages_are_left_alone(module):
    imported = __import__(module, fromlist=["_"])
    classes = [
        thing for thing in vars(imported).values() if isinstance(thing, type) and issubclass(thing, Task)
    ]
    written = re.findall(r"@(?:app|shared)_?\.?task\(([^)]*)\)", inspect.getsource(imported))
    options = {name for call in written for name in re.findall(r"(\w+)=", call)} - {"lazy", "shared"}

    assert classes or options
    check_options(module, {name: object() for name in options}, OWNED)
    for task_class in classes:
        check_options(module, vars(task_class), OWNED)


def test_the_decorators_own_parameters_are_known():
    parameters = inspect.signature(Celery._task_from_fun).parameters

    found = set(parameters) - {"self", "fun", "options"}
    assert found == OF_THE_DECORATOR if celery.VERSION >= (5, 5) else found < OF_THE_DECORATOR


def test_every_option_that_automatic_retries_look_up_is_known():
    source = inspect.getsource(celery.app.autoretry)
    looked_up = set(re.findall(r"(?:options\.get|hasattr)\((?:\s*|task, )'([a-z]\w+)'", source))

    assert len(looked_up) >= 6
    assert looked_up <= celery_options()


def test_every_option_that_the_configuration_fills_in_is_known():
    assert {attribute for attribute, _ in Task.from_config} <= celery_options()


def test_an_option_that_hides_an_attribute_of_celery_is_named():
    assert shadowed(["unique", "retry", "expires", "backend"]) == ["backend", "expires", "retry"]


def test_no_policy_of_hardy_shadows_an_attribute_of_celery():
    policies = [import_string(path) for path in settings.POLICIES]

    assert policies
    for policy in policies:
        assert issubclass(policy, Policy)
        assert shadowed(policy.options) == []
