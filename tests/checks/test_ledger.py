from __future__ import annotations

import pymysql
import pytest
from django.db import connections

from hardy.checks import ledger


def ids(messages):
    return [message.id for message in messages]


def test_every_problem_of_hardys_settings_is_an_error(settings):
    settings.HARDY = {"HEARTBEET": 1, "CRASH_CAP": "3"}

    messages = ledger.hardys_settings_are_right(None)

    assert ids(messages) == ["hardy.E002", "hardy.E002"]
    assert "HEARTBEAT" in messages[0].msg
    assert "must be an int" in messages[1].msg


def test_a_policy_that_cannot_be_imported_is_an_error(settings):
    settings.HARDY = {"POLICIES": ["hardy.worker.policy.Ledgr"], "DUTIES": ["nowhere.Duty"]}

    messages = ledger.policies_and_duties_can_be_imported(None)

    assert ids(messages) == ["hardy.E003", "hardy.E003"]
    assert "hardy.worker.policy.Ledgr" in messages[0].msg
    assert "No module named 'nowhere'" in messages[1].msg


def test_the_policies_and_duties_of_hardy_can_be_imported(settings):
    settings.HARDY = {}

    assert ledger.policies_and_duties_can_be_imported(None) == []


def test_a_database_that_does_not_exist_is_an_error_that_names_those_that_do(settings):
    settings.HARDY = {"DATABASE": "legder"}

    [message] = ledger.database_exists(None)

    assert message.id == "hardy.E004"
    assert "'legder'" in message.msg
    assert "'default'" in message.msg


def test_naive_times_are_an_error(settings):
    settings.USE_TZ = False

    assert ids(ledger.times_are_aware(None)) == ["hardy.E005"]


def test_sqlite_is_for_development(database, settings):
    database("sqlite3")

    settings.DEBUG = True
    assert ledger.ledger_is_on_a_server(None) == []

    settings.DEBUG = False
    assert ids(ledger.ledger_is_on_a_server(None)) == ["hardy.W008"]
    assert ledger.ledger_is_on_a_server in ledger.DEPLOY_CHECKS


@pytest.mark.parametrize("hardy_settings", [{"DATABASE": 3}, {"DATABASE": "legder"}, {"HEARTBEET": 1}])
def test_what_is_wrong_with_hardys_settings_is_said_once(settings, hardy_settings):
    settings.HARDY = hardy_settings

    messages = [message for check in ledger.CHECKS + ledger.DEPLOY_CHECKS for message in check(None)]

    assert len(messages) == 1


@pytest.mark.parametrize(
    ("is_mariadb", "version", "found"),
    [
        (True, (10, 5, 29), ["hardy.E006"]),
        (True, (10, 6, 0), ["hardy.W014"]),
        (True, (10, 7, 8), ["hardy.W014"]),
        (True, (10, 8, 1), []),
        (True, (11, 4), []),
        (False, (8, 0, 0), ["hardy.E006"]),
        (False, (8, 0, 1), []),
        (False, (9, 1, 0), []),
    ],
)
def test_a_server_that_is_too_old_is_named_with_its_version(is_mariadb, version, found, database):
    pymysql.install_as_MySQLdb()
    database("mysql")
    connections["ledger"].mysql_is_mariadb, connections["ledger"].mysql_version = is_mariadb, version

    messages = ledger.server_is_new_enough(None, databases=["ledger"])

    assert ids(messages) == found
    assert all(".".join(map(str, version)) in message.msg for message in messages)


@pytest.mark.parametrize(
    ("engine", "options", "found"),
    [
        ("mysql", {}, []),
        ("mysql", {"OPTIONS": {"isolation_level": "read committed"}}, []),
        ("mysql", {"OPTIONS": {"isolation_level": "READ UNCOMMITTED"}}, []),
        ("mysql", {"OPTIONS": {"isolation_level": "repeatable read"}}, ["hardy.W016"]),
        ("mysql", {"OPTIONS": {"isolation_level": "serializable"}}, ["hardy.W016"]),
        ("mysql", {"OPTIONS": {"isolation_level": None}}, ["hardy.W016"]),
        ("postgresql", {"OPTIONS": {"isolation_level": 4}}, []),
        ("sqlite3", {}, []),
    ],
)
def test_an_isolation_level_at_which_senders_deadlock_is_named(engine, options, found, database):
    pymysql.install_as_MySQLdb()
    database(engine, **options)

    assert ids(ledger.senders_do_not_deadlock(None)) == found
