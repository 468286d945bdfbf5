"""Whether a worker grows: what it holds after many tasks, and beside a long queue. Measured only by name."""

from __future__ import annotations

from benchmarks import processes
from benchmarks.projects import Project, Worker, until

FEW, MANY = 1_000, 100_000
WAITING = 1_000_000
#: Seconds within which so many tasks must have run.
PATIENCE = 900.0
#: Tasks that wait behind the last one that is counted: a worker that has nothing to do is not measured.
BEHIND = 2_000

COLUMNS = (
    ("after_few", f"MiB after {FEW:,} tasks"),
    ("after_many", f"MiB after {MANY:,} tasks"),
    ("beside_a_million", f"MiB after {FEW:,}, {WAITING:,} waiting"),
)


def growth(project: Project, tasks: int) -> dict[str, float]:
    """MiB of a worker's processes after few tasks and after many, and after few beside a million that wait."""
    project.client.ask("fill", waiting=MANY + BEHIND, runs=0)
    with project.starting_worker() as worker:
        few, many = _memory(worker, FEW), _memory(worker, MANY)
    project.clear()
    project.client.ask("fill", waiting=WAITING, runs=0)
    with project.starting_worker() as worker:
        beside = _memory(worker, FEW)
    return {"after_few": few, "after_many": many, "beside_a_million": beside}


def _memory(worker: Worker, tasks: int) -> float:
    until(lambda: worker.done() >= tasks, PATIENCE, f"it ran {worker.done()} of {tasks} tasks", pause=0.1)
    return processes.memory(worker.sessions)
