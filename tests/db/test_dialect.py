from __future__ import annotations

import pytest
from django.db import connections
from django.db.backends.dummy.base import DatabaseWrapper

from hardy.db.dialect import (
    DIALECTS,
    FURTHEST,
    MYSQL,
    POSTGRESQL,
    SQLITE,
    dialect_of,
    ledger_connection,
    state_is,
)


def test_the_ledger_is_where_the_setting_says(settings):
    settings.HARDY = {"DATABASE": "default"}

    assert ledger_connection() is connections["default"]


@pytest.mark.parametrize("vendor", DIALECTS)
def test_each_database_has_its_dialect(vendor):
    wrapper = DatabaseWrapper({}, "ledger")
    wrapper.vendor = vendor

    assert dialect_of(wrapper).vendor == vendor


def test_a_database_that_hardy_does_not_know_is_refused_with_those_it_knows():
    wrapper = DatabaseWrapper({}, "ledger")
    wrapper.vendor = "oracle"

    with pytest.raises(NotImplementedError, match=r"'oracle'.*mysql, postgresql, sqlite"):
        dialect_of(wrapper)


@pytest.mark.parametrize("dialect", [POSTGRESQL, MYSQL], ids=lambda dialect: dialect.vendor)
def test_seconds_are_numbers_that_no_calendar_refuses(dialect):
    assert dialect.seconds(1.5) == 1.5
    assert dialect.seconds(-3) == -3
    assert dialect.seconds(1e30) == FURTHEST
    assert dialect.seconds(-1e30) == -FURTHEST


def test_seconds_of_sqlite_are_a_modifier_with_a_sign():
    assert SQLITE.seconds(1.5) == "+1.500000 seconds"
    assert SQLITE.seconds(-3) == "-3.000000 seconds"


def test_a_condition_on_the_state_names_the_states_and_nothing_an_index_could_serve():
    assert state_is("held", "queued") == "CASE WHEN state IN ('held', 'queued') THEN 1 ELSE 0 END = 1"
