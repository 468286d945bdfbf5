"""`python -m hardy init`, in projects as people lay them out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hardy.__main__ import main
from tests.management.init.layouts import (
    LAYOUTS,
    MANAGE,
    cookiecutter,
    settings_package,
    startproject,
    written,
)

RECORD = ".hardy-init.json"


@pytest.fixture(autouse=True)
def no_settings_are_named(monkeypatch):
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    monkeypatch.setattr(sys, "argv", ["python -m hardy"])


@pytest.fixture
def init(capsys, monkeypatch):
    """Runs the verb in a folder; returns its exit code and what it said."""

    def run(folder: Path, *words: str) -> tuple[int, str]:
        monkeypatch.chdir(folder)
        code = main(["init", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def texts(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix == ".py"
    }


def changed(said: str) -> list[str]:
    """The lines that a diff takes out and puts in."""
    marks = [line for line in said.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return [line for line in marks if line.strip("+-").strip()]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_shows_a_diff_and_writes_nothing(tmp_path, init, layout):
    project = LAYOUTS[layout](tmp_path / "project")
    before = texts(project)

    code, said = init(project)

    assert code == 0
    assert "Nothing is written yet: --yes writes it" in said
    assert texts(project) == before


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_is_taken_back_to_the_byte(tmp_path, init, layout):
    project = LAYOUTS[layout](tmp_path / "project")
    before = texts(project)

    assert init(project, "--yes")[0] == 0
    assert texts(project) != before
    assert (project / RECORD).exists()
    assert init(project, "--undo")[0] == 0

    assert texts(project) == before
    assert not (project / RECORD).exists()
    assert init(project, "--undo") == (1, f"There is nothing to take back: no {RECORD} lies here.\n")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_second_time_there_is_nothing_to_do(tmp_path, init, layout):
    project = LAYOUTS[layout](tmp_path / "project")
    init(project, "--yes", "--results", "--without-broker")
    before, record = texts(project), (project / RECORD).read_bytes()

    code, said = init(project, "--yes", "--results", "--without-broker")

    assert (code, said) == (0, "Nothing is to be changed: this project is on hardy.\n")
    assert texts(project) == before
    assert (project / RECORD).read_bytes() == record


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_project_then_runs_on_hardy(tmp_path, init, layout):
    project = LAYOUTS[layout](tmp_path / "project")
    init(project, "--yes", "--without-broker", "--results")
    source = Path(__file__).resolve().parents[3] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}
    code = (
        "from celery.app.utils import find_app; import hardy; from hardy.supervisor.project import celery_app;"
        "app = find_app(celery_app());"
        "print(celery_app(), isinstance(app, hardy.Celery), app.conf.broker_url, app.conf.result_backend)"
    )

    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", code],
        cwd=project, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    package = {"startproject": "mysite", "cookiecutter": "config", "settings package": "shop"}[layout]
    assert told.stdout.strip() == f"{package} True hardy:// django-db", told.stderr


def test_a_fresh_project_gets_an_application(tmp_path, init):
    project = startproject(tmp_path / "project")

    init(project, "--yes")

    assert "from hardy import Celery" in (project / "mysite/celery.py").read_text()
    assert "import app as celery_app" in (project / "mysite/__init__.py").read_text()
    settings = (project / "mysite/settings.py").read_text()
    assert (
        "    'django.contrib.staticfiles',\n    'hardy',\n]\n\nCELERY_BROKER_URL = \"hardy://\"\n" in settings
    )


def test_a_project_with_a_broker_keeps_it_unless_told_otherwise(tmp_path, init):
    project = cookiecutter(tmp_path / "project")

    _, said = init(project)

    assert changed(said) == ["-from celery import Celery", "+from hardy import Celery", '+    "hardy",']
    assert "CELERY_BROKER_URL stays as it is" in said
    assert "CELERY_RESULT_BACKEND stays as it is" in said


def test_a_broker_that_also_keeps_the_results_is_not_taken_away_from_them(tmp_path, init):
    project = cookiecutter(tmp_path / "project")

    code, said = init(project, "--without-broker", "--yes")
    assert code == 1
    assert said.startswith("CELERY_RESULT_BACKEND is the address of the broker")

    _, said = init(project, "--without-broker", "--results")
    assert changed(said)[2:] == [
        '+    "django_celery_results",',
        '+    "hardy",',
        '-CELERY_BROKER_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:1/0")',
        "-CELERY_RESULT_BACKEND = CELERY_BROKER_URL",
        '+CELERY_BROKER_URL = "hardy://"',
        '+CELERY_RESULT_BACKEND = "django-db"',
    ]


def test_settings_that_say_another_broker_are_named(tmp_path, init):
    project = cookiecutter(tmp_path / "project")
    production = project / "config/settings/production.py"
    production.write_text('from .base import *\nCELERY_BROKER_URL = "redis://broker/0"\n')

    _, said = init(project, "--without-broker", "--results")

    assert "production.py sets CELERY_BROKER_URL as well, and is left as it is" in said
    assert "redis://broker" not in said


def test_results_need_their_app(tmp_path, init, monkeypatch):
    monkeypatch.setattr("hardy.management.init.celery_settings.find_spec", lambda name: None)

    code, said = init(startproject(tmp_path / "project"), "--results")

    assert (code, said) == (
        1,
        "--results needs django-celery-results. Install it first: pip install django-celery-results\n",
    )


def test_settings_that_are_a_package_are_changed_where_the_list_is(tmp_path, init):
    project = settings_package(tmp_path / "project")

    init(project, "--yes")

    assert (project / "shop/settings/apps.py").read_text() == (
        "INSTALLED_APPS = (\n    'django.contrib.contenttypes',  # first\n    'hardy',\n)\n\n"
        'CELERY_BROKER_URL = "hardy://"\n'
    )


def test_a_machine_gets_one_json_object(tmp_path, init):
    said = json.loads(init(cookiecutter(tmp_path / "project"), "--json")[1])

    assert [change["file"] for change in said["changes"]] == [
        "config/celery_app.py",
        "config/settings/base.py",
    ]
    assert "+from hardy import Celery" in said["changes"][0]["diff"]
    assert len(said["notes"]) == 2
    assert said["written"] is False


# taking back


def test_what_was_written_elsewhere_in_the_file_meanwhile_stays(tmp_path, init):
    project = cookiecutter(tmp_path / "project")
    init(project, "--yes")
    base = project / "config/settings/base.py"
    base.write_text(base.read_text() + "MINE = 1\n")

    assert init(project, "--undo")[0] == 0

    text = base.read_text()
    assert "MINE = 1" in text
    assert '"hardy"' not in text


def test_what_was_changed_in_the_same_place_is_left_to_a_person(tmp_path, init):
    project = cookiecutter(tmp_path / "project")
    init(project, "--yes")
    base = project / "config/settings/base.py"
    base.write_text(base.read_text().replace('"hardy",', '"hardy.apps.HardyConfig",'))
    before = texts(project)

    code, said = init(project, "--undo")

    assert code == 1
    assert said.startswith("config/settings/base.py has been changed where hardy init had changed it.")
    assert texts(project) == before


def test_a_new_file_that_was_changed_is_left_to_a_person(tmp_path, init):
    project = startproject(tmp_path / "project")
    init(project, "--yes")
    (project / "mysite/celery.py").write_text("# mine\n")

    assert "Delete it by hand if nobody needs it" in init(project, "--undo")[1]
    assert (project / "mysite/celery.py").read_text() == "# mine\n"


def test_two_steps_are_taken_back_together(tmp_path, init):
    project = startproject(tmp_path / "project")
    before = texts(project)
    init(project, "--yes")
    assert init(project, "--yes", "--results")[0] == 0

    init(project, "--undo")

    assert texts(project) == before


def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(tmp_path, init, monkeypatch):
    project = cookiecutter(tmp_path / "project")
    before = texts(project)
    write = Path.write_bytes

    def full(path, content):
        if path.name == "base.py" and b'"hardy"' in content:
            raise OSError("the disk is full")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)

    assert init(project, "--yes") == (1, "Nothing was changed: the disk is full\n")
    assert texts(project) == before
    assert not (project / RECORD).exists()


# refusing


def test_where_no_project_is_it_says_so(tmp_path, init):
    code, said = init(tmp_path)

    assert code == 1
    assert "There is no manage.py in" in said
    assert "--settings config.settings.base" in said


def test_settings_that_manage_py_does_not_say_plainly_are_asked_for(tmp_path, init):
    project = settings_package(tmp_path / "project")
    (project / "manage.py").write_text(
        "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = os.environ['MINE']\n"
    )

    assert "does not say plainly which settings it uses" in init(project)[1]
    assert init(project, "--settings", "shop.settings")[0] == 0
    (project / "manage.py").write_text("import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n")
    assert init(project)[0] == 0


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("shop/settings/apps.py", "globals()['INSTALLED_' + 'APPS'] = []\n", 'Add "hardy" to it by hand'),
        ("shop/settings/apps.py", "INSTALLED_APPS = [\n", "is not valid Python"),
        ("shop/settings/apps.py", "INSTALLED_APPS = [ # none\n]\n", "to this list by hand"),
        ("shop/other.py", "from celery import Celery\n", ""),
        ("shop/celery_app.py", "from celery import Celery\nb = Celery()\n", "More than one file makes"),
        ("shop/celery.py", "app = 1\n", "makes no Celery application that can be seen"),
        ("shop/celery.py", "from celery import (Celery, # ours\n  chain)\nCelery()\n", "has comments inside"),
        (
            "manage.py",
            MANAGE.format(settings="nowhere.settings"),
            "no file for the settings 'nowhere.settings'",
        ),
    ],
)
def test_what_it_cannot_change_it_leaves_alone_and_names(tmp_path, init, file, text, says):
    project = written(settings_package(tmp_path / "project"), {file: text})
    before = texts(project)

    code, said = init(project, "--yes")

    if says:
        assert (code, texts(project)) == (1, before)
        assert says in said
        assert "Traceback" not in said
    else:
        assert code == 0


def test_an_application_whose_settings_have_another_prefix_keeps_its_broker(tmp_path, init):
    project = settings_package(tmp_path / "project")
    celery = project / "shop/celery.py"
    celery.write_text(celery.read_text().replace(', namespace="CELERY"', ""))

    code, said = init(project, "--yes")

    assert code == 0
    assert "shop/celery.py does not say plainly which settings are Celery's" in said
    assert "BROKER_URL" not in (project / "shop/settings/apps.py").read_text()


def test_settings_in_no_package_are_left_to_a_person(tmp_path, init):
    project = written(
        tmp_path / "project",
        {"manage.py": MANAGE.format(settings="settings"), "settings.py": "INSTALLED_APPS = []\n"},
    )

    assert "lie in no package" in init(project)[1]


# ways of writing it


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from celery import Celery\nCelery()\n", "from hardy import Celery\nCelery()\n"),
        ("from celery import Celery as C\nC()\n", "from hardy import Celery as C\nC()\n"),
        (
            "from celery import chain, Celery\nCelery()\n",
            "from celery import chain\nfrom hardy import Celery\nCelery()\n",
        ),
        ("import celery\napp = celery.Celery()\n", "import celery\nimport hardy\napp = hardy.Celery()\n"),
        (
            "def make():\n    from celery import Celery, chain\n    return Celery()\n",
            "def make():\n    from celery import chain\n    from hardy import Celery\n    return Celery()\n",
        ),
        ("from hardy import Celery\nCelery()\n", "from hardy import Celery\nCelery()\n"),
        ('"""é"""; from celery import Celery\nCelery()\n', '"""é"""; from hardy import Celery\nCelery()\n'),
        ("\ufefffrom celery import Celery\r\nCelery()\r\n", "\ufefffrom hardy import Celery\r\nCelery()\r\n"),
    ],
)
def test_every_way_of_importing_is_changed(tmp_path, init, before, after):
    project = settings_package(tmp_path / "project")
    (project / "shop/celery.py").write_bytes(before.encode())

    assert init(project, "--yes")[0] == 0

    assert (project / "shop/celery.py").read_bytes().decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("INSTALLED_APPS = []", 'INSTALLED_APPS = ["hardy"]'),
        ("INSTALLED_APPS = ()", 'INSTALLED_APPS = ("hardy",)'),
        ("INSTALLED_APPS = ['a', 'b']", "INSTALLED_APPS = ['a', 'b', 'hardy']"),
        ("INSTALLED_APPS = ['a', 'b',]", "INSTALLED_APPS = ['a', 'b', 'hardy',]"),
        ("INSTALLED_APPS = [\n    'a'\n]", "INSTALLED_APPS = [\n    'a',\n    'hardy',\n]"),
        ("INSTALLED_APPS = [\n\t'a'  # b, c\n]", "INSTALLED_APPS = [\n\t'a',  # b, c\n\t'hardy',\n]"),
        ("INSTALLED_APPS: list[str] = ['a']", "INSTALLED_APPS: list[str] = ['a', 'hardy']"),
        (
            "OURS = ['a']\nINSTALLED_APPS = ['b'] + OURS",
            "OURS = ['a', 'hardy']\nINSTALLED_APPS = ['b'] + OURS",
        ),
        ("INSTALLED_APPS = [*OURS]", 'INSTALLED_APPS = [*OURS, "hardy"]'),
        ("INSTALLED_APPS = find()", 'INSTALLED_APPS = find()\nINSTALLED_APPS = [*INSTALLED_APPS, "hardy"]'),
        (
            "INSTALLED_APPS = 'a', 'b'",
            "INSTALLED_APPS = 'a', 'b'\nINSTALLED_APPS = [*INSTALLED_APPS, \"hardy\"]",
        ),
        ("INSTALLED_APPS = ['a']\nINSTALLED_APPS += ['hardy']", None),
        ("INSTALLED_APPS = ['hardy.apps.HardyConfig']", None),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""], ids=["unix", "windows", "open"])
def test_every_way_of_listing_apps_is_changed(tmp_path, init, before, after, end):
    project = settings_package(tmp_path / "project")
    newline = end or "\n"
    broker = 'CELERY_BROKER_URL = "hardy://"'
    apps = project / "shop/settings/apps.py"
    apps.write_bytes(f"{broker}\n{before}".replace("\n", newline).encode() + end.encode())

    assert init(project, "--yes")[0] == 0

    text = apps.read_bytes().decode()
    assert text.removesuffix(newline) == f"{broker}\n{after or before}".replace("\n", newline)


# the other faces


def test_the_same_is_a_verb_of_manage_py(tmp_path):
    project = cookiecutter(tmp_path / "project")
    source = Path(__file__).resolve().parents[3] / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}
    base = project / "config/settings/base.py"
    base.write_text(base.read_text().replace('"django_celery_beat"', '"hardy"'))

    told = subprocess.run(
        [sys.executable, str(project / "manage.py"), "hardy", "init"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert changed(told.stdout) == ["-from celery import Celery", "+from hardy import Celery"], told.stderr


def test_what_it_does_not_know_is_pointed_to_manage_py(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "python manage.py hardy --help" in capsys.readouterr().out

    with pytest.raises(SystemExit):
        main(["--version"])
    assert "hardy 0." in capsys.readouterr().out
