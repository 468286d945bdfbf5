from __future__ import annotations

from celery import shared_task
from celery.utils.log import get_task_logger

from apps.core.vendors import VendorError
from apps.products import work

logger = get_task_logger(__name__)


@shared_task(name="products.sync_inventory")
def sync_inventory() -> int:
    """Apply the supplier's feed to our stock; returns how many products were filled up.

    It runs every minute, so it does not try again by itself: a supplier that is away now is asked again soon.
    """
    try:
        rows = work.supplier_feed()
    except VendorError as error:
        logger.warning("stock stays as it is: %s", error)
        return 0
    filled_up = work.apply_feed(rows)
    logger.info("supplier's feed applied: %s products filled up", filled_up)
    return filled_up
