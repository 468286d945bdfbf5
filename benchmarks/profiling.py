"""``--profile``: where a worker's time goes while it runs tasks that do nothing, sampled by py-spy from outside."""

from __future__ import annotations

import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from benchmarks import document, flame
from benchmarks.arguments import Arguments
from benchmarks.environments import python_of
from benchmarks.measuring import tell
from benchmarks.projects import Project, opened, until
from benchmarks.table import text_table

SECONDS = 6
RATE = 250
WAITING = ("poll (", "recv_bytes", "_wait_for_ack", "select (", "wait (threading")
#: A sample belongs to the first of these whose words are in its stack.
PARTS = (
    ("waiting for tasks, or for the other end of a pipe", WAITING),
    ("the claim", ("claim (hardy/",)),
    ("the end, with the result", ("close (hardy/", "finish (hardy/", "finalize (hardy/")),
    ("a connection's opening and closing", ("tidy_connections", "close_if_unusable", "connect (django/")),
    ("reserving", ("reserve (hardy/",)),
    ("delivering: message to request to pool", ("_deliver (kombu", "_pump_jobs", "on_task_received")),
    ("results of the pool's children", ("handle_result_event", "on_state_change", "on_success")),
    ("Celery around the body", ("trace_task", "(celery/")),
)  # fmt: skip
OTHER = "everything else"


def profile(arguments: Arguments) -> int:
    """Sample each stack's worker; print a table for each, and with ``--write`` draw its flame graph into the docs."""
    with tempfile.TemporaryDirectory(prefix="hardy-bench-") as folder:
        for stack in arguments.stacks:
            tell(f"profiling: {stack.title}")
            with opened(stack, Path(folder), cache(lambda: "")) as project:
                stacks = sampled(project)
            print(f"{stack.title}: share of the samples of {SECONDS} s, all of the worker's processes\n")
            print(table(stacks), end="\n\n")
            if arguments.write:
                drawing = flame.svg(flame.tree(stacks))
                (document.IMAGES / f"profile-{stack.name}.svg").write_text(drawing)
    return 0


def sampled(project: Project) -> dict[str, int]:
    """Return the collapsed stacks of a worker at work, each with how often it was seen."""
    file = project.scratch()
    project.client.ask("send_together", task="nothing", tasks=SECONDS * 1500)
    spy = str(Path(python_of("py-spy")).with_name("py-spy"))
    with project.starting_worker() as worker:
        until(lambda: worker.done() > 100, 60, f"no tasks ran: {worker.log_end()}")
        command = [spy, "record", "--subprocesses", "--pid", str(min(worker.sessions)), "--format", "raw"]
        options = [
            "--duration",
            str(SECONDS),
            "--rate",
            str(RATE),
            "--nonblocking",
            "--idle",
            "--output",
            str(file),
        ]
        subprocess.run([*command, *options], check=True, capture_output=True)
    return dict(_counted(file.read_text().splitlines()))


def table(stacks: dict[str, int]) -> str:
    """Return the share of each part, largest first."""
    parts: Counter[str] = Counter()
    for stack, samples in stacks.items():
        parts[_part(stack)] += samples
    whole = sum(parts.values())
    return text_table(
        ["part", "share"], [[part, f"{seen / whole:.1%}"] for part, seen in parts.most_common()]
    )


def _part(stack: str) -> str:
    return next((part for part, words in PARTS if any(word in stack for word in words)), OTHER)


def _counted(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Read ``process;outer (path/file.py:12);inner (…) 17``; lines of one function count as one."""
    seen: Counter[str] = Counter()
    for line in lines:
        stack, _, samples = line.rpartition(" ")
        seen[";".join(_short(frame) for frame in stack.split(";"))] += int(samples)
    yield from seen.items()


def _short(frame: str) -> str:
    """``claim (site-packages/hardy/ledger/claiming.py:20)`` → ``claim (hardy/ledger/claiming.py)``."""
    name, bracket, place = frame.partition(" (")
    if not bracket:
        return frame.partition(":")[0]
    file = place.rstrip(")").rpartition(":")[0] or place.rstrip(")")
    for root in ("site-packages/", "src/", "lib/python3.11/"):
        file = file.rpartition(root)[2]
    return f"{name} ({file})"
