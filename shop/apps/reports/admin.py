from __future__ import annotations

from django.contrib import admin

from apps.core.admin import Unchangeable
from apps.reports.models import Report


@admin.register(Report)
class ReportAdmin(Unchangeable):
    list_display = ["id", "user", "scope", "first_day", "last_day", "status", "error", "requested_at"]
    list_filter = ["status", "scope"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
