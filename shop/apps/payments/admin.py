from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.admin import Unchangeable
from apps.payments import services
from apps.payments.models import FailedCharge, Payment


@admin.register(FailedCharge)
class FailedChargeAdmin(Unchangeable):
    """The dead-letter table of charges: what the shop gave up, for the staff to try again."""

    list_display = ["order", "error", "failed_at", "retried_at", "retried_by", "task_id"]
    list_filter = [("retried_at", admin.EmptyFieldListFilter), "failed_at"]
    search_fields = ["=order__id", "order__user__email", "error", "task_id"]
    list_select_related = ["order", "retried_by"]
    actions = ["charge_again"]

    @admin.action(description="Charge again", permissions=["retry"])
    def charge_again(self, request: HttpRequest, failures: QuerySet[FailedCharge]) -> None:
        charged = [
            services.charge_again(failure.order, request.user) for failure in failures.select_related("order")
        ]
        if any(charged):
            self.message_user(request, f"Being charged again: {sum(charged)}.", messages.SUCCESS)
        if not all(charged):
            self.message_user(
                request,
                f"Left alone, for they are paid or being charged: {len(charged) - sum(charged)}.",
                messages.WARNING,
            )

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("payments.retry_failedcharge")


@admin.register(Payment)
class PaymentAdmin(admin.ModelAdmin):
    list_display = ["order", "status", "card", "attempts", "charge_id", "charged_at"]
    list_filter = ["status", "card"]
    search_fields = ["=order__id", "charge_id", "idempotency_key"]
    list_select_related = ["order"]
    readonly_fields = ["order", "status", "idempotency_key", "attempts", "charge_id", "charged_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Payment | None = None) -> bool:
        return False
