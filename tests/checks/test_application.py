from __future__ import annotations

import celery
import pytest
from django.core.checks import run_checks

import hardy
from hardy.checks import application


def ids(messages):
    return [message.id for message in messages]


def test_an_app_of_hardy_is_what_is_wanted(project):
    project()

    assert application.app_is_hardys(None) == []


def test_a_plain_celery_app_is_an_error_that_names_the_import(project):
    project(celery.Celery)

    [message] = application.app_is_hardys(None)

    assert message.id == "hardy.E001"
    assert message.is_serious()
    assert "'shop'" in message.msg
    assert "from hardy import Celery" in message.hint


def test_a_plain_celery_app_is_all_that_is_said_of_it(project):
    project(celery.Celery, CELERY_TASK_ACK_LATE=True)

    assert ids(run_checks(tags=["hardy"], include_deployment_checks=True)) == ["hardy.E001"]


def test_a_subclass_of_the_projects_own_is_an_app_of_hardy(project):
    project(type("Own", (hardy.Celery,), {}))

    assert application.app_is_hardys(None) == []


def test_a_misspelt_setting_is_named_with_the_right_one(project):
    project(CELERY_TASK_ACK_LATE=True)

    [message] = application.settings_are_spelt_right(None)

    assert message.id == "hardy.W003"
    assert message.msg == "CELERY_TASK_ACK_LATE is not a Celery setting. Did you mean CELERY_TASK_ACKS_LATE?"


def test_a_misspelt_update_is_named_with_the_right_one(project):
    project().conf.update(task_ack_late=True, worker_concurrency=2)

    assert [message.msg for message in application.settings_are_spelt_right(None)] == [
        "task_ack_late is not a Celery setting. Did you mean task_acks_late?"
    ]


def test_a_misspelt_setting_is_found_under_another_namespace(project):
    project(namespace="TASKS", TASKS_TASK_ACK_LATE=True, CELERY_TASK_ACK_LATE=True)

    assert [message.msg for message in application.settings_are_spelt_right(None)] == [
        "TASKS_TASK_ACK_LATE is not a Celery setting. Did you mean TASKS_TASK_ACKS_LATE?"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "CELERY_TASK_ACKS_LATE",
        "CELERY_BROKER_URL",
        "CELERY_BEAT_SCHEDULE",
        "CELERY_TASK_RESULT_EXPIRES",  # an old name, which Celery still looks up
        "CELERY_REDIS_BACKEND_HEALTH_CHECK_INTERVAL",
        "CELERYD_HIJACK_ROOT_LOGGER",
    ],
)
def test_a_setting_that_celery_reads_is_left_alone(project, name):
    project(**{name: None})

    assert application.settings_are_spelt_right(None) == []
    assert application.settings_are_known(None) == []


def test_a_setting_unlike_any_is_mentioned_before_a_deployment_only(project):
    project(CELERY_REDBEAT_REDIS_URL="redis://")

    assert application.settings_are_spelt_right(None) == []
    assert ids(application.settings_are_known(None)) == ["hardy.I003"]
    assert application.settings_are_known in application.DEPLOY_CHECKS


def test_settings_without_a_namespace_are_named_because_celery_ignores_them(project):
    project(namespace=None, CELERY_TASK_ACKS_LATE=True, CELERY_TIMEZONE="UTC")

    [message] = application.settings_are_read_with_their_namespace(None)

    assert message.id == "hardy.W011"
    assert "CELERY_TASK_ACKS_LATE" in message.msg
    assert "CELERY_TIMEZONE" not in message.msg  # an old name, which works without a namespace
    assert "namespace='CELERY'" in message.hint


def test_old_names_without_a_namespace_are_left_alone(project):
    project(namespace=None, CELERY_TIMEZONE="UTC")

    assert application.settings_are_read_with_their_namespace(None) == []
    assert application.settings_are_spelt_right(None) == []
