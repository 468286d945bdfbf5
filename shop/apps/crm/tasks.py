from __future__ import annotations

from typing import Any

from celery import Task, shared_task
from celery.utils.log import get_task_logger

from apps.crm import services

logger = get_task_logger(__name__)


@shared_task(
    bind=True,
    name="integrations.sync_to_crm",
    max_retries=5,
    default_retry_delay=60,
    autoretry_for=(ConnectionError, TimeoutError),
    retry_backoff=True,
    retry_backoff_max=600,
    retry_jitter=True,
)
def sync_contact_to_crm(self: Task, contact_id: int) -> dict[str, Any]:
    """Tell the CRM what we know of a contact. When it asks for patience, it says for how long."""
    try:
        record = services.CRMClient().sync(contact_id)
    except services.CRMClient.RateLimitError as exc:
        raise self.retry(exc=exc, countdown=int(exc.retry_after)) from exc
    logger.info("contact %s synced", contact_id)
    return record
