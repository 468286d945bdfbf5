"""The warehouse itself: one DuckDB file.

DuckDB lets one process at a time into a file that is written to. Workers and web processes take turns, by a
lock beside the file.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from django.conf import settings

TABLES = """
CREATE TABLE IF NOT EXISTS sales (
    order_id BIGINT, day DATE, sku VARCHAR, category VARCHAR, quantity INTEGER, turnover DECIMAL(12, 2)
);
CREATE TABLE IF NOT EXISTS offers (sku VARCHAR, available INTEGER, price DECIMAL(10, 2));
CREATE TABLE IF NOT EXISTS daily_turnover (day DATE, orders BIGINT, items BIGINT, turnover DECIMAL(14, 2));
"""


def folder() -> Path:
    path = Path(settings.SHOP_DATA) / "warehouse"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextmanager
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, for this process alone, in one transaction."""
    with (folder() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # given back when the file is closed, also by a kill
        with duckdb.connect(str(folder() / "warehouse.duckdb")) as database:
            database.execute(TABLES)
            database.begin()
            yield database
            database.commit()
