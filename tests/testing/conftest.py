"""Tasks of an app of its own, on a ledger on each kind of database, in front of hardy's testing kit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hardy.testing import Jobs, open_jobs


@pytest.fixture
def jobs(app: Any) -> Iterator[Jobs]:
    with open_jobs(app) as jobs:
        yield jobs
