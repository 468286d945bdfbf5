"""The pytest plugin: the fixture ``hardy_jobs``, and a sentence where a test sends tasks without a database.

pytest loads it wherever hardy is installed, before Django is set up, so nothing here imports a model.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hardy.testing import Jobs

#: Fixtures of pytest-django that open the database. They must come first, or its transaction would not be known.
DATABASE_FIXTURES = ("django_db_reset_sequences", "transactional_db", "db")


@pytest.fixture
def hardy_jobs(request: pytest.FixtureRequest) -> Iterator[Jobs]:
    """What the test's code enqueues: to be asserted, drained, moved in time. Needs the database."""
    for name in DATABASE_FIXTURES:
        if name in request.fixturenames:
            request.getfixturevalue(name)
    from hardy.testing import open_jobs

    with open_jobs() as jobs:
        yield jobs


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    """Where a task was sent and the database is closed to the test, say why sending needs it."""
    try:
        return (yield)
    except Exception as error:
        if _is_sending_without_a_database(error):
            from hardy.testing.session import WHAT_TO_DO

            error.add_note(WHAT_TO_DO)
        raise


def _is_sending_without_a_database(error: BaseException) -> bool:
    text = str(error)
    if "Database access not allowed" not in text and "is not allowed in SimpleTestCase" not in text:
        return False
    modules = {frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)}
    return any(name.startswith("hardy.ledger.") for name in modules)
