"""Dead letters in Django's admin, and the audit of what was decided about them."""

from __future__ import annotations

from typing import Any

import celery
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from hardy.admin.base import HIDDEN, ReadOnlyAdmin, may_see_arguments, message_text
from hardy.admin.changelist import AgeFilter, LetterList, key_of, kind_url
from hardy.admin.decisions import DISCARD, REPLAY, DecisionPages
from hardy.admin.searching import RecentValues
from hardy.dead_letters import presenters
from hardy.dead_letters.decoding import Unreadable
from hardy.dead_letters.history import decisions_of, history_of
from hardy.dead_letters.models import Decision
from hardy.dead_letters.queries import with_arguments
from hardy.dead_letters.signature import signature_of
from hardy.ledger.models import DeadLetter


@admin.display(description="error")
def error(letter: Any) -> str:
    """What was raised, in one line."""
    return presenters.first_line(letter)


@admin.display(description="reason", ordering="reason")
def why(letter: Any) -> str:
    """The reason in its shortest form; the filter beside the list explains it."""
    return str(letter.reason)


@admin.display(description="error")
def error_text(letter: Any) -> str:
    return format_html('<pre class="hardy-pre">{}</pre>', letter.error or "–")


@admin.display(description="arguments")
def arguments(letter: DeadLetter) -> str:
    """The arguments, and what the task takes."""
    try:
        shown = presenters.contents_of(letter).arguments
    except Unreadable as unreadable:
        return str(unreadable)
    takes = signature_of(celery.current_app, letter.task)
    return format_html('<pre class="hardy-pre">{}</pre><code>{}</code>', shown, takes)


@admin.display(description="whole message")
def message(letter: Any) -> str:
    return message_text(letter.message)


@admin.display(description="arguments")
def hidden(letter: Any) -> str:
    return HIDDEN


@admin.register(DeadLetter)
class DeadLetterAdmin(DecisionPages, ReadOnlyAdmin):
    """Every task that ended where a person must look: replay it, edit it, or discard it."""

    list_display = ("task", error, "same_kind", why, "died_at", "attempts", "queue", "job")
    list_filter = (AgeFilter, "reason", *((name, RecentValues) for name in ("task", "error_type", "queue")))
    lookups = ("job", "task", "queue", "reason", "error_type", "fingerprint")
    search_fields = ("task", "error_type", "error")
    whole = ("job", "fingerprint")
    search_help_text = "Job, task, error or kind; and arguments, for those who may see them."
    ordering = ("-id",)
    actions = ("replay_letters", "discard_letters")
    actions_on_bottom = True
    change_list_template = "hardy/dead_letters/change_list.html"
    change_form_template = "hardy/dead_letters/change_form.html"

    class Media:
        css = {"all": ("hardy/dead_letters.css",)}

    # who may

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "replay")

    def has_discard_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "discard")

    @admin.action(description="Replay", permissions=["replay"])
    def replay_letters(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> HttpResponse:
        return self.bulk(request, letters, REPLAY)

    @admin.action(description="Discard", permissions=["discard"])
    def discard_letters(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> HttpResponse:
        return self.bulk(request, letters, DISCARD)

    # the list

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Dead letters", **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LetterList]:
        return LetterList

    def containing(self, request: HttpRequest, rows: QuerySet[DeadLetter], term: str) -> QuerySet[DeadLetter]:
        found = super().containing(request, rows, term)
        return found | with_arguments(rows, term) if self.may_see_arguments(request) else found

    @admin.display(description="same kind")
    def same_kind(self, letter: Any) -> str:
        title = "Show all letters of this task that died of the same thing"
        return format_html(
            '<a href="{}" title="{}">{}</a>', kind_url(key_of(letter)), title, letter.same_kind
        )

    # one letter

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        seen: tuple[Any, ...] = (arguments, message) if self.may_see_arguments(request) else (hidden,)
        return [
            (
                None,
                {
                    "fields": (
                        "task",
                        "job",
                        "queue",
                        "reason",
                        "attempts",
                        "enqueued_at",
                        "died_at",
                        "fingerprint",
                    )
                },
            ),
            ("Error", {"fields": ("error_type", error_text)}),
            ("Arguments", {"fields": seen[:1]}),
            *([("Message", {"fields": seen[1:], "classes": ("collapse",)})] if seen[1:] else []),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (error_text, arguments, message, hidden)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        letter: Any = self.get_object(request, object_id)
        about = {} if letter is None else self._about(request, letter)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **about})

    def _about(self, request: HttpRequest, letter: DeadLetter) -> dict[str, Any]:
        return {
            "title": f"{letter.task} · letter {letter.pk}",
            "subtitle": None,
            "history": history_of(letter),
            "decisions": decisions_of(letter),
            "may_replay": self.may(request, "replay"),
            "may_edit": self.may(request, "edit") and self.may_see_arguments(request),
            "may_discard": self.may(request, "discard"),
        }


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """The audit: what was decided about each letter, by whom, when and why."""

    list_display = ("decided_at", "action", "task", "by", "note", "letter", "job", error)
    list_filter = ("action", ("by", RecentValues), "reason", ("task", RecentValues))
    lookups = ("action", "by", "reason", "task", "queue", "job", "letter", "batch")
    search_fields = ("task", "by", "note")
    whole = ("job", "batch")
    ordering = ("-id",)

    class Media:
        css = {"all": ("hardy/dead_letters.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sees = may_see_arguments(request)
        return [
            (None, {"fields": ("action", "by", "decided_at", "note", "batch")}),
            (
                "Letter",
                {
                    "fields": (
                        "letter",
                        "task",
                        "job",
                        "queue",
                        "reason",
                        "attempts",
                        "enqueued_at",
                        "died_at",
                        error_text,
                    )
                },
            ),
            ("Arguments", {"fields": ("changes", message) if sees else (hidden,)}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (error_text, message, hidden)
