"""When schedules fired, in Django's admin."""

from __future__ import annotations

from django.contrib import admin

from hardy.admin.base import ReadOnlyAdmin
from hardy.schedules.models import Firing


@admin.register(Firing)
class FiringAdmin(ReadOnlyAdmin):
    """The last time each schedule entry was sent."""

    list_display = ("entry", "fired_at")
