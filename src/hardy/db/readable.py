"""What a row may hold so that whoever reads it can: conditions for the tables' constraints."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from operator import and_

from django.db import models

#: Times that every driver can read, and numbers that can still be counted on: a row beyond them would stop whoever
#: reads it together with others, so the database takes none.
READABLE_TIMES = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
COUNTABLE = (0, 2_000_000_000)


def is_readable(*times: str) -> models.Q:
    """Return the condition that each of these columns has a time that every driver can read."""
    conditions = (models.Q(**{f"{time}__range": READABLE_TIMES}) for time in times)
    return reduce(and_, conditions)


def is_readable_or_null(time: str) -> models.Q:
    """Return the condition that this column has such a time, or none."""
    return models.Q(**{f"{time}__isnull": True}) | is_readable(time)
