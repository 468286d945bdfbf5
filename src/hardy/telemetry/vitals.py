"""What this process says of itself when it is asked whether it lives, and the file in which it says so unasked."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

from hardy.conf import settings
from hardy.ledger import identity
from hardy.worker.pulse import pulse
from hardy.worker.stopping import is_told_to_stop

logger = logging.getLogger(__name__)

#: Longest pause, in seconds, between two writings of the file.
PAUSE = 2.0


def vitals(kind: str) -> dict[str, Any]:
    """Return this process's vital signs, as :mod:`hardy.telemetry.probe` judges them."""
    is_worker = kind == "worker"
    return {
        "name": node(),
        "kind": kind,
        "pid": os.getpid(),
        "written": time.monotonic(),
        "beat": pulse.beat,
        "tried": pulse.tried,
        "turned": pulse.turned,
        "connected": pulse.is_connected if is_worker else True,
        "started": pulse.has_started if is_worker else pulse.beat is not None,
        "stopping": is_told_to_stop(),
        "timeout": settings.HEARTBEAT_TIMEOUT.total_seconds(),
        "patience": settings.BUSY_TIMEOUT.total_seconds(),
    }


def node() -> str:
    """Return this process's name as Celery has it: ``celery@host``."""
    return identity.name().partition("/")[0]


class HealthFile:
    """Writes a process's vital signs into a file every two seconds, in a thread of its own, until it is stopped."""

    def __init__(self, path: str, kind: str) -> None:
        self.path, self.kind = Path(path.replace("{name}", node())), kind
        self._over = threading.Event()
        self._said = ""
        self._thread = threading.Thread(target=self._write_on, name="hardy-health-file", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and remove the file: who leaves in good order is not found dead."""
        self._over.set()
        self._thread.join(PAUSE)
        self.path.unlink(missing_ok=True)

    def _write_on(self) -> None:
        while not self._over.is_set():
            self._write()
            self._over.wait(min(PAUSE, settings.HEARTBEAT.total_seconds()))

    def _write(self) -> None:
        """Put a whole file in the place of the last one; a disk that takes none is said once."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            fresh.write_text(json.dumps(vitals(self.kind)))
            fresh.replace(self.path)
            self._said = ""
        except OSError as error:
            if str(error) != self._said:
                logger.error("HARDY['HEALTH_FILE'] %s cannot be written: %s", self.path, error)
            self._said = str(error)
