"""What may stand in ``HARDY["OBJECTIVES"]``: a queue or a task, and how soon what share of its jobs shall be done."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hardy.conf.durations import parse_duration
from hardy.errors import BadDuration

SPEC = re.compile(r"(?P<within>\S+)\s+p(?P<percent>[0-9]{1,2}(?:\.[0-9]{1,4})?)", re.ASCII)
EXAMPLE = "write how soon, and for what share: '5s p99' is 99 % of the jobs within 5 seconds"
#: No queue or task that many characters long is meant.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Objective:
    """``percent`` of the jobs of a queue or task named ``name`` are done ``seconds`` after they were due."""

    name: str
    seconds: float
    percent: float

    @property
    def may_be_late(self) -> float:
        """The share of the jobs that may take longer, from 0 to 1."""
        return (100 - self.percent) / 100


def objective(name: str, spec: str) -> Objective:
    """Read ``5s p99``; raises ``ValueError``, which says what is wrong."""
    match = SPEC.fullmatch(spec.strip())
    if match is None:
        raise ValueError(f"is no objective: {EXAMPLE}.")
    percent = float(match["percent"])
    if not percent:
        raise ValueError("asks for a share of 0: p99 is 99 % of the jobs.")
    try:
        within = parse_duration(match["within"])
    except BadDuration as error:
        raise ValueError(f"is no objective: {error}") from error
    if not within:
        raise ValueError("asks for jobs that take no time: make it longer than 0 seconds.")
    return Objective(name, within.total_seconds(), percent)


def bad_objectives(specs: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with objectives, one sentence each."""
    for name, spec in specs.items():
        where = f"HARDY['OBJECTIVES'][{name!r}]"
        if not name or len(name) > LONGEST or not name.isprintable() or "*" in name[:-1]:
            yield f"{where} names no queue or task: write its whole name, or the begin of a task's and a * at the end."
            continue
        try:
            objective(name, spec)
        except ValueError as error:
            yield f"{where} {spec!r} {error}"
