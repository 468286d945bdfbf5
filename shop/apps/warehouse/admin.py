from __future__ import annotations

from django.contrib import admin

from apps.core.admin import Unchangeable
from apps.warehouse.models import Source


@admin.register(Source)
class SourceAdmin(Unchangeable):
    list_display = ["kind", "rows", "loaded_at"]
