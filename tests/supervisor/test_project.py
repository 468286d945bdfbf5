"""What `hardy up` learns about the project it runs in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from celery.app.utils import find_app

from hardy.errors import BadSetting
from hardy.supervisor import project as this_project


@pytest.mark.parametrize("setting", ["WSGI_APPLICATION", "ROOT_URLCONF", "ASGI_APPLICATION"])
def test_the_celery_application_is_found_from_the_settings(settings, setting):
    for name in ("WSGI_APPLICATION", "ROOT_URLCONF", "ASGI_APPLICATION"):
        setattr(settings, name, None)
    setattr(settings, setting, "config.something")

    assert this_project.celery_app() == "config"


def test_a_project_without_celery_py_is_told_what_to_do(settings):
    settings.WSGI_APPLICATION = settings.ASGI_APPLICATION = None
    settings.ROOT_URLCONF = "email.urls"

    with pytest.raises(
        BadSetting, match=r"No Celery application in email: write celery\.py .* or name it with --app"
    ):
        this_project.celery_app()
    assert this_project.celery_app_or_placeholder() == "<project>"


def test_an_application_that_the_package_only_exports_is_found_as_celery_finds_it(
    settings, tmp_path, monkeypatch
):
    package = tmp_path / "exporting"
    package.mkdir()
    (package / "__init__.py").write_text("from exporting.celery_app import app as celery_app\n")
    (package / "celery_app.py").write_text(
        "import hardy\napp = hardy.Celery('exporting', broker='memory://', set_as_current=False)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings.WSGI_APPLICATION = settings.ASGI_APPLICATION = None
    settings.ROOT_URLCONF = "exporting.urls"

    assert this_project.celery_app() == "exporting"
    assert find_app("exporting").main == "exporting"


APP = "import hardy\napp = hardy.Celery('found', broker='memory://', set_as_current=False)\n"


@pytest.mark.parametrize(
    ("urls", "files", "expected"),
    [
        ("site_a.urls", {"site_a/__init__.py": "", "site_a/celery.py": APP}, "site_a"),
        (
            "site_b.urls",
            {"site_b/__init__.py": "from site_b.work import app\n", "site_b/work.py": APP},
            "site_b",
        ),
        ("site_c.urls", {"site_c/__init__.py": "", "site_c/celery_app.py": APP}, "site_c.celery_app"),
        (
            "site_d.config.urls",
            {"site_d/__init__.py": "", "site_d/config/__init__.py": "", "site_d/config/celery.py": APP},
            "site_d.config",
        ),
        (
            "site_e.config.urls",
            {"site_e/__init__.py": "", "site_e/config/__init__.py": "", "site_e/celery.py": APP},
            "site_e",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_application_is_found_wherever_celery_finds_it(
    settings, tmp_path, monkeypatch, urls, files, expected
):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    settings.WSGI_APPLICATION = settings.ASGI_APPLICATION = None
    settings.ROOT_URLCONF = urls

    assert this_project.celery_app() == expected
    assert find_app(expected).main == "found"


def test_the_folder_of_an_application_that_does_not_exist_is_refused():
    with pytest.raises(BadSetting, match="--app nowhere: there is no module 'nowhere'"):
        this_project.folder("nowhere")


def test_the_folder_is_the_one_that_must_be_importable():
    assert (this_project.folder("config.celery:app") / "manage.py").exists()


def test_installed_packages_are_not_watched():
    folders = this_project.source_folders("config")

    assert this_project.folder("config") / "config" in folders
    assert not [folder for folder in folders if "site-packages" in folder.parts]


@pytest.mark.parametrize("start", [["manage.py"], ["-m", "django"]])
def test_the_web_server_is_started_the_way_up_was(project: Path, start):
    code = "import sys; from hardy.supervisor.project import manage_command; print(manage_command())"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "pages.settings", "PYTHONPATH": str(project)}
    environment.pop("PAGES_HARDY", None)
    command = project / "pages" / "management" / "commands" / "tell.py"
    command.parent.mkdir(parents=True)
    command.write_text(
        "from django.core.management.base import BaseCommand\n"
        "class Command(BaseCommand):\n"
        "    def handle(self, **options):\n"
        f"        {code}\n"
    )
    settings = project / "pages" / "settings.py"
    settings.write_text(settings.read_text().replace('"hardy"]', '"hardy", "pages"]'))

    told = subprocess.run(
        [sys.executable, *start, "tell"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    expected = [sys.executable, *start] if start[0] == "-m" else [sys.executable, str(project / "manage.py")]
    assert told.stdout.strip() == repr(expected)
