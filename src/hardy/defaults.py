"""Production settings for Celery, each with its reason, for everything the project does not set itself.

They replace Celery's own defaults, so whatever a project says wins: in Django's settings, in a module, under
an old name, by ``app.conf.update()`` or by an argument of ``Celery()``. (``app.add_defaults`` would not do:
Celery puts those above what ``config_from_object`` reads. tests/test_defaults.py shows it.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celery.app.defaults import _TO_OLD_KEY, NAMESPACES, flatten
from celery.app.utils import Settings
from django.conf import settings as django_settings

#: Celery's own settings, by name.
CELERYS_OWN: Mapping[str, Any] = dict(flatten(NAMESPACES))

#: In seconds, as the production checklist names them.
HARD_LIMIT = 30 * 60
SOFT_LIMIT = 25 * 60


@dataclass(frozen=True, slots=True)
class Default:
    """A value for a Celery setting and why; ``value`` may look at what the project set, in ``app.conf``."""

    value: object
    reason: str

    def value_for(self, conf: Any) -> object:
        return self.value(conf) if callable(self.value) else self.value


def apply(app: Any) -> None:
    """Have `fill_in` run each time ``app`` reads its configuration, before anyone else sees it."""
    app.on_after_configure.connect(_on_after_configure)


def fill_in(conf: Any) -> None:
    """Put hardy's values in the place of Celery's own defaults in an ``app.conf``.

    Nothing that the project set changes; calling it twice changes nothing more.
    """
    celerys_own = conf.finalize().maps[-1]
    ours = {name: default.value_for(conf) for name, default in PRODUCTION.items()}
    for name, value in ours.items():
        for key in (name, _TO_OLD_KEY[name]):  # a project with old names has its defaults under old names too
            if key in celerys_own:
                celerys_own[key] = value


def is_set(conf: Any, name: str) -> bool:
    """Return whether the project set a Celery setting itself, under whatever name.

    Celery's own ``value_set_for`` sees names with the project's prefix, and old names, from 5.7 on.
    """
    read = conf.finalize()
    return name in Settings({}, read.maps[:-1], read._keys, read.prefix)


@dataclass(frozen=True, slots=True)
class Change:
    """A Celery setting that a project leaves to its default, and hardy gives another value. Limits are in seconds."""

    setting: str
    celery: object
    hardy: object
    reason: str


def changes(conf: Any) -> list[Change]:
    """Return what hardy changes in an ``app.conf``; what the project sets itself is not among it."""
    ours = {name: default for name, default in PRODUCTION.items() if not is_set(conf, name)}
    found = [
        Change(name, CELERYS_OWN[name].default, default.value_for(conf), default.reason)
        for name, default in ours.items()
    ]
    return [change for change in found if change.hardy != change.celery]


def complete_limits(task: Any, conf: Any) -> None:
    """Give a task class that sets one time limit of its own the other one to match, before Celery binds it.

    Else a task with ``soft_time_limit=3600`` would be killed by the default hard limit of 30 minutes. A limit
    that the project set for all tasks stays in force.
    """
    hard, soft = task.time_limit, task.soft_time_limit
    if hard is None and soft is not None and not is_set(conf, "task_time_limit"):
        task.time_limit = hard_limit_for(soft)
    if soft is None and hard is not None and not is_set(conf, "task_soft_time_limit"):
        task.soft_time_limit = soft_limit_for(hard)


def hard_limit_for(soft: float) -> float:
    """Return the default hard limit, or a later one that leaves a sixth of the time to tidy up."""
    return max(HARD_LIMIT, soft * 6 / 5)


def soft_limit_for(hard: float) -> float:
    """Return the default soft limit, or an earlier one that leaves a sixth of the time to tidy up."""
    return min(SOFT_LIMIT, hard * 5 / 6)


def limits_in_order(task: Any, hard: float | None, soft: float | None) -> tuple[float | None, float | None]:
    """Return the limits of one request, given those it was sent with, in an order that Celery's pool can keep.

    The pool looks at the hard limit only once the soft one has passed. A request sent with nothing but
    ``time_limit=60`` must not wait for the default soft limit of 25 minutes first.
    """
    hard, soft = hard or task.time_limit, soft or task.soft_time_limit
    if not hard or not soft or soft <= hard:
        return hard, soft
    if hard == task.time_limit:  # it is the soft limit that the sender chose
        return hard_limit_for(soft), soft
    return hard, soft_limit_for(hard)


def scheduler_for(installed: Iterable[str]) -> str:
    """Return the database scheduler where its app is installed; elsewhere it could not even be imported."""
    if any(app.startswith("django_celery_beat") for app in installed):
        return "django_celery_beat.schedulers:DatabaseScheduler"
    return "celery.beat:PersistentScheduler"


def _hard_limit(conf: Any) -> float:
    soft = _set_by_project(conf, "task_soft_time_limit")
    return HARD_LIMIT if soft is None else hard_limit_for(soft)


def _soft_limit(conf: Any) -> float | None:
    if not is_set(conf, "task_time_limit"):
        return SOFT_LIMIT
    # Who switches the hard limit off wants no limit.
    return None if conf.task_time_limit is None else soft_limit_for(conf.task_time_limit)


def _as_at_run_time(conf: Any) -> bool:
    return bool(conf.broker_connection_retry)


def _scheduler(conf: Any) -> str:
    return scheduler_for(django_settings.INSTALLED_APPS)


def _set_by_project(conf: Any, name: str) -> Any:
    return conf[name] if is_set(conf, name) else None


def _on_after_configure(sender: Any, source: Any, **kwargs: object) -> None:
    fill_in(source)


PRODUCTION: Mapping[str, Default] = {
    "accept_content": Default(("json",), "Unpickling a message runs whatever its sender wrote into it."),
    "task_serializer": Default("json", "What every worker may accept, in any version and language."),
    "result_serializer": Default("json", "Reading a result must not run code."),
    "event_serializer": Default("json", "Reading an event must not run code."),
    "task_acks_late": Default(
        True, "A message is done when its task is done: a killed worker loses nothing."
    ),
    "worker_prefetch_multiplier": Default(
        1, "A worker takes what it can run, and long tasks wait where any worker can take them."
    ),
    "task_track_started": Default(True, "A running task says so, instead of looking like a waiting one."),
    "task_time_limit": Default(
        _hard_limit, "A task that hangs gives its process back after 30 minutes, whatever it waits for."
    ),
    "task_soft_time_limit": Default(
        _soft_limit, "Five minutes before it is killed, a task hears of it and can tidy up."
    ),
    "result_expires": Default(timedelta(days=1), "Results nobody asks for do not fill the database."),
    "broker_connection_retry_on_startup": Default(
        _as_at_run_time,
        "A worker started before its broker waits for it, as it does when the broker restarts.",
    ),
    "beat_scheduler": Default(
        _scheduler,
        "Where django-celery-beat is installed, schedules live in its tables, not in a local file.",
    ),
}

#: Settings one might expect above, and why they stay as Celery has them.
LEFT_ALONE: Mapping[str, str] = {
    "broker_url": "Where messages go is for the project to say; `hardy://` needs no server.",
    "result_backend": "Keeping results costs writes for every task; only who reads them wants that.",
    "broker_transport_options": "They mean something else on every transport.",
    "task_reject_on_worker_lost": (
        "The ledger puts the job of a killed process back; its message coming back too would double it."
    ),
    "task_retry_on_worker_lost": (
        "The ledger puts the job of a killed process back, and counts crashes apart from retries."
    ),
    "worker_cancel_long_running_tasks_on_connection_loss": (
        "A task may finish while the broker is away: the second copy of its message finds the job taken."
    ),
    "worker_send_task_events": "The ledger already says what runs where; events cost a message per step.",
    "result_extended": "Arguments may hold secrets; the ledger has them under its own permissions.",
    "task_default_queue": "The project's workers already listen to the queue it has.",
    "worker_max_tasks_per_child": "Fresh processes would hide a leak that the project should know of.",
}
