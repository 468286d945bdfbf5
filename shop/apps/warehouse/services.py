"""What the staff can ask of the warehouse."""

from __future__ import annotations

from celery import chain, chord, group
from django.db import transaction

from apps.warehouse import work
from apps.warehouse.models import Source
from apps.warehouse.queries import Aggregates, aggregates
from apps.warehouse.tasks import (
    aggregate_results,
    fetch_data,
    load_to_warehouse,
    process_chunk,
    transform_data,
)

__all__ = ["Aggregates", "aggregates", "refresh"]

ORDERS_PER_CHUNK = 500


def refresh() -> int:
    """Load every source and count the turnover anew; returns how many chains and chords were started."""
    with transaction.atomic():
        sources = [Source.objects.get_or_create(kind=kind)[0] for kind in Source.Kind.values]
        for source in sources:
            load_source(source.pk)
        counting = count_turnover()
    return len(sources) + counting


def load_source(source_id: int) -> None:
    chain(fetch_data.s(source_id), transform_data.s(), load_to_warehouse.s()).delay()


def count_turnover() -> bool:
    """Whether there was anything to count."""
    data_chunks = work.chunks(ORDERS_PER_CHUNK)
    if data_chunks:
        chord(group(process_chunk.s(chunk) for chunk in data_chunks), aggregate_results.s()).delay()
    return bool(data_chunks)
