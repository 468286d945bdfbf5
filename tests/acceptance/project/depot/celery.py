"""The depot's app, as a stranger writes it, and what a test adds to the processes it starts."""

from __future__ import annotations

import importlib
import os

from hardy import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "depot.settings")

app = Celery("depot")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

for module in os.environ.get("DEPOT_PLUGINS", "").split():
    importlib.import_module(module)
