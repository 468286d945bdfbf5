"""The alert on growth: more letters than expected within a window, sent once per window by each channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.dead_letters.queries import Kind, kinds
from hardy.ledger.alarm import Alarm
from hardy.ledger.alerting import Notice, Send, channels, gets_out
from hardy.ledger.models import DeadLetter

#: Kinds that an alert names.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Rule:
    """``HARDY["DEAD_ALERT"]``, with its defaults."""

    threshold: int
    window: timedelta
    channels: Mapping[str, Send]


@dataclass(frozen=True, slots=True)
class Growth:
    """What an alert says: how many letters arrived within the window, and of which kinds."""

    count: int
    window: timedelta
    total: int
    kinds: Sequence[Kind]

    @property
    def subject(self) -> str:
        letters = (
            "1 task became a dead letter" if self.count == 1 else f"{self.count} tasks became dead letters"
        )
        return f"[hardy] {letters} within {_written(self.window)}"

    @property
    def text(self) -> str:
        rows = [f"{kind.letters:>6}  {kind.task}  {kind.error_type or kind.reason}" for kind in self.kinds]
        advice = "Look at them: python manage.py hardy dead list"
        return "\n".join(
            [f"{self.subject[8:]}; {self.total} wait for a decision.", "", *rows, "", advice, ""]
        )

    @property
    def notice(self) -> Notice:
        return Notice(self.subject, self.text, self.as_json())

    def as_json(self) -> dict[str, Any]:
        return {
            "event": "dead_letters_growing",
            "text": self.subject,
            "count": self.count,
            "window_seconds": self.window.total_seconds(),
            "total": self.total,
            "kinds": [
                {
                    "task": kind.task,
                    "reason": kind.reason,
                    "error_type": kind.error_type,
                    "count": kind.letters,
                }
                for kind in self.kinds
            ],
        }


def rule() -> Rule | None:
    """Return the project's rule; None: nobody is alerted."""
    given = settings.DEAD_ALERT
    if given is None:
        return None
    return Rule(
        threshold=given.get("threshold", 1),
        window=given.get("window", timedelta(hours=1)),
        channels=channels(given),
    )


def watch(rule: Rule) -> int:
    """Alert every channel of ``rule`` that has not been alerted within the window; return how many were.

    What a channel raises is logged, and that channel is alerted at the next tick instead.
    """
    recent = _recent(rule.window)
    count = recent.count()
    if count < rule.threshold:
        return 0
    total = DeadLetter.objects.count()
    growth = Growth(count, rule.window, total, kinds(recent, NAMED))
    return sum(_send_once(name, send, rule, growth) for name, send in rule.channels.items())


def _recent(window: timedelta) -> QuerySet[DeadLetter]:
    since = seconds_from_now(-window.total_seconds())
    return DeadLetter.objects.filter(died_at__gte=since).exclude(reason=DeadLetter.Reason.PURGED)


def _send_once(channel: str, send: Send, rule: Rule, growth: Growth) -> int:
    """Take the channel's window by a row, then send: whoever does not get the row stays silent."""
    alarms = Alarm.objects.filter(channel=channel)
    _, is_first = Alarm.objects.get_or_create(channel=channel, defaults={"sent_at": seconds_from_now(0)})
    over = seconds_from_now(-rule.window.total_seconds())
    if not is_first and not alarms.filter(sent_at__lt=over).update(sent_at=seconds_from_now(0)):
        return 0
    if gets_out(send, growth.notice, channel):
        return 1
    alarms.delete()
    return 0


def _written(window: timedelta) -> str:
    seconds = round(window.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}{'s' if seconds != size else ''}"
    return f"{seconds} seconds"
