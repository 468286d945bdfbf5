"""The list of dead letters in the admin: filters, and how many letters are of the same kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet

from hardy.db.clock import seconds_from_now
from hardy.dead_letters.queries import KIND, Kind, kinds
from hardy.ledger.models import DeadLetter

#: Kinds that stand above the list.
SHOWN = 8

AGES = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


class AgeFilter(admin.SimpleListFilter):
    """How long ago a letter died."""

    title = "age"
    parameter_name = "age"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, f"Past {name}") for name in AGES] + [("older", "Older than a week")]

    def queryset(self, request: Any, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        age = AGES.get(self.value() or "")
        if age is not None:
            return queryset.filter(died_at__gte=seconds_from_now(-age.total_seconds()))
        if self.value() == "older":
            return queryset.filter(died_at__lt=seconds_from_now(-AGES["week"].total_seconds()))
        return queryset


class LetterList(ChangeList):
    """A page of letters, each with the number of its kind; and the kinds of everything that the filter matches."""

    kinds: list[tuple[Kind, str]]

    def get_results(self, request: Any) -> None:
        super().get_results(request)
        letters = list(self.result_list)
        counts = _counts(letters)
        for letter in letters:
            letter.same_kind = counts.get(key_of(letter), 1)
        self.result_list = letters
        self.kinds = [(kind, kind_url(kind.key)) for kind in kinds(self.queryset, SHOWN)]


def key_of(letter: DeadLetter) -> tuple[str, ...]:
    return tuple(getattr(letter, name) for name in KIND)


def kind_url(key: tuple[str, ...]) -> str:
    """Return the query that filters the list by one kind."""
    return "?" + urlencode(
        [(f"{name}__exact", value) for name, value in zip(KIND, key, strict=True) if value]
    )


def _counts(letters: list[DeadLetter]) -> dict[tuple[str, ...], int]:
    """Count all letters of the kinds on this page, in one query."""
    same = {f"{name}__in": {getattr(letter, name) for letter in letters} for name in ("task", "fingerprint")}
    rows = DeadLetter.objects.filter(**same).values_list(*KIND)
    return {row[:-1]: row[-1] for row in rows.annotate(letters=Count("id")).order_by()}
