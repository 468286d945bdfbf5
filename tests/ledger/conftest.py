from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import hardy
from tests.fixtures.ledger import current_app


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Where these tests' ledger is; what differs between databases is in tests/contracts."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def model_app(ledger: Any) -> Iterator[hardy.Celery]:
    """An app whose broker lives in this process's memory."""
    made = hardy.Celery("model", broker="memory://", backend="django-db", set_as_current=False)
    with current_app(made):
        yield made
