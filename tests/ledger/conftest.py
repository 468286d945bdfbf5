from __future__ import annotations

import pytest

from tests.contracts.conftest import app, database_of, ledger  # noqa: F401 - fixtures


@pytest.fixture
def kind() -> str:
    """Where these tests' ledger is; what differs between databases is in tests/contracts."""
    return "sqlite"
