"""A test that Django runs inside a transaction, for code that must not notice: commits happen, and errors undo nothing.

Code under test that has left its own ``atomic`` blocks believes that it has committed. What it left for the commit is
run then, as ``captureOnCommitCallbacks(execute=True)`` would; and a statement that fails outside of any block of the
code's own leaves what was written before it, as autocommit does.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from django.db import connections


class Commits:
    """What the code under test takes for the outside of all transactions, on each connection of this thread."""

    def __init__(self) -> None:
        self._depth = {one.alias: len(one.savepoint_ids) for one in _in_a_transaction()}
        self._before = [entry for one in _in_a_transaction() for entry in one.run_on_commit]

    def settle(self, what: str) -> None:
        """Run what waits for a commit; refuse to go on inside a block that the code under test has not left."""
        for connection in _in_a_transaction():
            if len(connection.savepoint_ids) > self._outside(connection):
                raise AssertionError(
                    f"{what} was called inside transaction.atomic(): nothing has been committed yet, and no worker "
                    "could see it. Call it after the block."
                )
            self._run_hooks(connection)

    def _run_hooks(self, connection: Any) -> None:
        while waiting := [entry for entry in connection.run_on_commit if entry not in self._before]:
            connection.run_on_commit = [entry for entry in connection.run_on_commit if entry in self._before]
            for _, hook, *_rest in waiting:
                hook()

    @contextmanager
    def as_autocommit(self, task: Any) -> Iterator[None]:
        """While ``task`` runs, let a failed statement outside of its own blocks undo itself and nothing else."""
        with ExitStack() as wrapped:
            for connection in _in_a_transaction():
                wrapped.enter_context(connection.execute_wrapper(self._apart))
            wrapped.enter_context(mock.patch.object(task, "run", self._forgiven(task.run)))
            yield
        self._forgive()

    def _forgiven(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """Nothing that failed in a body matters to what follows it, as soon as it has ended."""

        def forgiven(*args: Any, **kwargs: Any) -> Any:
            try:
                value = run(*args, **kwargs)
            finally:
                self._forgive()
            return self._forgiven_later(value) if inspect.iscoroutine(value) else value

        return forgiven

    async def _forgiven_later(self, value: Any) -> Any:
        try:
            return await value
        finally:
            self._forgive()

    def _forgive(self) -> None:
        for connection in _in_a_transaction():
            if len(connection.savepoint_ids) <= self._outside(connection):
                connection.needs_rollback = False

    def _apart(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        connection = context["connection"]
        own = connection.savepoint_ids[self._outside(connection) :]
        if not own:
            connection.needs_rollback = False
        if connection.vendor != "postgresql" or any(own) or _needs_no_savepoint(str(sql)):
            return execute(sql, params, many, context)
        # PostgreSQL alone gives a whole transaction up for one failed statement.
        savepoint = connection.savepoint()
        try:
            answer = execute(sql, params, many, context)
        except BaseException:
            connection.needs_rollback = False
            connection.savepoint_rollback(savepoint)
            raise
        connection.savepoint_commit(savepoint)
        return answer

    def _outside(self, connection: Any) -> int:
        return self._depth.get(connection.alias, 0)


def _needs_no_savepoint(sql: str) -> bool:
    """Savepoints themselves, and the ledger's own statements, which are the hot path and do not fail."""
    return "hardy_" in sql or "SAVEPOINT" in sql


def _in_a_transaction() -> list[Any]:
    return [one for one in connections.all(initialized_only=True) if one.in_atomic_block]
