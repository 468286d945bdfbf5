"""Loading the warehouse, in small steps that may each be repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import shared_task
from celery.utils.log import get_task_logger

from apps.warehouse import work
from apps.warehouse.models import Source

logger = get_task_logger(__name__)

VENDOR_AWAY = {"autoretry_for": (ConnectionError, TimeoutError), "max_retries": 5, "retry_backoff": True}


@shared_task(name="warehouse.fetch_data", **VENDOR_AWAY)
def fetch_data(source_id: int) -> str:
    """The path of a file with the source's rows."""
    return str(work.fetch(Source.objects.get(pk=source_id)))


@shared_task(name="warehouse.transform_data")
def transform_data(fetched: str) -> str:
    """The path of a file with the rows as the warehouse wants them."""
    return str(work.transform(Path(fetched)))


@shared_task(name="warehouse.load_to_warehouse")
def load_to_warehouse(transformed: str) -> int:
    """Replace the source's rows in the warehouse; returns how many there are."""
    rows = work.load(Path(transformed))
    logger.info("%s rows loaded from %s", rows, transformed)
    return rows


@shared_task(name="warehouse.process_chunk")
def process_chunk(chunk: list[int]) -> list[dict[str, Any]]:
    """Turnover by day of the orders from the first to the last of a chunk."""
    first, last = chunk
    return work.count_chunk(first, last)


@shared_task(name="warehouse.aggregate_results")
def aggregate_results(counts: list[list[dict[str, Any]]]) -> int:
    """Add the chunks up; returns the number of days."""
    return work.add_up(counts)
