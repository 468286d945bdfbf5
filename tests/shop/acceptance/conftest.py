from __future__ import annotations

import pytest

from tests.sandbox.process import sandbox_process
from tests.shop.whole_shop import Shop


@pytest.fixture
def shop(tmp_path, free_port):
    """An open shop without workers; the vendors listen."""
    with sandbox_process() as sandbox:
        shop = Shop(tmp_path, sandbox, free_port())
        shop.manage("migrate", "--verbosity", "0")
        shop.manage("demo_data")
        yield shop
