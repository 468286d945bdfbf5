"""Admin pages that show and never write: the ledger is changed by its own statements only."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DataError
from django.utils.functional import cached_property
from django.utils.html import format_html

from hardy.admin.searching import BoundedSearch
from hardy.conf import settings
from hardy.dead_letters.decoding import printable
from hardy.errors import Undecodable
from hardy.ledger.message import body_of

#: Pages stop counting here: counting ten million rows would take longer than reading the page.
COUNTED = 10_000

#: What a filter of a list compares with.
COMPARISONS = ("", "exact", "in", "isnull")

#: What stands in the place of arguments, results and whole messages.
HIDDEN = "Hidden: seeing arguments takes the permission hardy.view_arguments."


def may_see_arguments(request: Any) -> bool:
    """Return whether this person may see what tasks were given and what they returned."""
    return bool(request.user.has_perm("hardy.view_arguments"))


def message_text(text: str) -> str:
    """Return a stored message as indented JSON, its body unpacked; one that cannot be unpacked, as it is stored."""
    try:
        message = json.loads(text)
        if message["content-type"] == "application/json" and not message["headers"].get("compression"):
            message["body"] = json.loads(body_of(message))
        shown = printable(json.dumps(message, indent=2, ensure_ascii=False))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, Undecodable) as error:
        why = printable(f"{type(error).__name__}: {error}")
        said = "This message cannot be unpacked ({}). This is how it is stored:"
        return format_html(f"<p>{said}</p><pre class='hardy-pre'>{{}}</pre>", why, printable(text))
    return format_html('<pre class="hardy-pre">{}</pre>', shown)


def may_be(field: Any, text: str) -> bool:
    """Return whether ``text`` may be a value of ``field`` on every database.

    PostgreSQL knows no text with a null character, SQLite no number of more than 64 bits.
    """
    try:
        value = field.to_python(text)
    except ValidationError:
        return False
    return "\x00" not in text and not (isinstance(value, int) and abs(value) >= 2**63)


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most :data:`COUNTED` rows; the newest ones are what one looks at."""

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[:COUNTED].count())  # type: ignore[attr-defined]


class ReadOnlyAdmin(BoundedSearch):
    """A list and a detail page of one of hardy's tables; nobody adds, changes or deletes there."""

    actions: Any = None
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    #: Columns that a query parameter may ask for. Any other is refused, so that nobody guesses a secret bit by bit
    #: (``?message__startswith=…``) who may not see it.
    lookups: Collection[str] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        column, _, comparison = lookup.partition("__")
        if column in self.lookups and comparison in COMPARISONS:
            return True
        return lookup in {getattr(one, "parameter_name", None) for one in self.list_filter}

    def get_object(self, request: Any, object_id: str, from_field: str | None = None) -> Any:
        """Return the row, or None also for an id that no row can have, such as one with a null character in it."""
        try:
            return super().get_object(request, object_id, from_field)
        except (ValueError, OverflowError, DataError):
            return None

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).using(settings.DATABASE)

    def get_changelist_instance(self, request: Any) -> Any:
        asked = ((name, value) for name, values in request.GET.lists() for value in values)
        if not all(self._can_be_looked_for(name, value) for name, value in asked):
            raise IncorrectLookupParameters  # Django then shows the whole list
        return super().get_changelist_instance(request)

    def _can_be_looked_for(self, parameter: str, value: str) -> bool:
        column, _, comparison = parameter.partition("__")
        if column not in self.lookups or comparison == "isnull":
            return "\x00" not in value
        field = self.opts.get_field(column)
        return all(may_be(field, one) for one in (value.split(",") if comparison == "in" else [value]))

    def response_action(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Run an action on the selected rows; what cannot be a row's id selects nothing."""
        if all(may_be(self.opts.pk, said) for said in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            return super().response_action(request, *args, **kwargs)
        self.message_user(request, "Nothing was done: what was selected is no row.", messages.WARNING)
        return None

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False
