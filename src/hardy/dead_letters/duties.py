"""Duties of dead letters: alert people when they pile up, and forget old decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.dead_letters import alerts
from hardy.dead_letters.models import BrokenChord, Decision
from hardy.duty import Duty
from hardy.ledger.audit import AuditEntry

#: Rows deleted by one statement.
CHUNK = 1000


class WatchGrowth(Duty):
    """Sends an alert by mail and webhook when more letters arrive than ``HARDY["DEAD_ALERT"]`` allows."""

    every = timedelta(seconds=15)
    leader_only = True

    def tick(self) -> int:
        rule = alerts.rule()
        return 0 if rule is None else alerts.watch(rule)


class ForgetDecisions(Duty):
    """Deletes what is older than ``HARDY["DEAD_RETENTION"]`` of decisions, the audit, and broken chords."""

    every = timedelta(minutes=5)
    leader_only = True

    def tick(self) -> int:
        kept = settings.DEAD_RETENTION
        if kept is None:
            return 0
        expired = seconds_from_now(-kept.total_seconds())
        decisions = Decision.objects.filter(decided_at__lt=expired)
        chords = BrokenChord.objects.filter(broke_at__lt=expired)
        entries = AuditEntry.objects.filter(done_at__lt=expired)
        return sum(map(_delete_some, (decisions, chords, entries)))


def _delete_some(rows: Any) -> int:
    ids = list(rows.values_list("pk", flat=True)[:CHUNK])
    return int(rows.model.objects.using(rows.db).filter(pk__in=ids).delete()[0])
