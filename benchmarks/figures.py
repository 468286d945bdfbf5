"""The figures: each takes a project and how many tasks, and returns one or more numbers by name."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import processes
from benchmarks.growth import COLUMNS, growth
from benchmarks.projects import Failed, Project, Worker, until
from benchmarks.stacks import Stack

#: Tasks sent inside one transaction, and sent before a figure so that connections and caches are warm.
TOGETHER = 1000
WARM_UP = 20
#: The share of the tasks that is done before the clock starts: a worker's start is not its speed.
WARM = 0.1
#: A slow stack is watched no longer than this, in seconds, from when the clock starts; what it did until then counts.
LONGEST = 6.0
#: Seconds between looks at the file that counts.
LOOK = 0.002
#: An idle worker gets so many tasks a second.
IDLE_RATE = 30.0
LATENCIES = 150
#: Most tasks a second that the half-loaded worker gets: beyond that the one sending process is the limit.
HALF_AT_MOST = 400.0
#: Longest that a killed worker's task is waited for, in seconds.
RECOVERY = 30.0

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
    #: Takes minutes: measured only where it is named.
    on_request: bool = False

    def fits(self, stack: Stack) -> bool:
        """Whether the figure is to be measured on a stack."""
        return self.name not in stack.known and (stack.is_ledger_alone or not self.of_the_ledger)


def send(project: Project, tasks: int) -> Values:
    """Tasks sent per second, each by a call of its own with no transaction open."""
    _warm_up(project)
    return {"send": tasks / project.client.ask("send", task="nothing", tasks=tasks)}


def send_together(project: Project, tasks: int) -> Values:
    """Tasks sent per second inside one database transaction, its commit included."""
    _warm_up(project)
    together = min(tasks, TOGETHER)
    return {"together": together / project.client.ask("send_together", task="nothing", tasks=together)}


def send_many(project: Project, tasks: int) -> Values:
    """Tasks sent per second by the tool's call for many; nothing where it has none."""
    _warm_up(project)
    seconds = project.client.ask("send_many", task="nothing", tasks=tasks)
    return {} if seconds is None else {"bulk": tasks / seconds}


def run(project: Project, tasks: int, *, body: str = "nothing", column: str = "run") -> Values:
    """Tasks run per second by two worker processes while enough of them wait, and what 10 000 of them cost."""
    project.client.ask("send_together", task=body, tasks=tasks)
    with project.starting_worker() as worker:
        rate, cost = run_waiting(worker, tasks)
    return {column: rate, **(cost if body == "nothing" else {})}


def run_waiting(worker: Worker, tasks: int, warm: float = WARM) -> tuple[float, Values]:
    """Return tasks per second from the share ``warm`` of ``tasks`` to all of them, and what 10 000 cost meanwhile."""
    until(lambda: worker.done() >= tasks * warm, 60, f"no tasks ran: {worker.log_end()}", pause=LOOK)
    began, first = time.monotonic(), worker.done()
    own, whole = processes.processor_seconds(worker.sessions), processes.machine_seconds()
    while worker.done() < tasks and time.monotonic() < began + LONGEST:
        time.sleep(LOOK)
    seconds, done = time.monotonic() - began, worker.done() - first
    if done <= 0:
        raise Failed(f"it ran {first} of {tasks} tasks and then none; the worker: {worker.log_end()}")
    own = processes.processor_seconds(worker.sessions) - own
    whole = processes.machine_seconds() - whole
    cost = {
        "cpu": own / done * 10_000,
        "machine": whole / done * 10_000,
        "memory": processes.memory(worker.sessions),
    }
    return done / seconds, cost


def latency(project: Project, tasks: int) -> Values:
    """Milliseconds from before the send to the body's first line, on an idle worker and on one that is half loaded."""
    project.client.ask("send_together", task="nothing", tasks=min(tasks, TOGETHER))
    with project.starting_worker() as worker:
        rate, _ = run_waiting(worker, min(tasks, TOGETHER))
    project.clear()
    with project.worker():
        _stamps(project, WARM_UP, IDLE_RATE)
        idle = _stamps(project, max(100, min(tasks, LATENCIES)), IDLE_RATE)
        half = min(rate / 2, HALF_AT_MOST)
        loaded = _stamps(project, round(max(100, half * 3)), half)
    return {
        "p50": percentile(idle, 50), "p99": percentile(idle, 99),
        "half_p50": percentile(loaded, 50), "half_p99": percentile(loaded, 99),
    }  # fmt: skip


def recovery(project: Project, tasks: int) -> Values:
    """Seconds from kill -9 of a worker and its pool, in the middle of a task, to the task's next start elsewhere."""
    file = project.scratch()
    with project.worker() as one:
        project.client.ask("send_outlive", file=str(file))
        until(lambda: _starts(file), 30, "the task did not start")
        with project.worker():
            killed_at = time.monotonic()
            one.kill()
            until(lambda: len(_starts(file)) > 1, RECOVERY, f"no second start within {RECOVERY:.0f} s")
    return {"recovery": _starts(file)[1][1] - killed_at}


def claim(project: Project, tasks: int) -> Values:
    """Milliseconds for one claim and one end, from one process, as a pool child makes them around the body."""
    project.client.ask("send_together", task="nothing", tasks=tasks)
    return {"claim": project.client.ask("claim_and_end", tasks=tasks) / tasks * 1000}


COST = (("cpu", "CPU s"), ("machine", "machine CPU s"), ("memory", "MiB"))
LATENCY = (("p50", "p50 ms"), ("p99", "p99 ms"), ("half_p50", "half p50"), ("half_p99", "half p99"))

FIGURES = (
    Figure("send", "send/s: one after the other, no transaction", (("send", "send/s"),), send),
    Figure("together", f"send/s tx: {TOGETHER} in one transaction", (("together", "send/s tx"),), send_together),
    Figure("bulk", "send/s bulk: by the tool's own call for many", (("bulk", "send/s bulk"),), send_many),
    Figure("run", "run/s: a task that does nothing, and its cost", (("run", "run/s"), *COST), run),
    Figure(
        "write", "write/s: a task that writes a row with the ORM", (("write", "write/s"),),
        partial(run, body="write", column="write"),
    ),
    Figure(
        "nap", "nap/s: a task that sleeps 10 ms (two at a time: 200)", (("nap", "nap/s"),),
        partial(run, body="nap", column="nap"),
    ),
    Figure("latency", "ms from the send to the body, idle and half loaded", LATENCY, latency),
    Figure("recovery", "recovery s: kill -9 mid-task to its next start", (("recovery", "recovery s"),), recovery),
    Figure("claim", "claim ms: one claim and one end", (("claim", "claim ms"),), claim, of_the_ledger=True),
    Figure(
        "growth", "MiB after 100 000 tasks, and beside 1 000 000 that wait; minutes, only by name", COLUMNS, growth,
        of_the_ledger=True, on_request=True,
    ),
)  # fmt: skip


def percentile(values: list[float], percent: int) -> float:
    """Return the smallest value that ``percent`` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _warm_up(project: Project) -> None:
    project.client.ask("send", task="nothing", tasks=WARM_UP)


def _stamps(project: Project, tasks: int, rate: float) -> list[float]:
    """Send stamped tasks and return each one's milliseconds."""
    file = project.scratch()
    project.client.ask("send_paced", tasks=tasks, rate=rate, file=str(file))
    until(lambda: len(_lines(file)) >= tasks, 60, f"not all of {tasks} tasks started within 60 s")
    return [float(line) * 1000 for line in _lines(file)]


def _starts(file: Path) -> list[tuple[int, float]]:
    return [(int(line.split()[0]), float(line.split()[1])) for line in _lines(file)]


def _lines(file: Path) -> list[str]:
    """The file's whole lines; one that is still being written is none."""
    return file.read_text().split("\n")[:-1] if file.exists() else []
