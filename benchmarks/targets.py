"""What hardy wants to reach, and whether this run did: printed under the table, also when it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.results import Results
from benchmarks.scale import LIGHT, LOADS
from benchmarks.table import number

#: How far run/s may move under a heavy load.
BAND = 0.10


@dataclass(frozen=True, slots=True)
class Target:
    """A sentence, the value this run has for it (None: not measured), when that is enough, and how it is shown."""

    sentence: str
    value: Callable[[Results], float | None]
    enough: Callable[[float], bool]
    shown: Callable[[float], str] = number


def at_least(least: float, stack: str, column: str, sentence: str) -> Target:
    return Target(sentence, lambda results: results.median(stack, column), lambda value: value >= least)


def at_most(most: float, stack: str, column: str, sentence: str) -> Target:
    return Target(sentence, lambda results: results.median(stack, column), lambda value: value <= most)


def times(least: float, stack: str, other: str, sentence: str, column: str = "run") -> Target:
    """The stack's figure is at least so many times the other's, in the same run."""
    return Target(
        f"{sentence}, at least {least:g} ×", lambda results: results.ratio(stack, column, other),
        lambda value: value >= least, lambda value: f"{value:.2f} ×",
    )  # fmt: skip


def steady(stack: str, load: str, sentence: str) -> Target:
    def change(results: Results) -> float | None:
        ratio = (results.median(stack, load), results.median(stack, LIGHT.name))
        return ratio[0] / ratio[1] if ratio[0] is not None and ratio[1] else None

    return Target(sentence, change, lambda value: value >= 1 - BAND, lambda value: f"{value:.2f} ×")


LEDGERS = (("hardy-sqlite", "SQLite"), ("hardy-postgresql", "PostgreSQL"), ("hardy-mariadb", "MariaDB"))
DURABLE = (
    ("procrastinate", "Procrastinate"),
    ("django-tasks-db", "django-tasks-db"),
    ("django-q2", "django-q2"),
)
RECORDS_NOTHING = (("dramatiq", "Dramatiq"), ("huey", "Huey"), ("taskiq", "taskiq"))

TARGETS = (
    *(times(0.9, stack, f"{stack}-tuned", f"{name}: default settings beside tuned ones") for stack, name in LEDGERS),
    times(10, "hardy-postgresql", "stock-redis", "run/s on PostgreSQL beside Celery on Redis with results"),
    times(10, "hardy-rabbitmq", "stock-rabbitmq", "run/s on RabbitMQ beside Celery on RabbitMQ with results"),
    times(8, "hardy-redis", "stock-redis", "run/s on Redis beside Celery on Redis with results"),
    *(times(3, "hardy-postgresql", peer, f"run/s on PostgreSQL beside {name}") for peer, name in DURABLE),
    *(times(1, "hardy-postgresql", peer, f"run/s on PostgreSQL beside {name}") for peer, name in RECORDS_NOTHING),
    at_least(20_000, "hardy-postgresql", "bulk", "PostgreSQL takes at least 20 000 tasks a second in bulk"),
    at_least(1_500, "hardy-postgresql", "send", "PostgreSQL takes at least 1 500 tasks a second one by one"),
    times(1, "hardy-postgresql", "stock-redis", "send/s on PostgreSQL beside Celery on Redis", "send"),
    at_most(4, "hardy-postgresql", "p50", "an idle worker on PostgreSQL starts half of the tasks within 4 ms"),
    at_most(40, "hardy-sqlite", "p50", "an idle worker on SQLite starts half of the tasks within 40 ms"),
    at_most(1, "hardy-postgresql", "claim", "claim and end together cost at most 1 ms on PostgreSQL"),
    *(
        steady(stack, load.name, f"{name} loses at most a tenth of its run/s with {load.heading}")
        for stack, name in LEDGERS[:2]
        for load in LOADS[1:]
    ),
)  # fmt: skip


def verdicts(results: Results) -> Iterator[str]:
    """Yield one line for each target that this run has a value for."""
    for target in TARGETS:
        value = target.value(results)
        if value is not None:
            word = "reached" if target.enough(value) else "MISSED "
            yield f"{word}  {target.sentence}: {target.shown(value)}"
