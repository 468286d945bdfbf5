from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from apps.core.access import may_look_behind
from apps.orders.basket import Basket


def shop(request: HttpRequest) -> dict[str, Any]:
    """What every page may show: the basket's size, and in development the ways behind the counter."""
    return {
        "basket_size": Basket(request.session).size if hasattr(request, "session") else 0,
        "mailbox_url": settings.MAILBOX_URL,
        "sandbox_url": getattr(settings, "SANDBOX_URL", ""),
        "is_demonstration": settings.DEMONSTRATION,
        "may_look_behind": may_look_behind(request),
    }
