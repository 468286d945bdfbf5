"""Triage: what a person decides about letters, in chunks, each decision and its effect in one transaction."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import QuerySet

from hardy import events
from hardy.conf import settings
from hardy.db.clock import seconds_from_now
from hardy.db.dialect import dialect_of, ledger_connection
from hardy.dead_letters.models import Decision
from hardy.errors import HardyError
from hardy.ledger.models import DeadLetter

logger = logging.getLogger(__name__)

#: Letters decided about in one transaction: few enough that others who write need not wait long.
CHUNK = 100

#: What a decision keeps of a letter: all of it.
SAID = [field.name for field in DeadLetter._meta.concrete_fields if not field.primary_key]

GONE = "it is no dead letter any more, or someone else is deciding about it now"


class Refused(HardyError):
    """A letter could not be replayed; it stays a dead letter."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A letter that was skipped, and why."""

    letter: int
    job: str
    why: str


@dataclass(slots=True)
class Report:
    """What became of the letters: ``decided`` ones are gone, ``refused`` ones were skipped."""

    batch: str = field(default_factory=lambda: uuid.uuid4().hex)
    decided: list[Decision] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def jobs(self) -> list[str]:
        """The ids of the jobs, in the order in which they were decided about."""
        return [decision.job for decision in self.decided]


class Action:
    """What is done with letters before they go: this one does nothing more."""

    def begin(self, letters: Sequence[DeadLetter]) -> None:
        """Look at the letters of a chunk, all locked."""

    def do(self, letter: DeadLetter, decision: Decision) -> None:
        """Do it with one letter; if this raises, the letter stays."""

    def finish(self, decided: Sequence[Decision]) -> None:
        """Do what is done once for all letters of a chunk that leave, in the same transaction."""


def decide(
    letters: QuerySet[DeadLetter], template: Decision, action: Action, *, limit: int | None = None
) -> Report:
    """Decide about ``letters`` as ``template`` says, oldest first; which ones they are is settled at the start."""
    report = Report()
    ids = list(letters.using(settings.DATABASE).order_by("id").values_list("id", flat=True)[:limit])
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic(using=settings.DATABASE):
            decided, refused = _decide_chunk(ids[start : start + CHUNK], template, action, report.batch)
        report.decided += decided
        report.refused += refused
    return report


def _decide_chunk(
    ids: Sequence[int], template: Decision, action: Action, batch: str
) -> tuple[list[Decision], list[Refusal]]:
    found = list(_locked(ids))
    refused = [Refusal(letter, "", GONE) for letter in sorted(set(ids) - {letter.pk for letter in found})]
    decided = []
    action.begin(found)
    for letter in found:
        decision = _about(letter, template, batch)
        try:
            with transaction.atomic(using=settings.DATABASE):
                action.do(letter, decision)
        except (DatabaseError, InterfaceError):
            raise
        except Exception as error:  # one letter that a policy or a codec refuses does not keep the others
            refused.append(_refusal(letter, error))
        else:
            decided.append(decision)
    _record(decided)
    action.finish(decided)
    return decided, refused


def _locked(ids: Sequence[int]) -> Iterator[DeadLetter]:
    skips = bool(dialect_of(ledger_connection()).skip_locked)
    letters = DeadLetter.objects.select_for_update(skip_locked=skips)
    return letters.filter(id__in=ids).order_by("id").iterator()


def _about(letter: DeadLetter, template: Decision, batch: str) -> Decision:
    """Return the row that remains of a letter: everything it said, and what was decided."""
    said = {name: getattr(letter, name) for name in SAID}
    return Decision(
        letter=letter.pk, batch=batch, action=template.action, by=template.by, note=template.note, **said
    )  # fmt: skip


def _refusal(letter: DeadLetter, error: Exception) -> Refusal:
    if not isinstance(error, HardyError):
        logger.warning("Letter %d (%s) could not be sent", letter.pk, letter, exc_info=error)
    why = str(error) if isinstance(error, HardyError) else f"{type(error).__name__}: {error}"
    return Refusal(letter.pk, letter.job, why)


def _record(decided: Sequence[Decision]) -> None:
    for decision in decided:
        decision.decided_at = seconds_from_now(0)
    Decision.objects.bulk_create(decided)
    letters = [decision.letter for decision in decided]
    DeadLetter.objects.filter(id__in=letters).delete()
    transaction.on_commit(partial(_announce, list(decided)), using=settings.DATABASE)


def _announce(decided: Sequence[Decision]) -> None:
    for decision in decided:
        said: dict[str, Any] = {"letter": decision.letter, "job": decision.job, "by": decision.by}
        if decision.action == Decision.Action.DISCARDED:
            events.emit(events.letter_discarded, decision.task, **said, note=decision.note)
        else:
            edited = decision.action == Decision.Action.EDITED
            events.emit(events.letter_replayed, decision.task, **said, edited=edited)
