from __future__ import annotations

import pytest


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """Where these tests' ledger is; what differs between databases is in tests/contracts."""
    return str(getattr(request, "param", "sqlite"))
