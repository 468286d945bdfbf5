"""How the project is set up: the application, its settings modules, its packages."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import config
from config.celery import app
from hardy import Celery

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_application_is_hardys_and_has_the_name_of_the_patterns():
    assert type(app) is Celery
    assert app.main == "myproject"
    assert config.__all__ == ("celery_app",)
    assert config.celery_app is app


def test_the_settings_are_four_modules():
    modules = {file.stem for file in (REPOSITORY / "shop" / "config" / "settings").glob("*.py")}

    assert modules == {"__init__", "base", "development", "production", "test"}


def test_without_a_word_the_application_takes_the_development_settings(tmp_path):
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    script = "from config.celery import app; app.conf.task_acks_late; from django.conf import settings as s; print(s)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**inherited, "PYTHONPATH": str(REPOSITORY / "shop"), "SHOP_DATA": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert "config.settings.development" in done.stdout


@pytest.mark.parametrize(("command", "seconds"), [("runserver", "0"), ("shell", "60")])
def test_the_development_server_keeps_no_connection_for_threads_that_are_gone(tmp_path, command, seconds):
    script = "from config.settings import development as s; print(s.DATABASES['default']['CONN_MAX_AGE'])"
    done = subprocess.run(
        [sys.executable, "-c", script, command],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "shop"), "SHOP_DATA": str(tmp_path), "DATABASE_URL": "postgres://db/shop"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == seconds


def test_the_packages_of_the_patterns_are_installed_apps(settings):
    assert {"django_celery_results", "django_celery_beat", "hardy"} <= set(settings.INSTALLED_APPS)
    for package in ("redis", "django_celery_results", "django_celery_beat"):
        importlib.import_module(package)


def test_tests_run_tasks_where_they_are_called(settings):
    assert settings.CELERY_TASK_ALWAYS_EAGER is True
    assert settings.CELERY_TASK_EAGER_PROPAGATES is True
