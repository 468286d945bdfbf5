"""Whether this worker has been told to stop."""

from __future__ import annotations

from celery.worker import state as celery_state


def is_told_to_stop() -> bool:
    """Return True once SIGTERM or `celery control shutdown` has come; Celery keeps the exit code, which may be 0."""
    told = (celery_state.should_stop, celery_state.should_terminate)
    return any(exit_code is not None and exit_code is not False for exit_code in told)
