"""Duties of dead letters: alert people when they pile up, and forget old decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.pruning import Pruning, Step, delete_some
from hardy.dead_letters import alerts
from hardy.dead_letters.models import BrokenChord, Decision
from hardy.duty import Duty
from hardy.ledger.audit import AuditEntry


class WatchGrowth(Duty):
    """Sends an alert by mail and webhook when more letters arrive than ``HARDY["DEAD_ALERT"]`` allows."""

    every = timedelta(seconds=15)
    leader_only = True

    def tick(self) -> int:
        rule = alerts.rule()
        return 0 if rule is None else alerts.watch(rule)


class ForgetDecisions(Pruning):
    """Deletes what is older than ``HARDY["DEAD_RETENTION"]`` of decisions, the audit, and broken chords."""

    every = timedelta(minutes=5)

    def steps(self) -> Iterable[tuple[str, Step]]:
        kept = settings.DEAD_RETENTION
        if kept is not None:
            yield "decisions", partial(delete_some, expired_decisions(kept))
            yield "entries of the audit", partial(delete_some, expired_entries(kept))
            yield "broken chords", partial(delete_some, expired_chords(kept))


def expired_decisions(kept: timedelta) -> Any:
    """Return the decisions that are older."""
    return Decision.objects.filter(decided_at__lt=seconds_from_now(-kept.total_seconds()))


def expired_entries(kept: timedelta) -> Any:
    """Return the entries of the audit that are older."""
    return AuditEntry.objects.filter(done_at__lt=seconds_from_now(-kept.total_seconds()))


def expired_chords(kept: timedelta) -> Any:
    """Return the broken chords that are older."""
    return BrokenChord.objects.filter(broke_at__lt=seconds_from_now(-kept.total_seconds()))
