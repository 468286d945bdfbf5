"""The app: stock or hardy's, as the environment says; nothing else differs."""

from __future__ import annotations

import os
from importlib import import_module

module, _, name = os.environ["CONFORMED_CELERY"].partition(":")

app = getattr(import_module(module), name)("conformed")
app.set_default()  # for the client, whose scenarios run in threads
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
import_module("conformed.listening")
