"""Alerts on objectives: each channel is told once that one is missed, and once that it is met again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.ledger.alarm import Alarm
from hardy.ledger.alerting import Notice, Send, channels, gets_out
from hardy.telemetry.objectives import Reading

#: Seconds between two messages about one objective: what goes to and fro is said less often.
CALM = timedelta(minutes=15).total_seconds()


def alert(found: Iterable[Reading]) -> int:
    """Tell each channel of ``HARDY["OBJECTIVE_ALERT"]`` what it has not been told; return how many messages got out."""
    wanted = channels(settings.OBJECTIVE_ALERT or {})
    sent = 0
    for reading in found:
        for channel, send in wanted.items():
            if reading.is_missed:
                sent += _say_that_it_is_missed(reading, channel, send)
            elif reading.is_met_again:
                sent += _say_that_it_is_met(reading, channel, send)
    return sent


def _say_that_it_is_missed(reading: Reading, channel: str, send: Send) -> bool:
    """Take the alarm's row, then send: whoever finds the row stays silent."""
    key = _key(reading, channel)
    _, is_first = Alarm.objects.get_or_create(channel=key, defaults={"sent_at": seconds_from_now(0)})
    if not is_first:
        return False
    if gets_out(send, _missed(reading), channel):
        return True
    Alarm.objects.filter(channel=key).delete()
    return False


def _say_that_it_is_met(reading: Reading, channel: str, send: Send) -> bool:
    """Remove the row, then send; who does not find it was never told that anything was wrong."""
    told = Alarm.objects.filter(channel=_key(reading, channel), sent_at__lt=seconds_from_now(-CALM))
    since = told.values_list("sent_at", flat=True).first()
    if since is None or not told.delete()[0]:
        return False
    if gets_out(send, _met(reading), channel):
        return True
    Alarm.objects.create(channel=_key(reading, channel), sent_at=since)
    return False


def _key(reading: Reading, channel: str) -> str:
    return f"{channel}: objective {reading.objective.name}"


def _missed(reading: Reading) -> Notice:
    one = reading.objective
    text = "\n".join(
        [
            reading.sentence,
            "",
            f"The objective is {reading.target}, from when a job is due to its end.",
            "",
            "What is wrong:       python manage.py hardy status",
            f"What waits and runs: python manage.py hardy jobs --queue {one.name}   (or --task)",
            "What went wrong:     python manage.py hardy errors --newer 1h",
            "",
        ]
    )
    data = {"event": "objective_missed", "text": reading.sentence, **reading.as_json()}
    return Notice(f"[hardy] {one.name} is too slow: not {reading.target}", text, data)


def _met(reading: Reading) -> Notice:
    said = f"{reading.objective.name} is in time again: {reading.target}, for the last 15 minutes."
    return Notice(f"[hardy] {reading.objective.name} is in time again", f"{said}\n", {
        "event": "objective_met", "text": said, **reading.as_json(),
    })  # fmt: skip
