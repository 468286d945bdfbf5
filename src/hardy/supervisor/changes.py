"""Notices changed source files by their modification times, once a second.

Django's own reloader watches the modules that its own process has imported; the supervisor imports neither
views nor tasks. Looking at the times of a project's few hundred files costs milliseconds; it needs no package
and no particular platform.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

SUFFIXES = (".py", ".html", ".txt", ".mo")
LEFT_OUT = {"__pycache__", "node_modules", "site-packages", "static", "media"}
EVERY_SECONDS = 1.0


class Changes:
    """What has changed in some folders since the last look."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = list(folders)
        self._seen = dict(self._files())
        self._next_look = time.monotonic() + EVERY_SECONDS

    def noticed(self) -> list[Path]:
        """Files written, added or removed since the last look; looks at most once a second."""
        if time.monotonic() < self._next_look:
            return []
        now = dict(self._files())
        self._next_look = time.monotonic() + EVERY_SECONDS
        before, self._seen = self._seen, now
        return sorted({Path(path) for path, _ in before.items() ^ now.items()})

    def _files(self) -> Iterator[tuple[str, int]]:
        for folder in self._folders:
            yield from times(str(folder))


def times(folder: str) -> Iterator[tuple[str, int]]:
    """Each source file below `folder` with its modification time; what vanishes while we look is left out."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in LEFT_OUT:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from times(entry.path)
        elif entry.name.endswith(SUFFIXES):
            try:
                yield entry.path, entry.stat().st_mtime_ns
            except FileNotFoundError:
                continue
