from __future__ import annotations

import pathlib
import re
from datetime import timedelta

import celery
import pytest
from celery import Celery
from celery.app.defaults import DEFAULTS
from django.conf import settings as django_settings

from hardy.app import Task
from hardy.defaults import (
    LEFT_ALONE,
    PRODUCTION,
    apply,
    complete_limits,
    fill_in,
    is_set,
    limits_in_order,
    scheduler_for,
)

#: Settings that only the newest Celery has.
NEW_IN_5_7 = {"task_retry_on_worker_lost"}
LEFT = [name for name in LEFT_ALONE if celery.VERSION >= (5, 7) or name not in NEW_IN_5_7]

REFERENCE = pathlib.Path(__file__).parent.parent / "docs" / "reference" / "settings.md"

CHECKLIST = {
    "task_acks_late": True,
    "worker_prefetch_multiplier": 1,
    "task_track_started": True,
    "task_time_limit": 30 * 60,
    "task_soft_time_limit": 25 * 60,
    "result_expires": timedelta(days=1),
    "accept_content": ("json",),
    "task_serializer": "json",
    "result_serializer": "json",
    "broker_connection_retry_on_startup": True,
}


def new_app(**arguments):
    app = Celery("shop", set_as_current=False, **arguments)
    apply(app)
    return app


def configured_by(**settings):
    app = new_app()
    app.config_from_object(type("Module", (), settings))
    return app


@pytest.fixture
def from_django(settings):
    """Return an app that reads Django's settings the way a project's celery.py says."""

    def configure(**given):
        for name, value in given.items():
            setattr(settings, name, value)
        app = new_app()
        app.config_from_object("django.conf:settings", namespace="CELERY")
        return app

    for name in [name for name in dir(django_settings) if name.startswith("CELERY_")]:
        delattr(settings, name)
    return configure


@pytest.mark.parametrize(("name", "value"), CHECKLIST.items())
def test_a_project_that_sets_nothing_gets_the_production_checklist(from_django, name, value):
    assert from_django().conf[name] == value


@pytest.mark.parametrize("name", CHECKLIST)
def test_the_value_of_djangos_settings_wins(from_django, name):
    app = from_django(**{f"CELERY_{name.upper()}": "the project's"})

    assert app.conf[name] == "the project's"


def test_a_setting_that_the_project_set_to_none_stays_none(from_django):
    app = from_django(CELERY_RESULT_EXPIRES=None, CELERY_TASK_TIME_LIMIT=None)

    assert app.conf.result_expires is None
    assert app.conf.task_time_limit is None


def test_the_value_of_a_configuration_module_wins():
    app = configured_by(task_acks_late=False, worker_prefetch_multiplier=4)

    assert app.conf.task_acks_late is False
    assert app.conf.worker_prefetch_multiplier == 4
    assert app.conf.task_track_started is True


def test_a_project_with_old_names_keeps_its_values_and_gets_the_others():
    app = configured_by(CELERY_ACKS_LATE=False, CELERYD_PREFETCH_MULTIPLIER=8, CELERY_TIMEZONE="UTC")

    assert app.conf.task_acks_late is False
    assert app.conf.worker_prefetch_multiplier == 8
    assert app.conf.task_track_started is True
    assert app.conf.CELERY_TRACK_STARTED is True


@pytest.mark.skipif(celery.VERSION < (5, 7), reason="Celery reads old names beside a namespace from 5.7 on")
def test_an_old_name_in_djangos_settings_wins(from_django):
    app = from_django(CELERYD_PREFETCH_MULTIPLIER=8)

    assert app.conf.worker_prefetch_multiplier == 8


def test_an_argument_of_the_app_wins():
    assert new_app(task_acks_late=False).conf.task_acks_late is False


def test_an_update_before_the_configuration_is_read_wins(from_django):
    app = from_django()
    app.conf.update(task_acks_late=False)
    app.conf.worker_prefetch_multiplier = 2

    assert app.conf.task_acks_late is False
    assert app.conf.worker_prefetch_multiplier == 2


def test_an_update_after_the_configuration_was_read_wins(from_django):
    app = from_django()
    assert app.conf.task_acks_late is True

    app.conf.update(task_acks_late=False)

    assert app.conf.task_acks_late is False


def test_defaults_of_the_project_win(from_django):
    app = from_django()
    app.add_defaults({"task_acks_late": False})

    assert app.conf.task_acks_late is False


def test_a_configuration_read_anew_has_the_defaults_again(from_django):
    app = from_django()
    assert app.conf.task_acks_late is True

    app.config_from_object(type("Module", (), {"worker_concurrency": 3}), force=True)

    assert app.conf.worker_concurrency == 3
    assert app.conf.task_acks_late is True


def test_celery_does_not_take_the_defaults_for_settings_of_the_project(from_django):
    app = from_django(CELERY_TASK_TRACK_STARTED=True)

    assert is_set(app.conf, "task_track_started")
    assert not is_set(app.conf, "task_acks_late")
    assert not app.conf.value_set_for("task_acks_late")


def test_other_apps_keep_celerys_defaults(from_django):
    assert from_django().conf.task_acks_late is True
    assert Celery("other", set_as_current=False).conf.task_acks_late is False


def test_applying_twice_changes_nothing_more(from_django):
    app = from_django(CELERY_TASK_SOFT_TIME_LIMIT=3600)
    once = dict(app.conf.finalize().maps[-1])

    fill_in(app.conf)

    assert dict(app.conf.maps[-1]) == once


def test_whoever_listens_for_the_configuration_sees_the_defaults(from_django):
    app = from_django()
    seen = []

    @app.on_after_configure.connect(weak=False)
    def look(sender, source, **kwargs):
        seen.append(source.task_acks_late)

    assert app.conf.task_acks_late is True
    assert seen == [True]


def test_celerys_own_add_defaults_would_override_the_project():
    app = Celery("shop", set_as_current=False)
    app.config_from_object(type("Module", (), {"task_acks_late": False}))
    app.add_defaults({"task_acks_late": True})

    assert app.conf.task_acks_late is True


@pytest.mark.parametrize(
    ("given", "hard", "soft"),
    [
        ({}, 1800, 1500),
        ({"CELERY_TASK_TIME_LIMIT": 60}, 60, 50),
        ({"CELERY_TASK_TIME_LIMIT": 7200}, 7200, 1500),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": 60}, 1800, 60),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": 3600}, 4320, 3600),
        ({"CELERY_TASK_TIME_LIMIT": None}, None, None),
        ({"CELERY_TASK_SOFT_TIME_LIMIT": None}, 1800, None),
        ({"CELERY_TASK_TIME_LIMIT": 20, "CELERY_TASK_SOFT_TIME_LIMIT": 30}, 20, 30),
    ],
)
def test_the_default_of_one_time_limit_fits_the_other_one(from_django, given, hard, soft):
    conf = from_django(**given).conf

    assert (conf.task_time_limit, conf.task_soft_time_limit) == (hard, soft)


@pytest.mark.parametrize(
    ("own", "hard", "soft"),
    [
        ({}, 1800, 1500),
        ({"soft_time_limit": 3600}, 4320, 3600),
        ({"time_limit": 60}, 60, 50),
        ({"time_limit": 150, "soft_time_limit": 120}, 150, 120),
    ],
)
def test_a_task_with_one_limit_of_its_own_gets_the_other_to_match(from_django, own, hard, soft):
    app = from_django()
    task = type("Task", (Task,), {"name": "reports.build", **own})

    complete_limits(task, app.conf)
    task.bind(app)

    assert (task.time_limit, task.soft_time_limit) == (hard, soft)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ((None, None), (1800, 1500)),
        ((60, None), (60, 50)),
        ((60, 1500), (60, 50)),
        ((1800, 3600), (4320, 3600)),
        ((None, 3600), (4320, 3600)),
        ((60, 30), (60, 30)),
        ((60, 60), (60, 60)),
    ],
)
def test_the_limits_of_a_request_are_in_order(from_django, sent, kept):
    app = from_django()
    task = type("Task", (Task,), {"name": "reports.build"})
    task.bind(app)

    assert limits_in_order(task, *sent) == kept


def test_a_request_without_limits_has_none(from_django):
    app = from_django(CELERY_TASK_TIME_LIMIT=None, CELERY_TASK_SOFT_TIME_LIMIT=None)
    task = type("Task", (Task,), {"name": "reports.build"})
    task.bind(app)

    assert [limits_in_order(task, *sent) for sent in ((None, None), (60, None), (None, 60))] == [
        (None, None), (60, None), (None, 60),
    ]  # fmt: skip


def test_a_limit_that_the_project_set_for_all_tasks_stays_in_force(from_django):
    app = from_django(CELERY_TASK_TIME_LIMIT=60, CELERY_TASK_SOFT_TIME_LIMIT=50)
    slow = type("Slow", (Task,), {"name": "reports.slow", "soft_time_limit": 3600})
    quick = type("Quick", (Task,), {"name": "reports.quick", "time_limit": 6})

    for task in (slow, quick):
        complete_limits(task, app.conf)
        task.bind(app)

    assert slow.time_limit == 60
    assert quick.soft_time_limit == 50


def test_a_project_that_does_not_wait_for_its_broker_does_not_wait_at_start(from_django):
    app = from_django(CELERY_BROKER_CONNECTION_RETRY=False)

    assert app.conf.broker_connection_retry_on_startup is False


@pytest.mark.parametrize(
    ("installed", "scheduler"),
    [
        (["django.contrib.auth", "django_celery_beat"], "django_celery_beat.schedulers:DatabaseScheduler"),
        (["django_celery_beat.apps.BeatConfig"], "django_celery_beat.schedulers:DatabaseScheduler"),
        ([], "celery.beat:PersistentScheduler"),
    ],
)
def test_schedules_live_in_the_database_where_its_app_is_installed(installed, scheduler):
    assert scheduler_for(installed) == scheduler


def test_the_scheduler_follows_the_installed_apps(from_django, settings):
    assert from_django().conf.beat_scheduler == scheduler_for(settings.INSTALLED_APPS)


@pytest.mark.parametrize("name", [*PRODUCTION, *LEFT])
def test_every_name_is_a_setting_of_celery(name):
    assert name in DEFAULTS


@pytest.mark.parametrize("name", [*PRODUCTION, *LEFT_ALONE])
def test_every_setting_has_a_reason_in_one_sentence(name):
    reason = PRODUCTION[name].reason if name in PRODUCTION else LEFT_ALONE[name]

    assert len(reason.split()) > 4
    assert reason.endswith(".")


def test_what_is_left_alone_stays_as_celery_has_it(from_django):
    app = from_django()

    assert not PRODUCTION.keys() & LEFT_ALONE.keys()
    assert {name: app.conf[name] for name in LEFT} == {name: DEFAULTS[name] for name in LEFT}


def test_the_reference_lists_every_setting_with_its_reason():
    rows = re.findall(r"^\| `([a-z_]+)` \|(?: .+ \|)? (.+?) \|$", REFERENCE.read_text(), re.MULTILINE)

    reasons = {name: default.reason for name, default in PRODUCTION.items()}
    assert rows == [*reasons.items(), *LEFT_ALONE.items()]
