"""What was measured: for every stack and column the values of all repetitions, and what went wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(slots=True)
class Results:
    """Values by stack and column."""

    values: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    notes: list[str] = field(default_factory=list)

    def add(self, stack: str, figures: Mapping[str, float]) -> None:
        """Keep the figures of one repetition."""
        for column, value in figures.items():
            self.values[stack][column].append(value)

    def median(self, stack: str, column: str) -> float | None:
        """Return the median of a stack's repetitions; None where nothing was measured."""
        values = self.values.get(stack, {}).get(column)
        return median(values) if values else None

    def ratio(self, stack: str, column: str, to: str) -> float | None:
        """Return how many times a stack's median is another's."""
        mine, theirs = self.median(stack, column), self.median(to, column)
        return mine / theirs if mine is not None and theirs else None

    def as_json(self) -> dict[str, Any]:
        """Return every median with the values it comes from."""
        rows = {
            stack: {
                column: {"median": median(values), "values": [round(value, 4) for value in values]}
                for column, values in columns.items()
            }
            for stack, columns in self.values.items()
        }
        return {"rows": rows, "notes": self.notes}
