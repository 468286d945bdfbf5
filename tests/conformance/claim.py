"""Claims: scenarios that say how Celery behaves. One is written once and observed on every stack.

A scenario runs in a client process of the project and returns plain data, in which ids are numbered in order of
appearance. This module and the claims are imported by the tests too, which only read what is expected.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Claim:
    """One sentence about Celery: how to see it, and what is seen."""

    name: str
    scenario: Callable[[], Any]
    expected: Any

    @property
    def sentence(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def observe(self) -> Any:
        return normal(self.scenario())


#: Every claim by its name, in the order in which the files are read.
CLAIMS: dict[str, Claim] = {}


def claim(expected: Any) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Make a scenario a claim; ``expected`` is what it must return, in plain data."""

    def register(scenario: Callable[[], Any]) -> Callable[[], Any]:
        name = scenario.__name__
        assert name not in CLAIMS, f"there are two claims {name}"
        CLAIMS[name] = Claim(name, scenario, normal(expected))
        return scenario

    return register


class Tasks:
    """The project's tasks by name, where there is a project: in its own processes."""

    def __getattr__(self, name: str) -> Any:
        return importlib.import_module("conformed").celery_app.tasks[f"conformed.{name}"]


tasks = Tasks()

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def normal(value: Any) -> Any:
    """Return ``value`` as JSON has it, with each id replaced by the order of its first appearance: ``<1>``, ``<2>``."""
    seen: dict[str, str] = {}
    text = json.dumps(value)
    return json.loads(ID.sub(lambda found: seen.setdefault(found[0], f"<{len(seen) + 1}>"), text))
