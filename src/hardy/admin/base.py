"""Admin pages that show and never write: the ledger is changed by its own statements only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.utils.functional import cached_property

from hardy.conf import settings

#: Pages stop counting here: counting ten million rows would take longer than reading the page.
COUNTED = 10_000

#: What stands in the place of arguments, results and whole messages.
HIDDEN = "Hidden: seeing arguments takes the permission hardy.view_arguments."


def may_see_arguments(request: Any) -> bool:
    """Return whether this person may see what tasks were given and what they returned."""
    return bool(request.user.has_perm("hardy.view_arguments"))


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most :data:`COUNTED` rows; the newest ones are what one looks at."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[:COUNTED].count())  # type: ignore[attr-defined]


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list and a detail page of one of hardy's tables; nobody adds, changes or deletes there."""

    actions: Any = None
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).using(settings.DATABASE)

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
