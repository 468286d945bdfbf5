"""Tags beyond a job's first: rows of a table of their own. The first is a column of the job's row and of its runs'.

Most tasks have one tag or none. As a column it costs no statement and no row: it comes with the INSERT that sends the
job, and goes with the one that ends an attempt. A table for all of them would cost each job a row more, two entries in
indexes, and on SQLite and MariaDB a statement and a transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet

from hardy.db.dialect import Dialect
from hardy.db.upsert import Upsert
from hardy.ledger.models import Tag

#: Jobs found by the table for one list: the newest.
FOUND = 500
#: Rows that are written by one statement.
ROWS = 1000


def write_tags(dialect: Dialect, cursor: Any, rows: Sequence[tuple[str, str]]) -> None:
    """Write (job, tag) rows; what is there already is left alone."""
    ignore = dialect.on_conflict_ignore.format(key="job")
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        values = ", ".join([f"(%s, %s, {dialect.now})"] * len(some))
        statement = f"INSERT INTO hardy_tag (job, tag, tagged_at) VALUES {values} {ignore}"
        cursor.execute(statement, list(chain.from_iterable(some)))


def tag_rows(job: str, tags: Iterable[str], database: str) -> list[Upsert]:
    """Return the rows that the end of an attempt writes for what its body named."""
    now = datetime.now(UTC)  # only for how long they are kept
    rows = (Tag(job=job, tag=tag, tagged_at=now) for tag in tags)
    return [Upsert.of(row, database, unique=["job", "tag"]) for row in rows]


def tagged(tags: Collection[str], job: str) -> Q:
    """Return the condition that a row has one of ``tags``; ``job`` is its column with the job's id.

    The table is asked first: an OR over a subquery would have databases read the whole history.
    """
    own = Q(tag__in=list(tags)) if len(tags) != 1 else Q(tag=next(iter(tags)))
    rows: QuerySet[Tag] = Tag.objects.filter(tag__in=list(tags)).order_by("-id")
    others = list(rows.values_list("job", flat=True)[:FOUND])
    return own | Q(**{f"{job}__in": others}) if others else own


def all_tags(row: Any, job: str) -> list[str]:
    """Return every tag of a job, or of a run, whose job has the id ``job``."""
    more = Tag.objects.filter(job=job).order_by("id").values_list("tag", flat=True)[:FOUND]
    return list(dict.fromkeys([*([row.tag] if row is not None and row.tag else []), *more]))
