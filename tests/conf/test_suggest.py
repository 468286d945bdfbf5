from __future__ import annotations

import pytest
from celery.app.defaults import SETTING_KEYS

from hardy.conf import settings
from hardy.conf.suggest import closest, edit_distance, near_miss

CELERY_SETTINGS = {f"CELERY_{key.upper()}" for key in SETTING_KEYS}


@pytest.mark.parametrize(
    ("typo", "right"),
    [
        ("CELERY_TASK_ACK_LATE", "CELERY_TASK_ACKS_LATE"),
        ("CELERY_TASK_ACKS_LAET", "CELERY_TASK_ACKS_LATE"),
        ("CELERY_TASK_TIMELIMIT", "CELERY_TASK_TIME_LIMIT"),
        ("CELERY_TASK_SOFT_LIMIT", "CELERY_TASK_SOFT_TIME_LIMIT"),
        ("CELERY_TASK_TRACK_START", "CELERY_TASK_TRACK_STARTED"),
        ("CELERY_TASK_ROUTE", "CELERY_TASK_ROUTES"),
        ("CELERY_TASK_SERIALISER", "CELERY_TASK_SERIALIZER"),
        ("CELERY_WORKER_PREFETCH", "CELERY_WORKER_PREFETCH_MULTIPLIER"),
        ("CELERY_WORKER_PREFECTH_MULTIPLYER", "CELERY_WORKER_PREFETCH_MULTIPLIER"),
        ("CELERY_WORKER_MAX_TASK_PER_CHILD", "CELERY_WORKER_MAX_TASKS_PER_CHILD"),
        ("CELERY_WORKR_CONCURRENCY", "CELERY_WORKER_CONCURRENCY"),
        ("CELERY_WROKER_CONCURRENCY", "CELERY_WORKER_CONCURRENCY"),
        ("CELERY_RESULT_EXPIRE", "CELERY_RESULT_EXPIRES"),
        ("CELERY_RESULTS_BACKEND", "CELERY_RESULT_BACKEND"),
        ("CELERY_BROKER_TIMEOUT", "CELERY_BROKER_CONNECTION_TIMEOUT"),
        ("CELERY_BEAT_SCHEDULES", "CELERY_BEAT_SCHEDULE"),
        ("CELERY_TIME_ZONE", "CELERY_TIMEZONE"),
        ("CELERY_ENABLE_UCT", "CELERY_ENABLE_UTC"),
        ("CELERY_ACCEPT_CONTENTS", "CELERY_ACCEPT_CONTENT"),
    ],
)
def test_a_typo_in_a_celery_setting_finds_the_right_one(typo, right):
    assert closest(typo, CELERY_SETTINGS) == right
    assert (
        closest(typo.removeprefix("CELERY_").lower(), SETTING_KEYS) == right.removeprefix("CELERY_").lower()
    )


@pytest.mark.parametrize(
    "unrelated",
    [
        "CELERY_TASK_MAX_RETRIES",
        "CELERY_FLOWER_PORT",
        "CELERY_REDBEAT_REDIS_URL",
        "CELERY_ONCE",
        "CELERY_TASK_BANANA",
        "CELERY_WORKER_TENANT",
        "CELERY_SINGLETON_LOCK_EXPIRY",
        "CELERY_EMAIL_BACKEND",
        "CELERY_WORKER_POOL_SIZE",
    ],
)
def test_an_unrelated_name_finds_nothing(unrelated):
    assert closest(unrelated, CELERY_SETTINGS) is None
    assert closest(unrelated.removeprefix("CELERY_").lower(), SETTING_KEYS) is None


@pytest.mark.parametrize(
    ("typo", "right"),
    [
        ("HEARTBEET", "HEARTBEAT"),
        ("DATABSE", "DATABASE"),
        ("DATABASES", "DATABASE"),
        ("POLICY", "POLICIES"),
        ("DUTY", "DUTIES"),
        ("CRASHCAP", "CRASH_CAP"),
        ("RUN_RETENTON", "RUN_RETENTION"),
        ("DEAD_LETTER_RETENTION", "DEAD_RETENTION"),
        ("MAIL_BOX_EXPIRY", "MAILBOX_EXPIRY"),
        ("lease", "LEASE"),
    ],
)
def test_a_typo_in_a_setting_of_hardy_finds_the_right_one(typo, right):
    assert closest(typo, settings.keys) == right


@pytest.mark.parametrize("unrelated", ["BROKER", "RETRY", "DEAD_POETS", "TIMEOUT", ""])
def test_a_name_hardy_never_had_finds_nothing(unrelated):
    assert closest(unrelated, settings.keys) is None


def test_the_same_ending_in_another_namespace_is_no_answer():
    assert closest("task_max_retries", ["elasticsearch_max_retries", "task_publish_retry"]) is None


def test_nothing_known_finds_nothing():
    assert closest("task_acks_late", []) is None
    assert near_miss("acks_late", []) is None


def test_the_nearest_of_several_wins():
    assert (
        closest("task_limit", ["task_soft_time_limit", "task_time_limit", "worker_pool"]) == "task_time_limit"
    )


@pytest.mark.parametrize(
    ("left", "right", "letters"),
    [
        ("", "", 0),
        ("late", "late", 0),
        ("uniqe", "unique", 1),
        ("unqiue", "unique", 1),
        ("late", "date", 1),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
    ],
)
def test_edit_distance_counts_letters(left, right, letters):
    assert edit_distance(left, right) == letters
    assert edit_distance(right, left) == letters


def test_a_known_name_is_no_near_miss():
    assert near_miss("acks_late", {"acks_late", "ack_late"}) is None
