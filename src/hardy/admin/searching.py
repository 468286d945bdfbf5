"""Searching in the admin: fast however many rows there are, for it reads the newest of them only, and says so."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.db.models import QuerySet
from django.utils.text import smart_split

#: Rows that are read: the newest among those that the filters leave; and rows that are shown of what is found.
SEARCHED, SHOWN = 10_000, 1000

#: What a search may ask for; SQLite refuses more, and no database finds it fast.
WORDS, LONGEST = 10, 200

TOO_LONG = "Nothing was searched: look for at most {words} words of {longest} characters in all."
NOT_ALL = (
    "Only the newest {searched:,} of what the filters leave were searched; filter further for older ones."
)
MORE = (
    "At least {shown:,} were found, and the newest are shown; filter or look for more words for the others."
)
WHOLE = " What has exactly this {columns} is found at any age."


def newest_of(rows: QuerySet[Any], ordering: Any) -> tuple[QuerySet[Any], bool]:
    """Return the newest :data:`SEARCHED` of ``rows`` by the first column of ``ordering``; and whether these are all."""
    column = str(ordering[0]).lstrip("-") if ordering else "pk"
    beyond = rows.order_by(f"-{column}").values_list(column, flat=True)[SEARCHED : SEARCHED + 1]
    for oldest in beyond:
        return rows.filter(**{f"{column}__gt": oldest}), False
    return rows, True


class RecentValues(AllValuesFieldListFilter):
    """Offers the values that a column has among the newest rows: reading all of them would take too long."""

    def __init__(
        self, field: Any, request: Any, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        rows, _ = newest_of(model_admin.get_queryset(request), model_admin.ordering)
        self.lookup_choices = rows.distinct().order_by(field.name).values_list(field.name, flat=True)


class BoundedSearch(admin.ModelAdmin):  # type: ignore[type-arg]
    """Finds rows by words in ``search_fields`` among the newest, and by whole ids among all."""

    #: Columns with an index that are compared as a whole, whatever the age of the row.
    whole: Collection[str] = ()

    def get_search_results(
        self, request: Any, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if len(term) > LONGEST or len(list(smart_split(term))) > WORDS:
            self.message_user(
                request, TOO_LONG.format(words=WORDS, longest=LONGEST), messages.WARNING, fail_silently=True
            )
            return queryset.none(), False
        return queryset.filter(pk__in=self._found(request, queryset, term)), False

    def containing(self, request: Any, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Return those of ``rows`` that say ``term``; whoever adds places to look at extends it."""
        found, _ = super().get_search_results(request, rows, term)
        return found

    def _found(self, request: Any, queryset: QuerySet[Any], term: str) -> set[Any]:
        """Return the keys of what is found, so that counting, listing and grouping them does not search again."""
        newest, are_all = newest_of(queryset, self.ordering)
        found = set(self._keys(self.containing(request, newest, term)))
        for column in self.whole:
            found.update(self._keys(queryset.filter(**{column: term})))
        if request.method == "GET" and not are_all:
            self.message_user(request, self._not_all(), messages.INFO, fail_silently=True)
        if request.method == "GET" and len(found) >= SHOWN:
            self.message_user(request, MORE.format(shown=SHOWN), messages.INFO, fail_silently=True)
        return found

    def _keys(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.order_by(*(self.ordering or ["pk"])).values_list("pk", flat=True)[:SHOWN]

    def _not_all(self) -> str:
        names = " or ".join(self.whole)
        return NOT_ALL.format(searched=SEARCHED) + (WHOLE.format(columns=names) if names else "")
