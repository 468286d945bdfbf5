"""The pages on which a person decides about letters in the admin: confirmation, note, new arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import celery
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from hardy.admin.forms import ArgumentsForm, NoteForm
from hardy.dead_letters.decoding import Unreadable, open_letter
from hardy.dead_letters.discarding import discard
from hardy.dead_letters.queries import kinds
from hardy.dead_letters.replaying import edit_and_replay, replay
from hardy.dead_letters.signature import signature_of
from hardy.dead_letters.triage import Report
from hardy.ledger.models import DeadLetter

#: Skipped letters, named in the message after an action.
NAMED = 5


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a page asks before letters are replayed or discarded, and what a yes runs."""

    name: str
    done: str
    explanation: str
    run: Callable[..., Report]
    needs_note: bool = False


REPLAY = Confirmation(
    "replay",
    "Replayed",
    "The tasks are sent again with the arguments they had, under the ids they had, oldest first. Each starts anew.",
    replay,
)
DISCARD = Confirmation(
    "discard",
    "Discarded",
    "The tasks will not run. Each letter is discarded and stays in the audit, with your name and your note.",
    discard,
    needs_note=True,
)
CONFIRMATIONS = {confirmation.name: confirmation for confirmation in (REPLAY, DISCARD)}


class DecisionPages(admin.ModelAdmin):  # type: ignore[type-arg]
    """Confirmation pages for one letter, for those selected, and for all that a filter matches."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        mine = [path("<int:pk>/edit/", view(self.edit_view), name="hardy_deadletter_edit")]
        mine += [
            path(f"<int:pk>/{name}/", view(self.one_view), {"name": name}, name=f"hardy_deadletter_{name}")
            for name in CONFIRMATIONS
        ]
        return [*mine, *super().get_urls()]

    def may(self, request: HttpRequest, name: str) -> bool:
        """Whether the user may do what ``name`` says, such as ``replay``."""
        return bool(request.user.has_perm(f"hardy.{name}_deadletter"))

    def may_see_arguments(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("hardy.view_arguments"))

    def one_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Confirm and do something with one letter."""
        letter = self._letter(request, pk, name)
        return self._decide(request, self._only(letter), CONFIRMATIONS[name], self._change_url(letter))

    def bulk(
        self, request: HttpRequest, letters: QuerySet[DeadLetter], confirmation: Confirmation
    ) -> HttpResponse:
        """Confirm and do something with the letters of an action. Those that died since are left alone."""
        newest = _number(request.POST.get("newest")) or letters.aggregate(newest=Max("id"))["newest"] or 0
        return self._decide(
            request, letters.filter(id__lte=newest), confirmation, request.get_full_path(), newest
        )

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replay one letter with other arguments."""
        letter = self._letter(request, pk, "edit")
        if not self.may_see_arguments(request):
            raise PermissionDenied
        app = celery.current_app
        try:
            form = ArgumentsForm(request.POST or None, app=app, contents=open_letter(app, letter.message))
        except Unreadable as error:
            self.message_user(request, f"Letter {pk} cannot be edited: {error}", messages.ERROR)
            return HttpResponseRedirect(self._change_url(letter))
        if form.is_valid():
            said = form.cleaned_data
            report = edit_and_replay(letter, said["args"], said["kwargs"], by=request.user, note=said["note"])
            return self._leave(request, REPLAY, report, self._list_url())
        context = {
            **self._context(request, f"Edit and replay {letter.task}", form),
            "letter": letter,
            "signature": signature_of(app, letter.task),
            "back": self._change_url(letter),
        }
        return TemplateResponse(request, "hardy/dead_letters/edit.html", context)

    def _decide(
        self,
        request: HttpRequest,
        letters: QuerySet[DeadLetter],
        confirmation: Confirmation,
        back: str,
        newest: int = 0,
    ) -> HttpResponse:
        confirmed = request.method == "POST" and "confirmed" in request.POST
        form = NoteForm(request.POST if confirmed else None, needs_note=confirmation.needs_note)
        if confirmed and form.is_valid():
            report = confirmation.run(letters, by=request.user, note=form.cleaned_data["note"])
            return self._leave(
                request, confirmation, report, request.get_full_path() if newest else self._list_url()
            )
        count = letters.count()
        context = {
            **self._context(request, f"{confirmation.name.capitalize()} {_letters(count)}", form),
            "confirmation": confirmation,
            "count": _letters(count),
            "kinds": kinds(letters, 10),
            "hidden": _hidden(request, newest),
            "back": back,
        }
        return TemplateResponse(request, "hardy/dead_letters/decide.html", context)

    def _leave(
        self, request: HttpRequest, confirmation: Confirmation, report: Report, to: str
    ) -> HttpResponse:
        if report.decided or not report.refused:
            self.message_user(
                request, f"{confirmation.done} {_letters(len(report.decided))}.", messages.SUCCESS
            )
        for refusal in report.refused[:NAMED]:
            self.message_user(
                request, f"Letter {refusal.letter} was skipped: {refusal.why}", messages.WARNING
            )
        if len(report.refused) > NAMED:
            more = _letters(len(report.refused) - NAMED)
            self.message_user(request, f"{more} more were skipped.", messages.WARNING)
        return HttpResponseRedirect(to)

    def _context(self, request: HttpRequest, title: str, form: NoteForm) -> dict[str, Any]:
        media = self.media + form.media
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "form": form,
            "opts": self.opts,
            "media": media,
        }

    def _letter(self, request: HttpRequest, pk: int, name: str) -> DeadLetter:
        if not self.has_view_permission(request) or not self.may(request, name):
            raise PermissionDenied
        letter: DeadLetter | None = self.get_queryset(request).filter(pk=pk).first()
        if letter is None:
            raise Http404(f"There is no dead letter {pk}.")
        return letter

    def _only(self, letter: DeadLetter) -> QuerySet[DeadLetter]:
        return DeadLetter.objects.filter(pk=letter.pk)

    def _list_url(self) -> str:
        return reverse("admin:hardy_deadletter_changelist", current_app=self.admin_site.name)

    def _change_url(self, letter: DeadLetter) -> str:
        return reverse("admin:hardy_deadletter_change", args=[letter.pk], current_app=self.admin_site.name)


def _hidden(request: HttpRequest, newest: int) -> list[tuple[str, str]]:
    """Return what the confirmation must send again, so that the admin chooses the same letters."""
    if not newest:
        return []
    selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
    if request.POST.get("select_across") == "1":
        selected = selected[:1]  # one is enough to say that something is selected
    # The admin has chosen the action by this number, so it is there.
    actions, index = request.POST.getlist("action"), _number(request.POST.get("index"))
    same = [
        ("action", actions[index if index < len(actions) else 0]),
        ("select_across", request.POST.get("select_across", "0")),
        ("newest", str(newest)),
    ]
    return [*same, *((ACTION_CHECKBOX_NAME, value) for value in selected)]


def _number(said: str | None) -> int:
    """Return what a form sends as a number; anything else counts as not sent."""
    return int(said) if said and said.isdecimal() and len(said) < 19 else 0


def _letters(count: int) -> str:
    return "1 dead letter" if count == 1 else f"{count} dead letters"
