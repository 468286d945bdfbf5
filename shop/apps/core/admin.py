from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

admin.site.site_header = "The Hardy Shop"
admin.site.site_title = "The Hardy Shop"
admin.site.index_title = "Behind the counter"


class ReadOnly:
    """Rows that the shop writes and people only read."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Unchangeable(ReadOnly, admin.ModelAdmin):
    pass


class UnchangeableInline(ReadOnly, admin.TabularInline):
    extra = 0
