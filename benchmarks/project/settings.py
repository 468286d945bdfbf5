"""One settings file for all stacks: what a project that follows the production checklist has, and nothing tuned."""

from __future__ import annotations

import os

import dj_database_url

SECRET_KEY = "figures"  # noqa: S105 - no secret is kept here
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["benchmarks.project", "django_celery_results"]
if os.environ["HARDY_BENCH_CELERY"].startswith("hardy"):
    INSTALLED_APPS += ["hardy"]

_server = os.environ["HARDY_BENCH_DATABASE"].startswith("postgres")
DATABASES = {
    "default": dj_database_url.parse(
        os.environ["HARDY_BENCH_DATABASE"], conn_max_age=60 if _server else 0, conn_health_checks=_server
    )
}

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
