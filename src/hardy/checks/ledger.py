"""Checks of hardy's own settings and of the database that holds the ledger."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage
from django.db import connections
from django.utils.module_loading import import_string

from hardy.checks.findings import Check, declare
from hardy.conf import settings
from hardy.errors import BadSetting

BAD_SETTING = declare(
    "hardy.E002",
    when="A key of `HARDY` does not exist, or its value cannot be used.",
    says="{problem}",
    hint="Change HARDY in the settings file: the message names what is right.",
)
NOT_IMPORTABLE = declare(
    "hardy.E003",
    when="`HARDY` names a policy or a duty that cannot be imported.",
    says="HARDY[{key!r}] names {path!r}, which cannot be imported: {error}",
    hint="Write the dotted path of a class, and install the package that holds it.",
)
NO_SUCH_DATABASE = declare(
    "hardy.E004",
    when="`HARDY['DATABASE']` is no alias in `DATABASES`.",
    says="HARDY['DATABASE'] is {alias!r}, and DATABASES has only {aliases}.",
    hint="Name the alias of the database that holds the data of your tasks: jobs commit with that data.",
)
NAIVE_TIMES = declare(
    "hardy.E005",
    when="`USE_TZ` is off.",
    says="USE_TZ is False: the ledger cannot tell when a job is due.",
    hint="Set USE_TZ = True.",
)
SERVER_TOO_OLD = declare(
    "hardy.E006",
    when="The ledger's server is older than MariaDB 10.6 or MySQL 8.0.1 (said by `migrate` and `check --database`).",
    says="The ledger ({alias!r}) is on {server}, which knows no SKIP LOCKED: workers could not take jobs.",
    hint="Use MariaDB 10.8, MySQL 8.0.1 or newer.",
)
SERVER_SORTS_SLOWLY = declare(
    "hardy.W014",
    when="The ledger's server is MariaDB 10.6 or 10.7 (said by `migrate` and `check --database`).",
    says="The ledger ({alias!r}) is on {server}, which has no descending index: workers read all that waits.",
    hint="Use MariaDB 10.8 or newer.",
)
SQLITE_IN_PRODUCTION = declare(
    "hardy.W008",
    when="The ledger is on SQLite while `DEBUG` is off.",
    says="The ledger is on SQLite ({alias!r}): only one process writes at a time, and only on one machine.",
    hint="Use PostgreSQL, or MariaDB/MySQL, in production.",
    deploy=True,
)

DEADLOCKS = declare(
    "hardy.W016",
    when="The ledger is on MariaDB or MySQL with an isolation level above `read committed`.",
    says="The ledger ({alias!r}) has isolation_level {level!r}: InnoDB locks gaps between rows, and senders deadlock.",
    hint=(
        "Leave 'isolation_level' out of OPTIONS: Django's default is 'read committed'. Whoever needs more sets it for "
        "a transaction of its own."
    ),
)

#: Levels of isolation at which InnoDB locks no gaps (mariadb.com/kb/en/innodb-lock-modes).
WITHOUT_GAP_LOCKS = ("read committed", "read uncommitted")
#: The first versions with SKIP LOCKED, by whether it is MariaDB; and the first MariaDB with descending indexes
#: (mariadb.com/kb/en/select, mariadb.com/kb/en/descending-indexes, dev.mysql.com/doc/relnotes/mysql/8.0).
SKIPS_LOCKED = {True: (10, 6), False: (8, 0, 1)}
SORTS_DOWNWARDS = (10, 8)


def hardys_settings_are_right(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [BAD_SETTING(problem=problem) for problem in settings.problems()]


def policies_and_duties_can_be_imported(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    found = []
    for key in ("POLICIES", "DUTIES"):
        for path in _setting(key, default=[]):
            try:
                import_string(path)
            except ImportError as error:
                found.append(NOT_IMPORTABLE(key=key, path=path, error=error))
    return found


def database_exists(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    alias = _setting("DATABASE", default=None)
    if alias is None or alias in connections.settings:
        return []
    return [NO_SUCH_DATABASE(alias=alias, aliases=", ".join(map(repr, connections.settings)))]


def times_are_aware(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    return [] if django_settings.USE_TZ else [NAIVE_TIMES()]


def ledger_is_on_a_server(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    database = _database()
    if database is None or database.vendor != "sqlite" or django_settings.DEBUG:
        return []
    return [SQLITE_IN_PRODUCTION(alias=database.alias)]


def server_is_new_enough(
    app_configs: object, databases: Collection[str] | None = None, **kwargs: object
) -> list[CheckMessage]:
    """Django names ``databases`` where a check may connect to them: in `migrate` and in `check --database`."""
    database = _database()
    if database is None or database.vendor != "mysql" or database.alias not in (databases or ()):
        return []
    server = (
        f"{'MariaDB' if database.mysql_is_mariadb else 'MySQL'} {'.'.join(map(str, database.mysql_version))}"
    )
    if database.mysql_version < SKIPS_LOCKED[database.mysql_is_mariadb]:
        return [SERVER_TOO_OLD(alias=database.alias, server=server)]
    if database.mysql_is_mariadb and database.mysql_version < SORTS_DOWNWARDS:
        return [SERVER_SORTS_SLOWLY(alias=database.alias, server=server)]
    return []


def senders_do_not_deadlock(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    database = _database()
    if database is None or database.vendor != "mysql":
        return []
    # None is whatever the server has, which is "repeatable read" unless somebody has changed it.
    level = database.settings_dict.get("OPTIONS", {}).get("isolation_level", WITHOUT_GAP_LOCKS[0])
    if level is not None and level.lower() in WITHOUT_GAP_LOCKS:
        return []
    return [DEADLOCKS(alias=database.alias, level=level)]


def _database() -> Any:
    """Return the ledger's database, or None when that is missing: `database_exists` says so already."""
    alias = _setting("DATABASE", default=None)
    return connections[alias] if alias in connections.settings else None


def _setting(key: str, default: Any) -> Any:
    """Return a setting, or the default while it is wrong: `hardys_settings_are_right` says so already."""
    try:
        return getattr(settings, key)
    except BadSetting:
        return default


CHECKS: list[Check] = [
    hardys_settings_are_right,
    policies_and_duties_can_be_imported,
    database_exists,
    times_are_aware,
    server_is_new_enough,
    senders_do_not_deadlock,
]
DEPLOY_CHECKS: list[Check] = [ledger_is_on_a_server]
