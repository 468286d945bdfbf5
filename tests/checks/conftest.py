from __future__ import annotations

import celery
import pytest
from celery.signals import task_failure
from django.conf import settings as django_settings
from django.db import connections

import hardy


@pytest.fixture
def project(settings):
    """Return a function that makes a project's app, reading Django's settings, the current one."""
    previous = celery.current_app._get_current_object()
    for name in [name for name in dir(django_settings) if name.startswith("CELERY_")]:
        delattr(settings, name)

    def make(app_class=hardy.Celery, namespace="CELERY", **given):
        for name, value in given.items():
            setattr(settings, name, value)
        app = app_class("shop")
        app.config_from_object("django.conf:settings", namespace=namespace)
        app.set_current()
        return app

    yield make
    previous.set_current()


@pytest.fixture
def database(settings):
    """Return a function that puts the ledger into a database of its own, which is never opened."""

    def use(engine, **options):
        configured = connections.configure_settings(
            {"default": {"ENGINE": f"django.db.backends.{engine}", "NAME": "ledger", **options}}
        )
        connections.settings["ledger"] = configured["default"]
        settings.HARDY = {"DATABASE": "ledger"}

    yield use
    if connections.settings.pop("ledger", None) and hasattr(connections._connections, "ledger"):
        del connections["ledger"]


@pytest.fixture
def nobody_listens():
    """Take away who listens for failures, for the time of a test."""
    listening, task_failure.receivers[:] = list(task_failure.receivers), []
    task_failure.sender_receivers_cache.clear()
    yield
    task_failure.receivers[:] = listening
    task_failure.sender_receivers_cache.clear()
