"""The figures: each takes a project and how many tasks, and returns one or more numbers by name."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.projects import CONCURRENCY, Failed, Project, Worker, until
from benchmarks.stacks import Stack

#: Tasks sent inside one transaction, and sent before a figure so that connections and caches are warm.
TOGETHER = 1000
WARM_UP = 20
#: The share of the tasks that is done before the clock starts: a worker's start is not its speed.
WARM = 0.1
#: An idle worker gets one task every so many seconds.
PAUSE = 0.03
LATENCIES = 150
#: A stack that runs fewer tasks a second than this is given up.
SLOWEST = 10
#: Longest that a killed worker's task is waited for, in seconds.
RECOVERY = 120.0

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """What is measured, the columns it fills (name, heading) and how."""

    name: str
    sentence: str
    columns: tuple[tuple[str, str], ...]
    measure: Callable[[Project, int], Values]
    #: Only of a ledger that is its own broker.
    of_the_ledger: bool = False

    def fits(self, stack: Stack) -> bool:
        """Whether the figure is to be measured on a stack."""
        return self.name not in stack.known and (stack.is_ledger_alone or not self.of_the_ledger)


def send(project: Project, tasks: int) -> Values:
    """Tasks sent per second, each by a ``.delay()`` of its own with no transaction open."""
    project.client.ask("send", tasks=WARM_UP)
    return {"send": tasks / project.client.ask("send", tasks=tasks)}


def send_together(project: Project, tasks: int) -> Values:
    """Tasks sent per second inside one database transaction, its commit included."""
    project.client.ask("send", tasks=WARM_UP)
    together = min(tasks, TOGETHER)
    return {"together": together / project.client.ask("send_together", tasks=together)}


def run(project: Project, tasks: int) -> Values:
    """Tasks run per second by one worker with two pool processes, while enough of them wait."""
    project.client.ask("send_together", tasks=tasks)
    return {"run": run_waiting(project, tasks)}


def run_waiting(project: Project, tasks: int, warm: float = WARM) -> float:
    """Start a worker on what waits, and return tasks per second from the share ``warm`` of ``tasks`` to all of them."""
    warm_up = int(tasks * warm)
    watch = "watch_results" if project.stack.records else "watch_queue"
    with project.starting_worker() as worker:
        try:
            seconds = project.client.ask(watch, tasks=tasks, warm=warm_up, deadline=60 + tasks / SLOWEST)
        except Failed as failed:
            raise Failed(f"{failed}; the worker: {worker.log_end()}") from None
    return (tasks - warm_up) / seconds


def latency(project: Project, tasks: int) -> Values:
    """Milliseconds from before ``.delay()`` to the body's first line, on a worker with nothing else to do."""
    with project.worker():
        _stamps(project, WARM_UP)
        seconds = sorted(_stamps(project, max(100, min(tasks, LATENCIES))))
    return {"p50": percentile(seconds, 50) * 1000, "p99": percentile(seconds, 99) * 1000}


def recovery(project: Project, tasks: int) -> Values:
    """Seconds from kill -9 of a worker and its pool, in the middle of a task, to the task's next start elsewhere."""
    file = project.scratch()
    with project.worker() as one, project.worker() as other:
        project.client.ask("send_outlive", file=str(file))
        until(lambda: _starts(file), 30, "the task did not start")
        killed_at = time.monotonic()
        _of_process(_starts(file)[0][0], one, other).kill()
        until(
            lambda: len(_starts(file)) > 1, RECOVERY, f"the task did not start again within {RECOVERY:.0f} s"
        )
    return {"recovery": _starts(file)[1][1] - killed_at}


def claim(project: Project, tasks: int) -> Values:
    """Milliseconds for one claim and one end, from one process, as a pool child makes them around the body."""
    project.client.ask("send_together", tasks=tasks)
    return {"claim": project.client.ask("claim_and_end", tasks=tasks) / tasks * 1000}


FIGURES = (
    Figure("send", "send/s: one `.delay()` after the other, no transaction", (("send", "send/s"),), send),
    Figure(
        "together",
        f"send/s tx: {TOGETHER} `.delay()` inside one transaction",
        (("together", "send/s tx"),),
        send_together,
    ),
    Figure("run", f"run/s: a task that does nothing, prefork {CONCURRENCY}", (("run", "run/s"),), run),
    Figure(
        "latency",
        "ms to start: from `.delay()` to the body, idle",
        (("p50", "p50 ms"), ("p99", "p99 ms")),
        latency,
    ),
    Figure(
        "recovery", "recovery s: kill -9 mid-task to its next start", (("recovery", "recovery s"),), recovery
    ),
    Figure(
        "claim",
        "claim ms: one claim and one end in the ledger",
        (("claim", "claim ms"),),
        claim,
        of_the_ledger=True,
    ),
)


def percentile(ordered: list[float], percent: int) -> float:
    """Return the smallest value that ``percent`` of an ordered list do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _stamps(project: Project, tasks: int) -> list[float]:
    file = project.scratch()
    project.client.ask("send_stamps", tasks=tasks, pause=PAUSE, file=str(file))
    until(lambda: len(_lines(file)) >= tasks, 60, f"not all of {tasks} tasks started within 60 s")
    return [float(line) for line in _lines(file)]


def _starts(file: Path) -> list[tuple[int, float]]:
    return [(int(line.split()[0]), float(line.split()[1])) for line in _lines(file)]


def _of_process(pid: int, *workers: Worker) -> Worker:
    return next(worker for worker in workers if worker.pid == pid)


def _lines(file: Path) -> list[str]:
    """The file's whole lines; one that is still being written is none."""
    return file.read_text().split("\n")[:-1] if file.exists() else []
