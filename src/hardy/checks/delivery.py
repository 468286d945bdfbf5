"""Checks of how messages are delivered, and of who hears of failures: the production checklist."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from weakref import ReferenceType

from celery.signals import task_failure
from django.conf import settings as django_settings
from django.core.checks import CheckMessage

from hardy.checks.application import project_app
from hardy.checks.findings import Check, declare
from hardy.ledger.delivery import is_embedded

PICKLE = declare(
    "hardy.W001",
    when="Pickled messages or results are accepted.",
    says="{names} allows pickle: whoever can write to the broker can run any code in your workers.",
    hint="Use 'json', and pass primary keys instead of objects.",
)
EARLY_ACKNOWLEDGEMENT = declare(
    "hardy.W006",
    when="Messages are acknowledged before their task runs.",
    says="task_acks_late is off: the broker forgets a task before it has run.",
    hint="Set CELERY_TASK_ACKS_LATE = True, or leave it out: that is hardy's default.",
)
RESULTS_FOR_EVER = declare(
    "hardy.W007",
    when="Results are kept and never expire.",
    says="result_expires is off: the result backend grows for ever.",
    hint="Set CELERY_RESULT_EXPIRES = 60 * 60 * 24 (seconds), or leave it out: that is hardy's default.",
)
NO_FAILURE_REPORTS = declare(
    "hardy.W010",
    when="Nobody hears of failures: no receiver of `task_failure`, no Sentry.",
    says="Nobody hears of a failed task: task_failure has no receiver, and Sentry is not set up.",
    hint="Call sentry_sdk.init(), or connect a receiver to task_failure in a tasks.py.",
    deploy=True,
)
EAGER_IN_PRODUCTION = declare(
    "hardy.W012",
    when="Tasks run in the process that calls them while `DEBUG` is off.",
    says="task_always_eager is on: tasks run inside the requests that ask for them, and no worker sees them.",
    hint="Keep CELERY_TASK_ALWAYS_EAGER for the test settings.",
    deploy=True,
)
RPC_RESULTS = declare(
    "hardy.E008",
    when="Results travel as messages (`rpc://`) while the ledger is the broker (`hardy://`).",
    says="The result backend rpc:// sends results as messages, and hardy:// carries jobs alone: no result arrives.",
    hint='Set CELERY_RESULT_BACKEND = "django-db" (django-celery-results) or Redis; or None, if nobody reads results.',
)
HOARDING = declare(
    "hardy.I001",
    when="Workers fetch more messages than they run.",
    says="worker_prefetch_multiplier is {multiplier}: tasks wait behind a long one while other workers idle.",
    hint="Set CELERY_WORKER_PREFETCH_MULTIPLIER = 1, or leave it out: that is hardy's default.",
)
ONE_QUEUE = declare(
    "hardy.I002",
    when="All tasks share one queue.",
    says="All tasks share the queue {queue!r}: a burst of slow ones delays the urgent ones.",
    hint="Route them with CELERY_TASK_ROUTES, and give workers their queues: -Q default,high_priority.",
    deploy=True,
)


def nothing_is_unpickled(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    conf = project_app().conf
    names = [name for name in ("accept_content", "result_accept_content") if _allows_pickle(conf[name])]
    names += [name for name in ("task_serializer", "result_serializer") if _allows_pickle([conf[name]])]
    return [PICKLE(names=" and ".join(names))] if names else []


def messages_are_acknowledged_late(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [] if project_app().conf.task_acks_late else [EARLY_ACKNOWLEDGEMENT()]


def results_expire(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    conf = project_app().conf
    kept = conf.result_backend not in (None, "disabled", "disabled://")
    return [RESULTS_FOR_EVER()] if kept and conf.result_expires in (None, 0, timedelta(0)) else []


def results_have_a_way_back(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    app = project_app()
    backend = str(app.backend_cls or app.conf.result_backend or "")
    uses_rpc = backend.partition(":")[0] == "rpc"
    return [RPC_RESULTS()] if uses_rpc and is_embedded(app) else []


def workers_do_not_hoard(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    multiplier = project_app().conf.worker_prefetch_multiplier
    return [] if multiplier == 1 else [HOARDING(multiplier=multiplier)]


def urgent_tasks_have_a_queue(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    conf = project_app().conf
    several = conf.task_routes or len(conf.task_queues or ()) > 1
    return [] if several else [ONE_QUEUE(queue=conf.task_default_queue)]


def failures_are_reported(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    project_app().loader.import_default_modules()  # the receivers stand in the tasks.py of the project's apps
    return [] if _sentry_is_active() or any(_receivers_of_the_project()) else [NO_FAILURE_REPORTS()]


def workers_run_the_tasks(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    eager = project_app().conf.task_always_eager and not django_settings.DEBUG
    return [EAGER_IN_PRODUCTION()] if eager else []


def _allows_pickle(formats: Any) -> bool:
    return bool({"pickle", "application/x-python-serialize"} & set(formats or ()))


def _sentry_is_active() -> bool:
    sentry = sys.modules.get("sentry_sdk")  # what was never imported was never set up
    return sentry is not None and sentry.get_client().is_active()


def _receivers_of_the_project() -> Iterator[Any]:
    """Yield who listens for failures, apart from hardy itself."""
    for _key, receiver in task_failure.receivers:
        called = receiver() if isinstance(receiver, ReferenceType) else receiver
        if called is not None and not called.__module__.startswith("hardy."):
            yield called


CHECKS: list[Check] = [
    nothing_is_unpickled,
    messages_are_acknowledged_late,
    results_expire,
    results_have_a_way_back,
    workers_do_not_hoard,
]
DEPLOY_CHECKS: list[Check] = [
    urgent_tasks_have_a_queue,
    failures_are_reported,
    workers_run_the_tasks,
]
