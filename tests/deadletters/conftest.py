"""The desk on each database (``app``), and on the suite's own (``desk``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import celery
import pytest

from tests.contracts.conftest import app, database_of, kind, ledger

__all__ = ["app", "database_of", "kind", "ledger"]


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Any]:
    """The shop's app, sending into the ledger of the suite's own database instead of running at once."""
    current = celery.current_app
    current.conf.task_always_eager = False
    yield current
    current.conf.task_always_eager = True
