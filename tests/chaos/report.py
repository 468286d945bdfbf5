"""The table: printed, and kept in files as it grows, so that a run that is broken off keeps its lines."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

COLUMNS = (
    "asked", "ended", "lost", "doubled", "stuck", "recovery p50/max", "done after last kill", "poison starts",
    "longest .delay()", "started", "worker grew",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    hardship: str
    stack: str
    line: dict[str, Any]
    seconds: float
    #: What else the machine was busy with.
    load: float = field(default_factory=lambda: os.getloadavg()[0])


class Report:
    """Rows in the order of ``hardships`` and ``stacks``; ``path``.md and ``path``.json hold them too."""

    def __init__(self, hardships: list[str], stacks: list[str], path: Path | None, **run: Any) -> None:
        self.order, self.path = (hardships, stacks), path
        self.run = {"machine": machine(), "began": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", **run}
        self.rows: list[Row] = []

    def add(self, row: Row) -> None:
        self.rows.append(row)
        if self.path is not None:
            self.path.with_suffix(".md").write_text(self.as_markdown() + "\n")
            kept = {"run": self.run, "rows": [asdict(row) for row in self._sorted()]}
            self.path.with_suffix(".json").write_text(json.dumps(kept, indent=2) + "\n")

    def as_markdown(self) -> str:
        lines = [f"| hardship | stack | {' | '.join(COLUMNS)} |", f"|---|---|{'---|' * len(COLUMNS)}"]
        for row in self._sorted():
            cells = " | ".join(str(row.line.get(column, "")) for column in COLUMNS)
            lines.append(f"| {row.hardship} | {row.stack} | {cells} |")
        return "\n".join(lines)

    def _sorted(self) -> list[Row]:
        hardships, stacks = self.order
        return sorted(self.rows, key=lambda row: (hardships.index(row.hardship), stacks.index(row.stack)))


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in ("celery", "kombu", "django"))
    python = f"Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.platform()}, {python}, {versions}"
