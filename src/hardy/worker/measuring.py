"""What a body takes: CPU time, memory, queries of databases. What is switched off is not looked at.

CPU time is that of the thread, memory the growth of the process's peak, and queries are those that Django makes for
this body, also in threads that asgiref starts for it. Where tasks are greenlets, one thread and one process are many
tasks at once, and neither CPU time nor memory says anything about one of them.
"""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Callable, Collection
from contextvars import ContextVar, Token
from typing import Any

from django.db import connections

from hardy.conf import Settings, settings
from hardy.db.connections import runs_greenlets
from hardy.ledger.record import Usage, what_is_recorded

#: Bytes in the unit of ``ru_maxrss``.
UNIT = 1 if sys.platform == "darwin" else 1024


class Meter:
    """Measures from when it is made until :meth:`stop`."""

    __slots__ = ("_cpu", "_peak", "_token", "queries", "query_seconds")

    def __init__(self, wanted: Collection[str]) -> None:
        self.queries = 0
        self.query_seconds = 0.0
        self._token: Token[Meter | None] | None = None
        if "queries" in wanted:
            self._token = _meter.set(self)
            if not getattr(_thread, "counts", False):
                _thread.counts = True
                for connection in connections.all(initialized_only=True):
                    _count_queries_of(connection)
        greenlets = runs_greenlets()
        self._peak = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            if "memory" in wanted and not greenlets
            else None
        )
        self._cpu = time.thread_time() if "cpu" in wanted and not greenlets else None

    def stop(self) -> Usage:
        """Return what was taken since this meter was made."""
        cpu = None if self._cpu is None else round(time.thread_time() - self._cpu, 6)
        grown = None
        if self._peak is not None:
            grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self._peak) * UNIT
        if self._token is None:
            return Usage(release(), cpu, grown)
        _meter.reset(self._token)
        return Usage(release(), cpu, grown, self.queries, round(self.query_seconds, 6))


#: Whether the connections that this thread had open are counted; any that it opens later is, by its signal.
_thread = threading.local()
_meter: ContextVar[Meter | None] = ContextVar("hardy_meter", default=None)


#: Whether this process has measured a body: a web process never has.
_measures = False


def start() -> Meter:
    """Begin to measure what ``HARDY["RECORD"]`` names."""
    global _measures
    _measures = True
    return Meter(settings.derived(what_is_recorded))


def release() -> str:
    """Return the release that runs here: the setting, or what Sentry's SDK was given or has found out."""
    return settings.derived(_release)


def _release(settings: Settings) -> str:
    return settings.RELEASE[:255] if settings.RELEASE is not None else _release_of_sentry()


def count_on_new(sender: Any, connection: Any, **_: Any) -> None:
    """Receive ``connection_created``: in a process that measures bodies, each connection is counted."""
    if _measures:
        _count_queries_of(connection)


def _count_queries_of(connection: Any) -> None:
    wrappers = connection.execute_wrappers
    if _count not in wrappers:
        # First, hence outermost: whoever has put one on for a while takes the last one off again.
        wrappers.insert(0, _count)


def _count(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    meter = _meter.get()
    if meter is None:
        return execute(sql, params, many, context)
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        meter.queries += 1
        meter.query_seconds += time.perf_counter() - began


def _release_of_sentry() -> str:
    sdk = sys.modules.get("sentry_sdk")
    if sdk is None:
        return ""
    return str(sdk.get_client().options.get("release") or "")[:255]
