"""What the production checklist asks of a Celery project, and what the web advises against loss."""

from __future__ import annotations

import json
import os

import dj_database_url

SECRET_KEY = "a trial"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_celery_results", "trial"]
if os.environ["TRIAL_CELERY"].startswith("hardy"):
    INSTALLED_APPS += ["hardy"]
DATABASES = {
    "default": dj_database_url.parse(os.environ["TRIAL_DATABASE"], conn_max_age=60, conn_health_checks=True)
}

CELERY_BROKER_URL = os.environ["TRIAL_BROKER"]
CELERY_TASK_DEFAULT_QUEUE = os.environ["TRIAL_QUEUE"]
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_IGNORE_RESULT = True
CELERY_IMPORTS = json.loads(os.environ.get("TRIAL_IMPORTS", "[]"))
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
if not os.environ["TRIAL_CELERY"].startswith("hardy"):
    CELERY_TASK_REJECT_ON_WORKER_LOST = True
    if CELERY_BROKER_URL.startswith("redis"):
        CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 5}
    else:
        CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}
