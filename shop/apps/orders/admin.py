from __future__ import annotations

from django.contrib import admin

from apps.core.admin import Unchangeable, UnchangeableInline
from apps.orders.models import Order, OrderEvent, OrderLine
from hardy.admin.touched import TouchedByTasks


class Lines(UnchangeableInline):
    model = OrderLine


class Timeline(UnchangeableInline):
    model = OrderEvent
    verbose_name_plural = "timeline"
    readonly_fields = ["at"]


@admin.register(Order)
class OrderAdmin(TouchedByTasks, Unchangeable):
    """Orders are changed by tasks only; the staff looks, and charges again under Failed charges."""

    list_display = ["id", "user", "status", "total", "tracking_number", "placed_at"]
    list_filter = ["status", "placed_at"]
    search_fields = ["=id", "user__email", "tracking_number"]
    list_select_related = ["user"]
    inlines = [Lines, Timeline]
