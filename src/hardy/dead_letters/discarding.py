"""Discarding: a dead letter goes for good. What it said, who discarded it and why stays in the audit."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from hardy.dead_letters.models import Decision
from hardy.dead_letters.triage import Action, Report, decide
from hardy.errors import HardyError
from hardy.ledger.audit import name_of
from hardy.ledger.models import DeadLetter


class NoteMissing(HardyError):
    """A letter was to be discarded without a note."""


def discard(letters: QuerySet[DeadLetter], *, note: str, by: Any = None, limit: int | None = None) -> Report:
    """Discard dead letters, and return what became of each. ``note`` says why, to whoever asks later."""
    if not note.strip():
        raise NoteMissing("Say in a note why the letters are discarded: it is what remains of them.")
    template = Decision(action=Decision.Action.DISCARDED, by=name_of(by), note=note.strip())
    return decide(letters, template, Action(), limit=limit)
