"""Checks of how long tasks may run: a graceful time-out before the hard kill."""

from __future__ import annotations

import celery
from django.core.checks import CheckMessage

from hardy.checks.application import project_app
from hardy.checks.findings import Check, declare
from hardy.conf.versions import TELLS_OF_HARD_LIMITS

NO_HARD_LIMIT = declare(
    "hardy.W002",
    when="There is no hard time limit.",
    says="task_time_limit is not set: one task that hangs keeps its process for ever.",
    hint="Set CELERY_TASK_TIME_LIMIT = 30 * 60 (seconds), or leave it out: that is hardy's default.",
)
NO_SOFT_LIMIT = declare(
    "hardy.W004",
    when="There is no soft time limit.",
    says="task_soft_time_limit is not set: a task is killed with no chance to tidy up.",
    hint="Set CELERY_TASK_SOFT_TIME_LIMIT = 25 * 60 (seconds), or leave it out: that is hardy's default.",
)
LATE_SOFT_LIMIT = declare(
    "hardy.W005",
    when="The soft time limit is not before the hard one.",
    says="task_soft_time_limit ({soft}) is not before task_time_limit ({hard}): the soft limit never fires.",
    hint="Make the soft limit the smaller one, with enough time in between to tidy up.",
)
LATE_SOFT_LIMIT_OF_A_TASK = declare(
    "hardy.W013",
    when="A task's soft time limit is not before its hard one.",
    says="{task} has soft_time_limit={soft} and time_limit={hard}: it is killed before the soft limit fires.",
    hint="Make the soft limit the smaller one, with enough time in between to tidy up.",
    deploy=True,
)


SILENT_HARD_LIMIT = declare(
    "hardy.I004",
    when="Celery is older than 5.7, which does not tell `on_failure` and `task_failure` of a hard time limit.",
    says="Celery {version} tells neither on_failure nor task_failure, and so not Sentry, of a hard time limit.",
    hint="Watch dead letters (HARDY['DEAD_ALERT'], events.job_died), which hear of it, or use Celery 5.7.",
    deploy=True,
)


def time_is_limited(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    hard, soft = project_app().conf.task_time_limit, project_app().conf.task_soft_time_limit
    found = []
    if not hard:
        found.append(NO_HARD_LIMIT())
    if not soft:
        found.append(NO_SOFT_LIMIT())
    if _never_comes(soft, hard):
        found.append(LATE_SOFT_LIMIT(soft=soft, hard=hard))
    return found


def tasks_hear_of_their_limit(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    app = project_app()
    app.loader.import_default_modules()
    app.finalize()
    default = (app.conf.task_soft_time_limit, app.conf.task_time_limit)
    return [
        LATE_SOFT_LIMIT_OF_A_TASK(task=name, soft=task.soft_time_limit, hard=task.time_limit)
        for name, task in sorted(app.tasks.items())
        if (task.soft_time_limit, task.time_limit) != default
        if _never_comes(task.soft_time_limit, task.time_limit)
    ]


def hard_limits_are_told(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [] if celery.VERSION >= TELLS_OF_HARD_LIMITS else [SILENT_HARD_LIMIT(version=celery.__version__)]


def _never_comes(soft: float | None, hard: float | None) -> bool:
    return bool(soft and hard and soft >= hard)


CHECKS: list[Check] = [time_is_limited]
DEPLOY_CHECKS: list[Check] = [tasks_hear_of_their_limit, hard_limits_are_told]
