"""Which part of background work is down: the database, workers, queues, publishing, duties, schedules, objectives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from hardy.conf.durations import in_units
from hardy.db.failures import DATABASE_ERRORS
from hardy.ledger.delivery import is_embedded
from hardy.ledger.health import Health, Level, of_dead_letters, of_queues, of_workers
from hardy.telemetry.figures import Figures, figures
from hardy.worker.runner import load_duties

#: Seconds that a due job may wait to be published before somebody should look: the relay publishes within seconds, and
#: what a dead worker left within half a minute.
PUBLISHED_WITHIN = 60.0
#: Seconds that a duty may be late beyond its own pause.
DUTY_GRACE = 60.0
#: Seconds that a schedule may be late; beat looks every few seconds.
SCHEDULE_GRACE = 60.0
#: Names in one sentence.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One part, how bad it is, and what to say of it; nothing, if it is fine."""

    name: str
    level: Level
    text: str

    @classmethod
    def of(cls, name: str, findings: Iterable[Health]) -> Part:
        found = sorted(findings, key=lambda finding: -finding.level)
        level = found[0].level if found else Level.FINE
        return cls(name, level, " ".join(finding.text for finding in found))

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "status": self.level.word, "text": self.text}


def parts() -> list[Part]:
    """Return every part, in the order in which one would look at them; an unreachable database hides the others."""
    try:
        return parts_of(figures())
    except DATABASE_ERRORS:
        return [Part("database", Level.WRONG, "The database that holds the ledger does not answer.")]


def parts_of(now: Figures) -> list[Part]:
    """Judge figures that have been read."""
    seen = now.overview
    return [
        Part("database", Level.FINE, ""),
        Part.of("workers", of_workers(seen)),
        Part.of("queues", of_queues(seen)),
        Part.of("publishing", _of_publishing(now)),
        Part.of("duties", _of_duties(now)),
        Part.of("schedules", _of_schedules(now)),
        Part.of("objectives", _of_objectives(now)),
        Part.of("dead letters", of_dead_letters(seen)),
    ]


def worst(found: Iterable[Part]) -> Level:
    """Return the level of the worst part."""
    return max((part.level for part in found), default=Level.FINE)


def _of_publishing(now: Figures) -> Iterator[Health]:
    lag = now.overview.outbox_lag_seconds
    if lag <= PUBLISHED_WITHIN or not now.overview.workers:
        return  # where nobody lives to publish, that is what is wrong
    if is_embedded():
        yield Health(
            Level.WRONG, f"A job became due {in_units(lag)} ago and was not made ready: no duty Promote runs."
        )
    else:
        yield Health(
            Level.WRONG, f"A job has waited {in_units(lag)} to be published: the broker takes nothing."
        )


def _of_duties(now: Figures) -> Iterator[Health]:
    if not now.overview.workers:
        return
    pauses = {duty.name: duty.every.total_seconds() for duty in load_duties() if duty.leader_only}
    late = {
        name: age for name, age in now.duties.items() if age > pauses.get(name, float("inf")) * 2 + DUTY_GRACE
    }
    if late:
        yield Health(Level.WARNING, f"No process does {_named(late)}.")


def _of_schedules(now: Figures) -> Iterator[Health]:
    late = {name: age for name, age in now.overdue.items() if age > SCHEDULE_GRACE}
    if not late:
        return
    many = "1 schedule is" if len(late) == 1 else f"{len(late)} schedules are"
    said = f"{many} late: {_named(late)}."
    if any(worker.kind == "beat" for worker in now.overview.workers):
        yield Health(Level.WARNING, said)
    else:
        yield Health(Level.WRONG, f"No beat is running and {said}")


def _of_objectives(now: Figures) -> Iterator[Health]:
    for reading in now.objectives:
        if reading.is_missed:
            yield Health(Level.WARNING, reading.sentence)


def _named(late: dict[str, float]) -> str:
    names = sorted(late, key=lambda name: -late[name])
    said = ", ".join(f"{name} (since {in_units(late[name])})" for name in names[:NAMED])
    return said + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
