"""Tracebacks as their readers want them: the task's own frames, without the policies between Celery and the body."""

from __future__ import annotations

from types import CodeType, TracebackType

#: Modules whose frames carry the call to the body and say nothing about it.
CARRIERS = ("hardy", "celery.app.task", "asyncio")


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
