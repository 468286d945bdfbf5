from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.admin import Unchangeable
from apps.crm.models import Contact
from apps.crm.tasks import sync_contact_to_crm


@admin.register(Contact)
class ContactAdmin(Unchangeable):
    list_display = ["id", "user", "crm_revision", "synced_at"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
    actions = ["sync"]

    @admin.action(description="Tell the CRM again", permissions=["view"])
    def sync(self, request: HttpRequest, contacts: QuerySet[Contact]) -> None:
        for contact in contacts:
            sync_contact_to_crm.apply_async(args=[contact.pk], queue="high_priority")
        self.message_user(request, f"{len(contacts)} contacts are on their way.", messages.SUCCESS)
