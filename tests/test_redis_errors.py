"""What Redis answers while it may not write, told from what else goes wrong."""

from __future__ import annotations

import pytest
from redis.exceptions import ConnectionError as LostConnection
from redis.exceptions import ReadOnlyError, ResponseError

from hardy.redis_errors import as_lost_connection, passes


def raised_from(error: Exception, cause: Exception) -> Exception:
    try:
        raise error from cause
    except Exception as raised:
        return raised


@pytest.mark.parametrize(
    "error",
    [
        ReadOnlyError("You can't write against a read only replica."),
        ResponseError("MISCONF Redis is configured to save RDB snapshots"),
        raised_from(RuntimeError("could not send"), ReadOnlyError("read only")),
    ],
)
def test_what_passes_is_like_a_lost_connection(error):
    assert passes(error)
    assert isinstance(as_lost_connection(error), LostConnection)


@pytest.mark.parametrize("error", [ResponseError("WRONGTYPE"), LostConnection("closed"), None])
def test_nothing_else_is(error):
    assert not passes(error)


def test_an_error_that_was_raised_from_itself_is_looked_at_once():
    itself = LostConnection("Connection closed by server.")
    itself.__cause__ = itself
    turn, again = LostConnection("closed"), OSError("reset")
    turn.__cause__, again.__cause__ = again, turn

    assert not passes(itself)
    assert not passes(turn)
