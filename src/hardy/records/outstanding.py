"""What stands out among the attempts with one fault: "98 % have tenant=7, and 3 % of the successes".

A value is outstanding if the fault has it far more often than the task's successes do. One that every call has says
nothing, however common it is; so there must be successes to compare with.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import sqrt

from hardy.ledger.models import Run
from hardy.records.faults import with_fault

#: Jobs that are compared, the newest; and attempts of all tasks among which successes of this one are looked for.
SAMPLE, LOOKED_AT = 500, 100_000
#: Fewer jobs on either side tell nothing.
FEWEST = 5
#: By how much the share among faults must be the larger, and by how many standard deviations, not to be chance.
FAR, NO_CHANCE = 0.2, 3.0
#: Values that are named; characters of a value; and names within a dict that are looked at.
NAMED, LONGEST, NESTED = 8, 60, 20


@dataclass(frozen=True, slots=True)
class Outstanding:
    """One value: the share of the jobs with the fault that have it, and of the successes, from 0 to 1."""

    name: str
    value: str
    share: float
    share_of_successes: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """Faults held against successes. ``compared`` jobs with the fault, and ``successes`` of the same task."""

    outstanding: list[Outstanding]
    compared: int
    successes: int

    @property
    def has_enough(self) -> bool:
        return min(self.compared, self.successes) >= FEWEST


def contrast(fingerprint: str, task: str) -> Contrast:
    """Compare the newest jobs that had this fault with the newest successes of their task."""
    bad = _jobs(with_fault(fingerprint).order_by("-finished_at").values_list(*COLUMNS)[:SAMPLE])
    newest = Run.objects.order_by("-id").values_list("id", flat=True).first() or 0
    among = Run.objects.filter(id__gt=newest - LOOKED_AT, task=task, outcome=Run.Outcome.SUCCEEDED)
    good = _jobs(among.order_by("-id").values_list(*COLUMNS)[:SAMPLE])
    found = _outstanding(bad, good) if min(len(bad), len(good)) >= FEWEST else []
    return Contrast(found, len(bad), len(good))


COLUMNS = ("job", "arguments", "queue", "worker", "release")

#: What one job was called with and where it ran: names, and values as text.
Traits = frozenset[tuple[str, str]]


def _jobs(rows: Iterable[tuple[str, ...]]) -> list[Traits]:
    """Return the traits of each job once: five attempts of one order do not make that order outstanding."""
    jobs: dict[str, Traits] = {}
    for job, *said in rows:
        if job not in jobs:
            jobs[job] = frozenset(_traits(*said))
    return list(jobs.values())


def _traits(arguments: str, queue: str, worker: str, release: str) -> Iterator[tuple[str, str]]:
    yield from _of_arguments(arguments)
    node = worker.partition("/")[0]
    yield from (
        (name, said) for name, said in (("queue", queue), ("worker", node), ("release", release)) if said
    )


def _of_arguments(text: str) -> Iterator[tuple[str, str]]:
    try:
        arguments = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return
    if not isinstance(arguments, dict):
        return
    for name, value in arguments.items():
        if isinstance(value, dict):
            inside = list(value.items())[:NESTED]
            yield from ((f"{name}.{key}", _written(one)) for key, one in inside)
        elif name != "…":  # how many were left out
            yield name, _written(value)


def _written(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _outstanding(bad: list[Traits], good: list[Traits]) -> list[Outstanding]:
    counts = Counter(trait for job in bad for trait in job)
    successes = Counter(trait for job in good for trait in job)
    found = [
        Outstanding(name, value, count / len(bad), successes[name, value] / len(good))
        for (name, value), count in counts.items()
        if _is_outstanding(count, len(bad), successes[name, value], len(good))
    ]
    found.sort(key=lambda one: (one.share_of_successes - one.share, one.name, one.value))
    return found[:NAMED]


def _is_outstanding(bad: int, of_bad: int, good: int, of_good: int) -> bool:
    """Compare two shares, by the usual test for whether two samples come from the same whole."""
    difference = bad / of_bad - good / of_good
    whole = (bad + good) / (of_bad + of_good)
    deviation = sqrt(whole * (1 - whole) * (1 / of_bad + 1 / of_good))
    return difference >= FAR and difference >= NO_CHANCE * deviation
