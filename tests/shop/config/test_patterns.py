"""The settings of the patterns, value by value."""

from __future__ import annotations

import json

import pytest
from celery.schedules import crontab
from django.conf import settings
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask

from config import celery_app
from config.celery import debug_task


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RESULT_BACKEND", "django-db"),
        ("ACCEPT_CONTENT", ["json"]),
        ("TASK_SERIALIZER", "json"),
        ("RESULT_SERIALIZER", "json"),
        ("TASK_TRACK_STARTED", True),
        ("TASK_TIME_LIMIT", 30 * 60),
        ("TASK_SOFT_TIME_LIMIT", 25 * 60),
        ("WORKER_PREFETCH_MULTIPLIER", 1),
        ("TASK_ACKS_LATE", True),
        ("RESULT_EXPIRES", 60 * 60 * 24),
        ("BEAT_SCHEDULER", "django_celery_beat.schedulers:DatabaseScheduler"),
    ],
)
def test_the_celery_settings_are_those_of_the_patterns(name, value):
    assert getattr(settings, f"CELERY_{name}") == value


def test_the_schedule_in_code_is_that_of_the_patterns():
    assert {
        "cleanup-expired-sessions": {
            "task": "users.cleanup_expired_sessions",
            "schedule": crontab(hour=2, minute=0),
        },
        "sync-inventory": {"task": "products.sync_inventory", "schedule": 60.0},
        "weekly-digest": {
            "task": "notifications.send_weekly_digest",
            "schedule": crontab(day_of_week="monday", hour=8, minute=0),
        },
    } == settings.CELERY_BEAT_SCHEDULE


@pytest.mark.django_db
def test_another_schedule_lives_in_the_database():
    call_command("demo_data", verbosity=0)

    task = PeriodicTask.objects.get(name="Sync inventory every 6 hours")
    assert (task.task, json.loads(task.args), task.enabled) == ("products.sync_inventory", [], True)
    assert (task.crontab.hour, task.crontab.minute, str(task.crontab.timezone)) == ("*/6", "0", "UTC")


def test_every_scheduled_task_exists():
    celery_app.loader.import_default_modules()

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in celery_app.tasks


def test_a_message_for_one_queue_reaches_only_that_queue():
    queues = celery_app.amqp.queues

    assert set(queues) == {"default", "high_priority", "low_priority"}
    assert len({(queue.exchange.name, queue.routing_key) for queue in queues.values()}) == 3


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("payments.charge_card", "high_priority"),
        ("orders.pack", "default"),
        ("warehouse.process_chunk", "low_priority"),
    ],
)
def test_tasks_are_routed_in_one_place(task, queue):
    assert celery_app.amqp.router.route({}, task)["queue"].name == queue


def test_every_route_leads_somewhere():
    celery_app.loader.import_default_modules()

    for name in settings.CELERY_TASK_ROUTES:
        assert name.endswith(".*") or name in celery_app.tasks


def test_the_debug_task_prints_its_request(capsys):
    debug_task.apply()

    assert "Request: <Context:" in capsys.readouterr().out
