"""What a long queue and a long history cost: run/s beside rows that wait and runs that are over (``--scale``)."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.figures import run_waiting
from benchmarks.projects import Project


@dataclass(frozen=True, slots=True)
class Load:
    """What the ledger holds while the same number of tasks is run."""

    name: str
    heading: str
    waiting: int
    runs: int


LOADS = (
    Load("waiting-1k", "1 000 wait", 1_000, 0),
    Load("waiting-200k", "200 000 wait", 200_000, 0),
    Load("runs-1m", "1 000 000 runs behind", 1_000, 1_000_000),
)
#: The load that the others are compared with.
LIGHT = LOADS[0]


#: The clock starts late here: after a checkpoint PostgreSQL writes every page whole that changes for the first time
#: (``full_page_writes``), which for some thousand tasks costs more the more pages there are, and then nothing.
WARM = 0.5


def run_under(project: Project, load: Load, tasks: int) -> float:
    """Return tasks run per second while ``load.waiting`` more wait behind them."""
    project.client.ask("fill", waiting=load.waiting + tasks, runs=load.runs)
    with project.starting_worker() as worker:
        return run_waiting(worker, tasks, WARM)[0]
