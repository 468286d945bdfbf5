"""Projects as people lay them out, none of which knows hardy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.core.management import call_command

MANAGE = """\
import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
CELERY = """\
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""
SETTINGS = """\
SECRET_KEY = "of a test"
USE_TZ = True
ROOT_URLCONF = "{package}.urls"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
"""
BROKER = """
if USE_TZ:
    CELERY_TIMEZONE = "UTC"
CELERY_BROKER_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0")
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
CELERY_TASK_TIME_LIMIT = 5 * 60
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def startproject(folder: Path) -> Path:
    """What Django makes: no Celery at all."""
    folder.mkdir()
    call_command("startproject", "mysite", str(folder))
    return folder


def cookiecutter(folder: Path) -> Path:
    """As cookiecutter-django has it: base settings, the apps in three lists, celery_app.py, a broker."""
    apps = (
        'DJANGO_APPS = [\n    "django.contrib.contenttypes",\n    # "django.contrib.humanize", # template tags\n]\n'
        'THIRD_PARTY_APPS = [\n    "django_celery_beat",\n]\n'
        "LOCAL_APPS = [\n    # Your stuff: custom apps go here\n]\n"
        "INSTALLED_APPS = DJANGO_APPS + THIRD_PARTY_APPS + LOCAL_APPS\n"
    )
    base = f"import os\n\n{SETTINGS.format(package='config')}\n{apps}{BROKER}# Your stuff\n"
    local = 'from .base import *  # noqa: F403\n\nINSTALLED_APPS = ["django.contrib.staticfiles", *INSTALLED_APPS]\n'
    return written(
        folder,
        {
            "manage.py": MANAGE.format(settings="config.settings.local"),
            "config/__init__.py": 'from .celery_app import app as celery_app\n\n__all__ = ("celery_app",)\n',
            "config/celery_app.py": CELERY.format(settings="config.settings.local"),
            "config/urls.py": "urlpatterns = []\n",
            "config/settings/__init__.py": "",
            "config/settings/base.py": base,
            "config/settings/local.py": local,
            "config/settings/production.py": "from .base import *  # noqa: F403\n",
            "shop/__init__.py": "",
            "tests/test_celery.py": "from celery import Celery\n\napp = Celery('of a test')\n",
            ".venv/lib/celery.py": "from celery import Celery\n\napp = Celery('installed')\n",
        },
    )


def settings_package(folder: Path) -> Path:
    """Settings that are a package and gather themselves from its modules; the application beside them."""
    return written(
        folder,
        {
            "manage.py": MANAGE.format(settings="shop.settings"),
            "shop/__init__.py": "",
            "shop/celery.py": CELERY.format(settings="shop.settings"),
            "shop/urls.py": "urlpatterns = []\n",
            "shop/settings/__init__.py": "from shop.settings.apps import *\nfrom .plain import *\n",
            "shop/settings/apps.py": "INSTALLED_APPS = (\n    'django.contrib.contenttypes',  # first\n)\n",
            "shop/settings/plain.py": SETTINGS.format(package="shop"),
        },
    )


LAYOUTS = {"startproject": startproject, "cookiecutter": cookiecutter, "settings package": settings_package}
