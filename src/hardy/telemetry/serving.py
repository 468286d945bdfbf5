"""When a worker opens its ports and writes its health file, and when a beat process does: what the settings ask for."""

from __future__ import annotations

import atexit
import logging
import time
from importlib import import_module
from typing import Any

from billiard.process import current_process
from celery import signals

from hardy.conf import settings
from hardy.errors import MissingExtra
from hardy.telemetry.exposition import exposition
from hardy.telemetry.extras import require
from hardy.telemetry.last_words import note_lifetime
from hardy.telemetry.measuring import Meter
from hardy.telemetry.ports import Answer, Pages, Port, as_json
from hardy.telemetry.probe import QUESTIONS, problems
from hardy.telemetry.vitals import HealthFile, vitals
from hardy.telemetry.worker_metrics import WorkerCollector
from hardy.worker.pulse import pulse

logger = logging.getLogger(__name__)


class Serving:
    """What of this process is open."""

    def __init__(self) -> None:
        self.meter: Meter | None = None
        self.ports: list[Port] = []
        self.file: HealthFile | None = None
        #: A :class:`hardy.telemetry.otel_metrics.Exporting`, whose packages may be missing.
        self.exporting: Any = None


serving = Serving()


def connect_signals() -> None:
    """Listen for when workers and beats start, are ready, fork and end."""
    signals.worker_init.connect(_open, weak=False, dispatch_uid="hardy.serving.open")
    signals.worker_ready.connect(_note_ready, weak=False, dispatch_uid="hardy.serving.ready")
    signals.worker_process_init.connect(_let_go, weak=False, dispatch_uid="hardy.serving.fork")
    signals.worker_shutdown.connect(close, weak=False, dispatch_uid="hardy.serving.close")
    signals.beat_init.connect(_open_beat, weak=False, dispatch_uid="hardy.serving.beat")


def _open(sender: Any, **_: Any) -> None:
    """Before the pool forks: its children inherit the pipe by which they report."""
    note_lifetime(sender)
    pages: dict[int, dict[str, Any]] = {}
    if settings.METRICS_PORT is not None and (metrics := _metrics()):
        pages.setdefault(settings.METRICS_PORT, {}).update(metrics)
    if settings.HEALTH_PORT is not None:
        pages.setdefault(settings.HEALTH_PORT, {}).update(_probes())
    for number, paths in pages.items():
        _open_port(number, paths)
    if settings.OTEL_METRICS:
        serving.exporting = _exporting()


def _note_ready(**_: Any) -> None:
    pulse.has_started = True
    if serving.exporting is not None:
        serving.exporting.start()
    if settings.HEALTH_FILE is not None and serving.file is None:
        # Not before: its name is the worker's, which it takes while it starts.
        serving.file = HealthFile(settings.HEALTH_FILE, "worker")
        serving.file.start()


def _open_beat(**_: Any) -> None:
    """A beat process writes its file. One inside a worker does if its file is not the worker's."""
    path = settings.HEALTH_FILE
    if path is None or (current_process().name != "MainProcess" and "{name}" not in path):
        return
    serving.file = HealthFile(path, "beat")
    serving.file.start()
    atexit.register(serving.file.stop)


def close(**_: Any) -> None:
    """Close what is open."""
    for port in serving.ports:
        port.close()
    serving.ports.clear()
    if serving.file is not None:
        serving.file.stop()
        serving.file = None
    if serving.exporting is not None:
        serving.exporting.stop()
        serving.exporting = None
    if serving.meter is not None:
        serving.meter.disconnect()
        serving.meter = None


def _let_go(**_: Any) -> None:
    if current_process().name != "MainProcess":  # the solo pool sends this signal too, from the worker itself
        for port in serving.ports:
            port.let_go()


def _open_port(number: int, pages: Pages) -> None:
    try:
        port = Port(settings.LISTEN_ON, number, pages)
    except OSError as error:
        logger.error(
            "Port %d cannot be opened on %s (%s), so this worker answers neither scraper nor probe there. If another"
            " worker of this machine has it, give each its own HARDY['METRICS_PORT'] and HARDY['HEALTH_PORT'].",
            number, settings.LISTEN_ON, error,
        )  # fmt: skip
        return
    port.open()
    serving.ports.append(port)
    logger.info("Port %d answers %s", number, ", ".join(sorted(pages)))


def _metrics() -> Pages:
    """A worker without metrics is better than no worker: what is missing is said."""
    try:
        client = require("prometheus_client", "prometheus")
    except MissingExtra as error:
        logger.error("HARDY['METRICS_PORT'] is set, and this worker serves no metrics: %s", error)
        return {}
    collectors = (WorkerCollector(_meter().tally), client.ProcessCollector(registry=None))

    def metrics() -> Answer:
        text, kind = exposition(*collectors)
        return 200, kind, text

    return {"/metrics": metrics}


def _exporting() -> Any:
    try:
        exporting = import_module("hardy.telemetry.otel_metrics").Exporting()
    except MissingExtra as error:
        logger.error("HARDY['OTEL_METRICS'] is True, and this worker exports no metrics: %s", error)
        return None
    _meter().tally.also_tell(exporting.instruments)
    return exporting


def _meter() -> Meter:
    if serving.meter is None:
        serving.meter = Meter()
        serving.meter.connect()
    return serving.meter


def _probes() -> Pages:
    return {f"/{question}": _Probe(question) for question in QUESTIONS}


class _Probe:
    def __init__(self, question: str) -> None:
        self.question = question

    def __call__(self) -> Answer:
        found = problems(self.question, vitals("worker"), time.monotonic())
        return as_json(503 if found else 200, {self.question: not found, "problems": found})
