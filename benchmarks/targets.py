"""What hardy wants to reach, and whether this run did: printed under the table, also when it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.results import Results
from benchmarks.scale import LIGHT, LOADS
from benchmarks.stacks import STACKS
from benchmarks.table import number

#: How far run/s may move under a heavy load.
BAND = 0.10


@dataclass(frozen=True, slots=True)
class Target:
    """A sentence, the value this run has for it (None: not measured), and when that is enough."""

    sentence: str
    value: Callable[[Results], float | None]
    enough: Callable[[float], bool]


def at_least(least: float, stack: str, column: str, sentence: str) -> Target:
    return Target(sentence, lambda results: results.median(stack, column), lambda value: value >= least)


def at_most(most: float, stack: str, column: str, sentence: str) -> Target:
    return Target(sentence, lambda results: results.median(stack, column), lambda value: value <= most)


def times_stock(times: float, stack: str, sentence: str) -> Target:
    beside = next(other.beside for other in STACKS if other.name == stack)
    return Target(sentence, lambda results: results.ratio(stack, "run", beside), lambda value: value >= times)


def steady(stack: str, load: str, sentence: str) -> Target:
    def change(results: Results) -> float | None:
        ratio = (results.median(stack, load), results.median(stack, LIGHT.name))
        return ratio[0] / ratio[1] if ratio[0] is not None and ratio[1] else None

    return Target(sentence, change, lambda value: value >= 1 - BAND)


TARGETS = (
    at_least(500, "hardy-sqlite", "run", "SQLite runs at least 500 tasks a second"),
    at_least(600, "hardy-postgresql", "run", "PostgreSQL runs at least 600 tasks a second"),
    times_stock(6, "hardy-sqlite", "SQLite runs at least 6 times as many as the stock stack on Redis"),
    times_stock(
        6, "hardy-postgresql", "PostgreSQL runs at least 6 times as many as the stock stack on Redis"
    ),
    times_stock(
        5, "hardy-redis", "Redis behind the ledger runs at least 5 times as many as the stock stack on Redis"
    ),
    times_stock(
        8,
        "hardy-rabbitmq",
        "RabbitMQ behind the ledger runs at least 8 times as many as the stock stack on RabbitMQ",
    ),
    at_most(1, "hardy-postgresql", "claim", "claim and end together cost at most 1 ms on PostgreSQL"),
    at_most(40, "hardy-sqlite", "p50", "an idle worker on SQLite starts half of the tasks within 40 ms"),
    at_most(
        10, "hardy-postgresql", "p50", "an idle worker on PostgreSQL starts half of the tasks within 10 ms"
    ),
    *(
        steady(stack, load.name, f"{name} loses at most a tenth of its run/s with {load.heading}")
        for stack, name in (("hardy-sqlite", "SQLite"), ("hardy-postgresql", "PostgreSQL"))
        for load in LOADS[1:]
    ),
)


def verdicts(results: Results) -> Iterator[str]:
    """Yield one line for each target that this run has a value for."""
    for target in TARGETS:
        value = target.value(results)
        if value is not None:
            word = "reached" if target.enough(value) else "MISSED "
            shown = f"{value:.2f} ×" if value < 100 and "tenth" in target.sentence else number(value)
            yield f"{word}  {target.sentence}: {shown}"
