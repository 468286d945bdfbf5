"""Tracebacks as their readers want them: the task's own frames, without the policies between Celery and the body."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from types import CodeType, TracebackType

#: Modules whose frames carry the call to the body and say nothing about it.
CARRIERS = ("hardy", "celery.app.task", "asyncio")

#: What stands before a line of a printed traceback: in that of an exception group there are bars.
MARGIN = " |+"
FRAME = re.compile(rf'(?P<margin>[{MARGIN}]*)File "(?P<path>[^"]+)", line \d+')
#: Code that no project has written itself: what is installed, Python's own, what has no file; and hardy's.
FOREIGN = re.compile(r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib[/\\]python3\.\d+[/\\]|^<", re.IGNORECASE)
HARDY = f"{Path(__file__).resolve().parent}{os.sep}"


def without_carriers(error: BaseException, seam: CodeType) -> BaseException:
    """Return ``error`` without carriers' frames up to the first one of the body, which the function ``seam`` calls.

    An error that did not come out of the body keeps every frame: then they are what is looked for.
    """
    frames = _frames(error.__traceback__)
    at = next((index for index, frame in enumerate(frames) if frame.tb_frame.f_code is seam), None)
    if at is None:
        return error
    first = next((index for index in range(at, len(frames)) if not _carries(frames[index])), None)
    if first is None:
        return error
    passed = [frame for frame in frames[:first] if not _carries(frame)]  # a project's own policies
    chained = frames[first]
    for frame in reversed(passed):
        chained = TracebackType(chained, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return error.with_traceback(chained)


def _frames(trace: TracebackType | None) -> list[TracebackType]:
    frames: list[TracebackType] = []
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    return frames


def _carries(trace: TracebackType) -> bool:
    module = str(trace.tb_frame.f_globals.get("__name__", ""))
    return any(module == carrier or module.startswith(f"{carrier}.") for carrier in CARRIERS)


def own_frames(text: str) -> str:
    """Return a printed traceback without the frames of libraries; all of it, where no other frame would be left.

    What was raised, and what it came from, stays.
    """
    kept: list[str] = []
    depth: int | None = None  # of the library's frame that this line may belong to
    has_own = False
    for line in text.splitlines(keepends=True):
        if frame := FRAME.match(line):
            is_own = not is_foreign(frame["path"])
            has_own = has_own or is_own
            depth = None if is_own else len(frame["margin"])
        elif depth is not None and not _continues(line, depth):
            depth = None
        if depth is None:
            kept.append(line)
    return "".join(kept) if has_own else text


@lru_cache(maxsize=4096)
def is_foreign(path: str) -> bool:
    """Whether the code in this file is a library's, Python's or hardy's, and none of the project's own."""
    return FOREIGN.search(path) is not None or path.startswith(HARDY)


def _continues(line: str, depth: int) -> bool:
    """Whether a line is the source of the frame above, or says that the frame is repeated."""
    text = line.lstrip(MARGIN)
    margin = len(line) - len(text)
    return margin > depth or (margin == depth and text.startswith("[Previous line repeated"))
