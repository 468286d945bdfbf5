"""Metrics with OpenTelemetry: ``HARDY["OTEL_METRICS"] = True``, and the extra ``otel``.

A worker's parent process counts for its children, as it does for Prometheus, and exports alone: a child that is killed
takes no count with it. It has a provider of its own. That of the project lives on in each child that is forked, and
would hand over there again what the worker had counted before.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connections

from hardy.db.failures import DATABASE_ERRORS
from hardy.ledger.models import Run
from hardy.ledger.overview import Overview, overview
from hardy.telemetry.extras import require
from hardy.telemetry.tally import BOUNDS
from hardy.telemetry.vitals import node

logger = logging.getLogger(__name__)

#: OpenTelemetry's own variable, and its default: milliseconds between two exports.
INTERVAL, EVERY = "OTEL_METRIC_EXPORT_INTERVAL", 60_000.0
#: Seconds that the last export of a worker that ends may take.
LAST = 3.0

DURATIONS = TOOK, WAITED = "messaging.process.duration", "hardy.wait.duration"
#: Outcomes that are errors of the attempt.
ERRORS = frozenset(map(str, (Run.Outcome.FAILED, Run.Outcome.REJECTED, Run.Outcome.LOST)))
ABOUT = {
    "messaging.system": "celery",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
}


class Instruments:
    """What a worker measures, by the messaging conventions where these have a name for it."""

    def __init__(self, provider: Any) -> None:
        self.seen: Overview | None = None
        observe = require("opentelemetry.metrics", "otel").Observation
        meter = provider.get_meter("hardy")
        self._consumed = meter.create_counter(
            "messaging.client.consumed.messages", "{message}", "Attempts that ended in this worker."
        )
        self._took = meter.create_histogram(TOOK, "s", "From when an attempt began to when it was recorded.")
        self._waited = meter.create_histogram(
            WAITED, "s", "From when a job was due to when its attempt began."
        )
        meter.create_observable_gauge(
            "hardy.queue.depth", [lambda _: self._depths(observe)], "{message}",
            "Jobs that are not finished, by queue and state.",
        )  # fmt: skip
        meter.create_observable_gauge(
            "hardy.queue.oldest.wait", [lambda _: self._waits(observe)], "s",
            "How long the oldest job that may start has waited.",
        )  # fmt: skip

    def waited(self, task: str, seconds: float) -> None:
        """A job has begun that had waited so long."""
        self._waited.record(seconds, {**ABOUT, "celery.task_name": task})

    def ended(self, task: str, outcome: str, seconds: float | None) -> None:
        """An attempt has ended."""
        about = {**ABOUT, "celery.task_name": task, "hardy.outcome": outcome}
        if outcome in ERRORS:
            about["error.type"] = outcome
        self._consumed.add(1, about)
        if seconds is not None:
            self._took.record(seconds, about)

    def _depths(self, observe: Any) -> Iterator[Any]:
        for queue in self.seen.queues if self.seen else ():
            for state, count in queue.states.items():
                yield observe(count.number, {**_destination(queue.name), "hardy.state": state})

    def _waits(self, observe: Any) -> Iterable[Any]:
        queues = self.seen.queues if self.seen else ()
        return [observe(queue.oldest_seconds or 0.0, _destination(queue.name)) for queue in queues]


class Exporting:
    """Exports a worker's metrics by OTLP over HTTP, every minute, in a thread that no child inherits."""

    def __init__(self) -> None:
        sdk = require("opentelemetry.sdk.metrics", "otel")
        resource = require("opentelemetry.sdk.resources", "otel").Resource.create(
            {"service.instance.id": node()}
        )
        exporter = require(
            "opentelemetry.exporter.otlp.proto.http.metric_exporter", "otel"
        ).OTLPMetricExporter()
        self._reader = _reader(exporter)
        self._provider = sdk.MeterProvider(
            [self._reader],
            resource=resource,
            shutdown_on_exit=False,
            views=[_bounds_of(name) for name in DURATIONS],
        )
        self.instruments = Instruments(self._provider)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._export_on, name="hardy-otel-metrics", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Export a last time, and end the thread."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(LAST)
        self._provider.shutdown(LAST * 1000)

    def _export_on(self) -> None:
        while not self._over.wait(_pause()):
            self._export()
        self._export()

    def _export(self) -> None:
        try:
            self.instruments.seen = overview()
        except DATABASE_ERRORS:
            self.instruments.seen = None  # what the worker has counted is exported all the same
        finally:
            connections.close_all()
        try:
            self._reader.collect()
        except Exception:  # an exporter raises what it likes, and the next export may get out
            logger.exception("Metrics could not be exported to OpenTelemetry's collector; it is tried again")


def _reader(exporter: Any) -> Any:
    """Return a reader that exports when it is told to collect: OpenTelemetry's own goes on in forked children."""
    base: Any = require("opentelemetry.sdk.metrics.export", "otel").MetricReader

    class Reader(base):  # type: ignore[misc]
        def _receive_metrics(self, metrics_data: Any, timeout_millis: float = 10_000, **_: Any) -> None:
            exporter.export(metrics_data, timeout_millis=timeout_millis)

        def shutdown(self, timeout_millis: float = 30_000, **_: Any) -> None:
            exporter.shutdown(timeout_millis=timeout_millis)

    return Reader(exporter._preferred_temporality, exporter._preferred_aggregation)


def _bounds_of(name: str) -> Any:
    """Return the view that gives a histogram the bounds that Prometheus sees."""
    view = require("opentelemetry.sdk.metrics.view", "otel")
    return view.View(instrument_name=name, aggregation=view.ExplicitBucketHistogramAggregation(BOUNDS))


def _destination(queue: str) -> dict[str, str]:
    return {"messaging.system": "celery", "messaging.destination.name": queue}


def _pause() -> float:
    try:
        pause = float(os.environ.get(INTERVAL, EVERY)) / 1000
    except ValueError:
        return EVERY / 1000
    return pause if pause > 0 else EVERY / 1000
