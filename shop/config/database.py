"""DATABASE_URL becomes Django's DATABASES entry."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import dj_database_url


def database(url: str) -> dict[str, Any]:
    """One entry of DATABASES: connections live for a minute and are checked before they are used again."""
    if url.startswith(("mysql:", "mariadb:")):
        url = url.replace("mariadb:", "mysql:", 1)
        speak_mysql_without_a_compiler()
    parsed = dj_database_url.parse(url)
    if parsed["ENGINE"].endswith("sqlite3"):
        return dict(parsed)
    return {**parsed, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def speak_mysql_without_a_compiler() -> None:
    if find_spec("MySQLdb") is None:
        import pymysql

        pymysql.install_as_MySQLdb()
