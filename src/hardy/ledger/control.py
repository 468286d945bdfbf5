"""``app.control`` and ``celery control``: revoking a job that waits is a fact of the ledger, not a worker's memory."""

from __future__ import annotations

from typing import Any

from celery.app.control import Control as CeleryControl


class Control(CeleryControl):  # type: ignore[misc]
    """Celery's remote control; what it tells workers it also writes down where they could forget it."""

    def revoke(self, task_id: str | list[str], *args: Any, **kwargs: Any) -> Any:
        """Cancel the task if it waits, then tell the workers, who know it if it is with one of them."""
        from hardy.ledger.steering import cancel  # needs models, which `celery inspect` has not loaded

        ids = [task_id] if isinstance(task_id, str) else list(task_id)
        cancel(ids, why="The task was revoked.")
        return super().revoke(task_id, *args, **kwargs)
