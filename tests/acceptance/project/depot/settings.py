"""A small project on ``hardy://``. Tests say by environment what differs: the database, hardy's times, the schedule."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import dj_database_url
import pymysql

from depot.ticks import OnTheTick

pymysql.install_as_MySQLdb()

SECRET_KEY = "a throw-away project"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = ["django_celery_results", "django_celery_beat", "hardy", "depot"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
URL = os.environ["DATABASE_URL"]
DATABASES = {
    "default": {
        **dj_database_url.parse(URL),
        **json.loads(os.environ.get("DEPOT_DATABASE", "{}")),
    }
}

#: Numbers are seconds, except what counts, switches or is a port.
NUMBERS = ("CRASH_CAP", "METRICS_PORT", "HEALTH_PORT")
HARDY = {
    name: timedelta(seconds=value) if type(value) in (int, float) and name not in NUMBERS else value
    for name, value in json.loads(os.environ.get("DEPOT_HARDY", "{}")).items()
}

CELERY_BROKER_URL = "hardy://"
CELERY_RESULT_BACKEND = "django-db"


def entry(name: str, kind: str, seconds: float) -> dict[str, object]:
    schedule = OnTheTick(seconds) if kind == "tick" else seconds
    return {"task": "depot.record", "schedule": schedule, "args": [name]}


CELERY_BEAT_SCHEDULE = {
    name: entry(name, *how) for name, how in json.loads(os.environ.get("DEPOT_SCHEDULE", "{}")).items()
}
globals().update(json.loads(os.environ.get("DEPOT_SETTINGS", "{}")))
