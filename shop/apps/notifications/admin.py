from __future__ import annotations

from django.contrib import admin

from apps.core.admin import Unchangeable
from apps.notifications.models import WeeklyDigest


@admin.register(WeeklyDigest)
class WeeklyDigestAdmin(Unchangeable):
    list_display = ["week", "user", "sent_at"]
    list_filter = ["week"]
    search_fields = ["user__email"]
    list_select_related = ["user"]
