"""docs/testing.md shows tests of the shop: each block stands in the file that it names, word for word."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_block_is_a_piece_of_the_shops_test():
    page, source = (
        (ROOT / path).read_text() for path in ("docs/testing.md", "tests/shop/orders/test_jobs.py")
    )
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)

    assert blocks
    assert [block for block in blocks if block.strip() not in source] == []
