"""What the CRM is told about a customer."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone

from apps.core.vendors import RateLimited, Vendor
from apps.crm.models import Contact
from apps.orders.models import Order, OrderEvent

PAID = [Order.Status.PROCESSING, Order.Status.SHIPPED]


class CRMClient:
    """The CRM: `CRMClient().sync(contact_id)` makes its record of a contact what we know of it."""

    RateLimitError = RateLimited

    def sync(self, contact_id: int) -> dict[str, Any]:
        """The record as the CRM keeps it now. Saying the same twice changes nothing there.

        What has changed while the CRM was listening is said at once: of two syncs at the same time the one with the
        older news may be heard last.
        """
        contact = Contact.objects.select_related("user").get(pk=contact_id)
        record: dict[str, Any] = {}
        said = None
        while (news := latest_news(contact)) != said:
            said = newest_order, facts = news
            record = Vendor("crm").call("PUT", f"/contacts/{contact_id}", json=facts)
            remember_sync(contact, record, newest_order)
        return record


def contact_of(user_id: int) -> Contact:
    return Contact.objects.get_or_create(user_id=user_id)[0]


def latest_news(contact: Contact) -> tuple[int, dict[str, Any]]:
    """What we know of a contact, and the newest order that is surely part of it: it is looked up first."""
    newest = Order.objects.filter(user=contact.user, status__in=PAID).aggregate(newest=Max("pk"))["newest"]
    return newest or 0, what_we_know(contact)


def what_we_know(contact: Contact) -> dict[str, Any]:
    paid = Order.objects.filter(user=contact.user, status__in=PAID).aggregate(
        orders=Count("pk"), spent=Sum("total")
    )
    return {
        "email": contact.user.email,
        "name": contact.user.full_name,
        "orders": paid["orders"],
        "spent": f"{paid['spent'] or 0:.2f}",
    }


def remember_sync(contact: Contact, record: dict[str, Any], newest_order: int) -> None:
    """Say when the CRM last heard of the customer, here and in the timeline of each order it now knows of."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        contact.crm_revision = record.get("revision")
        contact.synced_at = timezone.now()
        contact.save(update_fields=["crm_revision", "synced_at"])
        known = Order.objects.filter(user_id=contact.user_id, status__in=PAID, pk__lte=newest_order)
        OrderEvent.objects.bulk_create(
            OrderEvent(order=order, kind=OrderEvent.Kind.CRM_SYNCED)
            for order in known.exclude(events__kind=OrderEvent.Kind.CRM_SYNCED)
        )
