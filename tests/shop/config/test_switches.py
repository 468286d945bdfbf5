from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.database import database
from config.switches import SHOP, Switches, required


def test_a_machine_with_nothing_set_gets_the_embedded_default():
    switches = Switches.read({})

    assert (switches.port, switches.sandbox_port, switches.smtp_port) == (8000, 8025, 1025)
    assert (switches.celery_broker_url, switches.celery_result_backend) == ("hardy://", "django-db")
    assert switches.sentry_dsn == "http://public@127.0.0.1:8025/sentry/1"
    assert switches.shop_data == SHOP / ".data"
    assert switches.database_url == f"sqlite:///{SHOP / '.data' / 'shop.sqlite3'}"


def test_the_sandbox_takes_sentry_along_when_it_moves():
    assert Switches.read({"SANDBOX_PORT": "9000"}).sentry_dsn == "http://public@127.0.0.1:9000/sentry/1"


def test_an_empty_dsn_reports_nowhere():
    assert Switches.read({"SENTRY_DSN": ""}).sentry_dsn == ""


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_named(port):
    with pytest.raises(ImproperlyConfigured, match="SMTP_PORT"):
        Switches.read({"SMTP_PORT": port})


def test_servers_keep_their_connections_and_check_them():
    postgres = database("postgres://ann:secret@db.example.com/shop")

    assert postgres["ENGINE"] == "django.db.backends.postgresql"
    assert (postgres["CONN_MAX_AGE"], postgres["CONN_HEALTH_CHECKS"]) == (60, True)


@pytest.mark.parametrize("scheme", ["mysql", "mariadb"])
def test_mysql_is_spoken_without_a_compiler(scheme):
    assert database(f"{scheme}://root@127.0.0.1/shop")["ENGINE"] == "django.db.backends.mysql"

    import MySQLdb
    from django.db.backends.mysql import base  # refuses a driver that is too old

    assert base.Database is MySQLdb


def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY, CRM_URL"):
        required({"DATABASE_URL": "sqlite://"}, "SECRET_KEY", "DATABASE_URL", "CRM_URL")


def manage(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(SHOP / "manage.py"), *arguments],
        cwd=cwd,
        env={**keep, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_names_everything_it_misses_at_start(tmp_path):
    outcome = manage(
        "check", cwd=tmp_path, SHOP_DATA=str(tmp_path), DJANGO_SETTINGS_MODULE="config.settings.production"
    )

    assert outcome.returncode == 1
    for name in ("SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "CRM_URL", "GATEWAY_URL", "CARRIER_URL"):
        assert name in outcome.stderr.splitlines()[-1]


def test_production_starts_when_everything_is_given(tmp_path):
    names = ["CRM_URL", "GATEWAY_URL", "SUPPLIER_URL", "CARRIER_URL", "EMAIL_HOST", "DEFAULT_FROM_EMAIL"]
    given = {name: f"https://vendor.example.com/{name.lower()}" for name in names}
    outcome = manage(
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
        cwd=tmp_path,
        **given,
        SHOP_DATA=str(tmp_path),
        DJANGO_SETTINGS_MODULE="config.settings.production",
        SECRET_KEY="c3Bsb3NoIGFuZCBzcGxhc2ggYW5kIHNwbG9zaCBhbmQgc3BsYXNo-0123456789",
        ALLOWED_HOSTS="shop.example.com",
        DATABASE_URL="postgres://shop@db.example.com/shop",
        CELERY_BROKER_URL="hardy://",
        SENTRY_DSN="https://key@sentry.example.com/1",
    )

    assert outcome.returncode == 0, outcome.stderr


def test_the_command_line_works_from_any_folder(tmp_path):
    outcome = manage("check", cwd=tmp_path, SHOP_DATA=str(tmp_path))

    assert "no issues" in outcome.stdout, outcome.stderr
