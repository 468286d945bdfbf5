"""A workflow as text: which job caused which, and how each ended; for a test to compare, and a person to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hardy.testing.enqueued import Enqueued, call
from hardy.testing.worker import Ran


@dataclass(slots=True)
class Node:
    """One job, with what it caused."""

    text: str
    words: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)


def draw(runs: Iterable[Ran], waiting: Iterable[Enqueued]) -> str:
    """Return one line per job, under the job that caused it."""
    nodes: dict[str, Node] = {}
    parents: dict[str, str | None] = {}
    for run in runs:
        node = nodes.setdefault(run.id, Node(call(run.task, run.args, run.kwargs)))
        parents.setdefault(run.id, run.parent)
        node.words.append(run.outcome or "not run")
    for job in waiting:
        node = nodes.setdefault(job.id, Node(call(job.task, job.args, job.kwargs)))
        parents.setdefault(job.id, job.headers.get("parent_id"))
        node.words.append("waits")
    roots: list[Node] = []
    for id, node in nodes.items():
        parent = nodes.get(parents[id] or "")
        (roots if parent is None else parent.children).append(node)
    return "\n".join(line for root in roots for line in _lines(root))


def _lines(node: Node) -> Iterator[str]:
    yield f"{node.text}: {', '.join(node.words)}"
    for child in node.children:
        first, *rest = _lines(child)
        last = child is node.children[-1]
        yield f"{'└─' if last else '├─'} {first}"
        yield from (f"{'  ' if last else '│ '} {line}" for line in rest)
