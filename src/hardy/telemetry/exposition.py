"""The ledger's figures as Prometheus reads them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hardy.db.counting import COUNTED
from hardy.db.failures import DATABASE_ERRORS
from hardy.ledger.health import health
from hardy.telemetry.extras import require
from hardy.telemetry.figures import RECENTLY, Figures, figures

#: What is measured of the whole ledger: name, labels, and the sentence that Prometheus shows.
GAUGES: dict[str, tuple[tuple[str, ...], str]] = {
    "hardy_ledger_up": ((), "1 if the database that holds the ledger answered, else 0."),
    "hardy_ledger_read_seconds": ((), "How long reading all of these figures took."),
    "hardy_health": ((), "0 if all is clear, 1 if somebody should look, 2 if background work stands still."),
    "hardy_jobs": (
        ("queue", "state"),
        f"Jobs that are not finished, counted up to {COUNTED:,} by queue and state: queued, reserved, running,"
        " due (to be published or promoted), later (not due yet).",
    ),
    "hardy_queue_oldest_wait_seconds": (
        ("queue",),
        "How long the oldest job that may start has waited; 0 if none waits.",
    ),
    "hardy_queue_workers": (("queue",), "Live workers that read the queue."),
    "hardy_queue_paused": (("queue",), "1 while the queue is paused, else 0."),
    "hardy_outbox_lag_seconds": (
        (),
        "How long the oldest due job has waited to be published or promoted; 0 if none does.",
    ),
    "hardy_dead_letters": (
        ("reason",),
        f"Dead letters by reason, among the newest {COUNTED:,}.",
    ),
    "hardy_attempts_per_second": (
        ("outcome",),
        f"Attempts a second that ended so, over the last {RECENTLY / 60:g} minutes.",
    ),
    "hardy_workers": (("kind",), "Live processes: workers that run tasks, and beats."),
    "hardy_heartbeat_age_seconds": (
        ("worker", "kind"),
        "Seconds since a process last said that it is alive; it is gone from here once it is reaped.",
    ),
    "hardy_worker_active": (("worker",), "Tasks that a worker was running at its last heartbeat."),
    "hardy_duty_age_seconds": (
        ("duty",),
        "Seconds since a duty that one process does for all was last begun.",
    ),
    "hardy_schedule_overdue_seconds": (
        ("entry",),
        "Seconds since a schedule entry should have fired; 0 if it is in time.",
    ),
    "hardy_objective_burn_rate": (
        ("objective", "window"),
        "How many times more jobs than allowed were late, over the last 5m, 15m, 1h, 6h; up to 1 the objective is met.",
    ),
    "hardy_objective_missed": (
        ("objective",),
        "1 while an objective is missed, over the last 5 minutes and over the last hour; else 0.",
    ),
}

Sample = tuple[tuple[str, ...], float]


class LedgerCollector:
    """Register it with a `prometheus_client` registry of your own, or let `hardy.telemetry.urls` serve it.

    Reads the ledger at each scrape. A database that is away is told as ``hardy_ledger_up 0``.
    """

    def collect(self) -> Iterator[Any]:
        """Yield the metric families."""
        began = time.perf_counter()
        try:
            said = samples(figures())
        except DATABASE_ERRORS:
            yield from _families({"hardy_ledger_up": [((), 0.0)]})
            return
        said["hardy_ledger_read_seconds"] = [((), time.perf_counter() - began)]
        yield from _families(said)

    def describe(self) -> list[Any]:
        """Nothing: registering must not read the database."""
        return []


def exposition(*collectors: Any) -> tuple[bytes, str]:
    """Return the text that Prometheus scrapes, and its content type."""
    client = require("prometheus_client", "prometheus")
    registry = client.CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    return client.generate_latest(registry), client.CONTENT_TYPE_LATEST


def samples(now: Figures) -> dict[str, list[Sample]]:
    """Return the samples of each gauge, but for how long it took to read them."""
    seen = now.overview
    kinds = {"worker": 0, "beat": 0}
    for worker in seen.workers:
        kinds[worker.kind] = kinds.get(worker.kind, 0) + 1
    return {
        "hardy_ledger_up": [((), 1.0)],
        "hardy_health": [((), float(health(seen).level))],
        "hardy_jobs": [
            ((queue.name, state), float(count.number))
            for queue in seen.queues
            for state, count in queue.states.items()
        ],
        "hardy_queue_oldest_wait_seconds": [
            ((queue.name,), queue.oldest_seconds or 0.0) for queue in seen.queues
        ],
        "hardy_queue_workers": [((queue.name,), float(queue.workers)) for queue in seen.queues],
        "hardy_queue_paused": [((queue.name,), float(queue.paused is not None)) for queue in seen.queues],
        "hardy_outbox_lag_seconds": [((), seen.outbox_lag_seconds)],
        "hardy_dead_letters": _by_name({reason: float(count.number) for reason, count in now.dead.items()}),
        "hardy_attempts_per_second": _by_name(now.rates),
        "hardy_workers": _by_name({kind: float(count) for kind, count in kinds.items()}),
        "hardy_heartbeat_age_seconds": _once(
            ((one.worker, one.kind), one.age_seconds) for one in now.heartbeats
        ),
        "hardy_worker_active": _once(((one.worker,), float(one.active)) for one in now.heartbeats),
        "hardy_duty_age_seconds": _by_name(now.duties),
        "hardy_schedule_overdue_seconds": _by_name(now.overdue),
        "hardy_objective_burn_rate": [
            ((one.objective.name, window), one.burn_rate(window))
            for one in now.objectives
            for window in one.windows
        ],
        "hardy_objective_missed": [((one.objective.name,), float(one.is_missed)) for one in now.objectives],
    }


def _by_name(values: Mapping[str, float]) -> list[Sample]:
    return [((name,), value) for name, value in values.items()]


def _once(found: Iterable[Sample]) -> list[Sample]:
    """Keep one of two with the same labels, the younger: a worker that was restarted, and what is left of it."""
    kept: dict[tuple[str, ...], float] = {}
    for labels, value in found:
        kept[labels] = value  # rows come oldest first
    return list(kept.items())


def _families(said: Mapping[str, list[Sample]]) -> Iterator[Any]:
    metrics = require("prometheus_client.core", "prometheus")
    for name, found in said.items():
        labels, sentence = GAUGES[name]
        family = metrics.GaugeMetricFamily(name, sentence, labels=labels)
        for values, value in found:
            family.add_metric([readable(value) for value in values], value)
        yield family


def readable(label: str) -> str:
    """Return a label's value as UTF-8 can hold it."""
    return label.encode("utf-8", "backslashreplace").decode()
