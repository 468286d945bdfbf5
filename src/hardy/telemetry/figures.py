"""The figures of the whole ledger at one moment, in a dozen statements that a full ledger makes no dearer.

Every count stops at :data:`~hardy.db.counting.COUNTED` rows, found by an index. None of it needs Celery's events, a
broker that answers, or a live worker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hardy.conf import settings
from hardy.db.clock import since
from hardy.db.counting import COUNTED, Counted
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.db.failures import DATABASE_ERRORS
from hardy.ledger.models import DeadLetter, Lease, Run, Worker
from hardy.ledger.overview import Overview, moment, overview
from hardy.telemetry.objectives import Reading, readings

logger = logging.getLogger(__name__)

#: What "recently" is, in seconds, where attempts are counted that have ended.
RECENTLY = 300.0
#: Heartbeats and duties that are told of one by one, the oldest first.
MOST = 500


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A worker or beat process, live or silent, until it is reaped."""

    worker: str
    kind: str
    age_seconds: float
    active: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What the ledger says."""

    overview: Overview
    heartbeats: list[Heartbeat]
    #: Seconds since each duty that one process does for all was last begun.
    duties: Mapping[str, float]
    #: Attempts a second that ended so, recently.
    rates: Mapping[str, float]
    #: Dead letters by reason, among the newest.
    dead: Mapping[str, Counted]
    #: How late each schedule entry is, in seconds.
    overdue: Mapping[str, float]
    #: How well the project's objectives are met.
    objectives: Sequence[Reading] = ()


#: Says how late schedule entries are; schedules are another feature, which hands this over (`hardy.apps`).
Overdue = Callable[[datetime], Mapping[str, float]]
_overdue: Overdue | None = None


def overdue_by(ask: Overdue) -> None:
    """From now on ``ask`` says how late each schedule entry is at a moment."""
    global _overdue
    _overdue = ask


def figures() -> Figures:
    """Read the figures; raises what the database raises."""
    now = overview()
    at = now.now
    return Figures(now, _heartbeats(at), _duties(at), _rates(at), _dead(), _lateness(at), readings(at))


def _lateness(now: datetime) -> Mapping[str, float]:
    """Ask for it. Schedules may live in another database: that one being away is no fault of the ledger's."""
    try:
        return {} if _overdue is None else _overdue(now)
    except DATABASE_ERRORS as error:
        logger.warning("How late the schedules are cannot be read (%s)", error)
        return {}


def _heartbeats(now: datetime) -> list[Heartbeat]:
    rows = Worker.objects.order_by("seen_at").values_list("name", "kind", "seen_at", "active")[:MOST]
    return [Heartbeat(name, kind, _age(seen, now), active) for name, kind, seen, active in rows]


def _duties(now: datetime) -> dict[str, float]:
    """A leader renews its lease whenever it begins a duty, so the end of the lease tells when that was."""
    begun = timedelta(seconds=settings.LEASE.total_seconds())
    rows = Lease.objects.order_by("expires_at").values_list("name", "expires_at")[:MOST]
    return {name: _age(expires - begun, now) for name, expires in rows}


def _rates(now: datetime) -> dict[str, float]:
    """Count the attempts of each outcome that ended recently. Of too many, the newest tell how fast they come."""
    connection = ledger_connection()
    dialect = dialect_of(connection)
    count = (
        "SELECT %s, COUNT(*), MIN(finished_at) FROM (SELECT finished_at FROM hardy_run"
        f" WHERE outcome = %s AND finished_at >= {dialect.later} ORDER BY finished_at DESC LIMIT %s) AS counted"
    )
    outcomes = [str(outcome) for outcome in Run.Outcome.values]
    params: list[Any] = []
    for outcome in outcomes:
        params += [outcome, outcome, dialect.seconds(-RECENTLY), COUNTED + 1]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([count] * len(outcomes)), params)
        rows = cursor.fetchall()
    return {outcome: _rate(found, moment(first), now) for outcome, found, first in rows}


def _rate(found: int, first: datetime | None, now: datetime) -> float:
    if found <= COUNTED or first is None:
        return found / RECENTLY
    return found / max(_age(first, now), 0.001)


def _dead() -> dict[str, Counted]:
    """Count the newest letters by reason; the indexes know no reasons, and letters are few."""
    newest = "SELECT reason FROM hardy_deadletter ORDER BY id DESC LIMIT %s"
    with ledger_connection().cursor() as cursor:
        cursor.execute(f"SELECT reason, COUNT(*) FROM ({newest}) AS newest GROUP BY reason", [COUNTED])
        found = dict(cursor.fetchall())
    known = [str(reason) for reason in DeadLetter.Reason.values]
    return {reason: Counted(found.get(reason, 0)) for reason in known}


def _age(moment: datetime, now: datetime) -> float:
    return since(moment, now).total_seconds()
