"""The stands of all stacks, and the trial of one input after another on them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from tests.acceptance.depot import HASTY, hardy
from tests.fixtures.plants import Plants
from tests.fuzz.stand import Stand

#: What is done with a batch of inputs on a stand.
Act = Callable[[Stand, list[Any]], None]


class Stands:
    """A stand per stack, opened when it is first asked for, and a new one once something has stopped it."""

    def __init__(self, open_plant: Plants) -> None:
        self._open_plant = open_plant
        self._open: dict[str, tuple[Stand, ExitStack]] = {}

    def __enter__(self) -> Stands:
        return self

    def __exit__(self, *error: Any) -> None:
        for kind in list(self._open):
            self.close(kind)

    def of(self, kind: str) -> Stand:
        if kind not in self._open:
            context = ExitStack()
            settings = {"CELERY_IMPORTS": ["plant.tasks", "tests.fuzz.tasks"]}
            here = hardy(**HASTY, UNKNOWN_TASK_GRACE=0.5)
            depot = context.enter_context(self._open_plant(kind, settings=settings, DEPOT_HARDY=here))
            self._open[kind] = Stand(depot, depot.worker(name="fuzzed")), context
        return self._open[kind][0]

    def close(self, kind: str) -> None:
        _, context = self._open.pop(kind)
        context.close()

    def guilty_of(self, kind: str, act: Act, batch: list[Any], why: str) -> list[str]:
        """Return those inputs of a batch that fail by themselves, and why: on a new worker for each try."""
        if len(batch) == 1:
            return [f"{batch[0]!r:.2000}: {why:.2000}"]
        parts = [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
        found = [one for part in parts for one in self._guilty_part(kind, act, part)]
        return found or [f"only together: {why:.30000}"]

    def _guilty_part(self, kind: str, act: Act, part: list[Any]) -> list[str]:
        try:
            act(self.of(kind), part)
        except AssertionError as error:
            self.close(kind)
            return self.guilty_of(kind, act, part, str(error))
        return []
