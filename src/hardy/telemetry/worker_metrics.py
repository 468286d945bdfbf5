"""What one worker has measured, as Prometheus reads it from the worker's own port."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from hardy.telemetry.exposition import readable
from hardy.telemetry.extras import require
from hardy.telemetry.tally import BOUNDS, Histogram, Tally
from hardy.worker.bootsteps import duty_lags
from hardy.worker.pulse import is_connected, pulse

#: What a worker measures: kind, labels, and the sentence that Prometheus shows. Counters get "_total".
METRICS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "hardy_task_attempts": (
        "counter",
        ("task", "outcome"),
        "Attempts that ended in this worker, by task and outcome.",
    ),
    "hardy_task_wait_seconds": (
        "histogram",
        ("task",),
        "From when a job was due to when its attempt began, by the database's clock.",
    ),
    "hardy_task_run_seconds": ("histogram", ("task",), "From when an attempt began to when it was recorded."),
    "hardy_connection_retries": (
        "counter",
        ("to",),
        "How often the database or the broker did not answer and was asked again.",
    ),
    "hardy_worker_connected": ("gauge", (), "1 while this worker consumes from its broker, else 0."),
    "hardy_worker_heartbeat_lag_seconds": (
        "gauge",
        (),
        "Seconds since a heartbeat of this worker last reached the ledger.",
    ),
    "hardy_duty_lag_seconds": (
        "gauge",
        ("duty",),
        "Seconds that a duty of this process has been due and is not done.",
    ),
}


class WorkerCollector:
    """A collector of `prometheus_client` for one worker."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally

    def collect(self) -> Iterator[Any]:
        """Yield the metric families; reads no database."""
        totals = self._tally.totals()
        yield _family("hardy_task_attempts", totals.attempts)
        yield _histograms("hardy_task_wait_seconds", totals.waits)
        yield _histograms("hardy_task_run_seconds", totals.runs)
        retries = {(to,): totals.retries[to] for to in ("database", "broker")}
        yield _family("hardy_connection_retries", retries)
        yield _family("hardy_worker_connected", {(): float(is_connected())})
        if pulse.beat is not None:
            yield _family("hardy_worker_heartbeat_lag_seconds", {(): time.monotonic() - pulse.beat})
        yield _family("hardy_duty_lag_seconds", {(name,): lag for name, lag in duty_lags().items()})


def _family(name: str, values: Mapping[Any, float]) -> Any:
    kind, labels, sentence = METRICS[name]
    made = getattr(require("prometheus_client.core", "prometheus"), f"{kind.capitalize()}MetricFamily")
    family = made(name, sentence, labels=labels)
    for found, value in values.items():
        family.add_metric([readable(label) for label in found], value)
    return family


def _histograms(name: str, by_task: Mapping[str, Histogram]) -> Any:
    _, labels, sentence = METRICS[name]
    core = require("prometheus_client.core", "prometheus")
    family = core.HistogramMetricFamily(name, sentence, labels=labels)
    bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
    for task, histogram in by_task.items():
        buckets = list(zip(bounds, accumulate(histogram.counts), strict=True))
        family.add_metric([readable(task)], buckets, sum_value=histogram.sum)
    return family
