"""One settings file for all stacks: what a project that follows the checklists of its tool has.

Nothing of Django's is tuned, unless the stack says so (``HARDY_BENCH_TUNED``): a new project has just these defaults.
"""

from __future__ import annotations

import os
from contextlib import suppress

import dj_database_url

with suppress(ImportError):
    import pymysql

    pymysql.install_as_MySQLdb()

SECRET_KEY = "figures"  # noqa: S105 - no secret is kept here
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["benchmarks.project", *os.environ["HARDY_BENCH_APPS"].split()]

DATABASES = {"default": dj_database_url.parse(os.environ["HARDY_BENCH_DATABASE"])}
if os.environ["HARDY_BENCH_TUNED"] == "yes":
    if os.environ["HARDY_BENCH_DATABASE"].startswith("sqlite"):
        DATABASES["default"]["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

# Celery's: late acknowledgement, prefetch 1, states tracked, limits, results in the database
CELERY_BROKER_URL = os.environ["HARDY_BENCH_BROKER"]
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_IGNORE_RESULT = os.environ["HARDY_BENCH_RECORDS"] == "no"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 25 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_ACKS_LATE = True
CELERY_RESULT_EXPIRES = 60 * 60 * 24

# Django's own tasks
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Procrastinate's
PROCRASTINATE_IMPORT_PATHS = ["benchmarks.peers.procrastinate"]

# django-q2's: the ORM as its broker, retry longer than timeout as its documentation asks
Q_CLUSTER = {"name": "bench", "orm": "default", "workers": 2, "timeout": 90, "retry": 120, "catch_up": False}
