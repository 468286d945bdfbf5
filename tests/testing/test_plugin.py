"""The plugin in a project's own pytest run."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

PROJECT = {
    "conftest": "",
    "settings": """
        SECRET_KEY = "x"
        INSTALLED_APPS = ["hardy"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        CELERY_TASK_ALWAYS_EAGER = True
        USE_TZ = True
    """,
    "project": """
        import os
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
        from hardy import Celery
        app = Celery("project", broker="redis://nowhere:1/0", backend="redis://nowhere:1/0")
        app.config_from_object("django.conf:settings", namespace="CELERY")

        @app.task
        def double(number):
            return 2 * number

        @app.task
        def total(numbers):
            return sum(numbers)
    """,
}


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project of a stranger, with a broker that is not there."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    pytester.makepyfile(**PROJECT)
    pytester.makeini("[pytest]\npythonpath = .\nDJANGO_SETTINGS_MODULE = settings\n")
    return pytester


def run(project: pytest.Pytester, body: str) -> pytest.RunResult:
    imports = "import pytest\nfrom celery import chord\nfrom project import app, double, total\n"
    project.makepyfile(test_it=imports + body)
    return project.runpytest_subprocess("-p", "no:randomly", "-q")


def test_a_projects_tests_need_neither_broker_nor_result_server(project):
    done = run(
        project,
        """
@pytest.mark.django_db
def test_workflow(hardy_jobs):
    result = chord([double.s(1), double.s(2)], total.s()).delay()
    hardy_jobs.drain()
    assert result.get(timeout=0) == 6

@pytest.mark.django_db
def test_it_is_eager_again():
    assert double.delay(2).get() == 4

def test_the_fixture_comes_after_the_database(hardy_jobs, db):
    double.delay(1)
    hardy_jobs.assert_enqueued(double, [1])
""",
    )

    done.assert_outcomes(passed=3)


def test_without_a_database_the_way_out_is_told(project):
    done = run(
        project,
        """
def test_with_the_fixture(hardy_jobs):
    hardy_jobs.assert_enqueued(double)

def test_sending(hardy_jobs):
    double.delay(1)
""",
    )

    done.assert_outcomes(failed=2)
    assert done.stdout.str().count("mark it @pytest.mark.django_db") >= 2


def test_a_stock_app_is_told_which_line_to_change(project):
    project.makepyfile(project=PROJECT["project"].replace("from hardy import", "from celery import"))
    done = run(project, "def test_it(hardy_jobs, db):\n    pass\n")

    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*Write `from hardy import Celery` where it is made*"])


def test_a_project_without_django_settings_does_not_notice_it(pytester):
    pytester.makepyfile("def test_it():\n    assert True")

    done = pytester.runpytest_subprocess("-q", "-p", "no:django")

    done.assert_outcomes(passed=1)


def test_celerys_own_fixtures_work_beside_it(project):
    done = run(
        project,
        """
pytest_plugins = []

@pytest.fixture(scope="session")
def celery_config():
    return {"broker_url": "memory://", "result_backend": "cache+memory://"}

def test_worker(celery_app, celery_worker):
    @celery_app.task
    def triple(number):
        return 3 * number

    celery_worker.reload()
    assert triple.delay(2).get(timeout=30) == 6
""",
    )
    project.makeconftest('pytest_plugins = ["celery.contrib.pytest"]')
    done = project.runpytest_subprocess("-q", "-p", "no:randomly", "-p", "celery.contrib.testing.tasks")

    done.assert_outcomes(passed=1)
