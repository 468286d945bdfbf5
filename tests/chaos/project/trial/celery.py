"""The same app of either class: stock Celery's or hardy's."""

from __future__ import annotations

import os

from kombu.utils.imports import symbol_by_name

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trial.settings")
app = symbol_by_name(os.environ["TRIAL_CELERY"])("trial")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
