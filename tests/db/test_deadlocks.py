from __future__ import annotations

import pytest
from django.db import OperationalError, transaction

from hardy.db.deadlocks import TRIES, again_after_deadlock
from tests.contracts.databases import ALIAS

pytestmark = pytest.mark.usefixtures("app")


class Ended(Exception):
    """As psycopg tells which error it was."""

    sqlstate = "40P01"


def deadlock(*args: object) -> OperationalError:
    error = OperationalError(*args)
    error.__cause__ = Ended()
    return error


MARIADB = OperationalError(1213, "Deadlock found when trying to get lock; try restarting transaction")
DEADLOCKS = [
    pytest.param(MARIADB, id="mariadb"),
    pytest.param(deadlock("deadlock detected"), id="postgresql"),
]


def ended(times: int, error: Exception):
    """A function that is ended this often before it succeeds, and how often it was called."""
    tried: list[int] = []

    @again_after_deadlock
    def act(answer: str) -> str:
        tried.append(1)
        if len(tried) <= times:
            raise error
        return answer

    return act, tried


@pytest.mark.parametrize("error", DEADLOCKS)
def test_who_was_ended_for_anothers_sake_tries_again(error):
    act, tried = ended(2, error)

    assert act("done") == "done"
    assert len(tried) == 3


def test_there_is_an_end_to_it():
    act, tried = ended(1000, MARIADB)

    with pytest.raises(OperationalError, match="Deadlock"):
        act("never")
    assert len(tried) == TRIES


def test_another_error_is_the_callers_at_once():
    act, tried = ended(1, OperationalError("server closed the connection unexpectedly"))

    with pytest.raises(OperationalError, match="server closed"):
        act("never")
    assert len(tried) == 1


def test_inside_the_callers_transaction_it_is_the_callers_because_more_was_undone():
    act, tried = ended(1, MARIADB)

    with pytest.raises(OperationalError), transaction.atomic(using=ALIAS):
        act("never")
    assert len(tried) == 1
