from __future__ import annotations

from celery import shared_task
from celery.utils.log import get_task_logger

from apps.users import work

logger = get_task_logger(__name__)


@shared_task(name="users.cleanup_expired_sessions")
def cleanup_expired_sessions() -> int:
    """Delete sessions that have ended; returns how many."""
    deleted = work.delete_expired_sessions()
    logger.info("%s expired sessions deleted", deleted)
    return deleted
