"""One project for every stack. What hardy sets by default is set here for all: defaults are compared by themselves."""

from __future__ import annotations

import os

import dj_database_url

SECRET_KEY = "a throw-away project"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_celery_results", "conformed"]
if os.environ["CONFORMED_CELERY"].startswith("hardy"):
    INSTALLED_APPS += ["hardy"]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=60)}

CELERY_BROKER_URL = os.environ["CONFORMED_BROKER"]
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_TIME_LIMIT = None
CELERY_TASK_SOFT_TIME_LIMIT = None
CELERY_TASK_QUEUES = {"celery": {}, "other": {}}
CELERY_TASK_ROUTES = {"conformed.describe_routed": {"queue": "other"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
