"""What dead letters and decisions keep about a subject, and how it goes.

A letter is its message, so it is deleted. A decision stays, as it says who decided what and when; what the letter said
goes, and what was noted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import celery
from django.db.models import Exists, OuterRef

from hardy.dead_letters.decoding import Unreadable, open_letter
from hardy.dead_letters.models import Decision
from hardy.ledger import arguments
from hardy.ledger.models import DeadLetter, Run

#: What is left of a decision.
ERASED = {"message": "", "changes": "", "error": "", "note": "[erased]"}

LETTERS, DECISIONS = "dead letters", "decisions"


class Letters:
    """Finds letters by their arguments where no run of their job is left that has a tag."""

    def find(self, tags: Collection[str]) -> Collection[str]:
        wanted = set(tags)
        return {job for job, message in _without_runs() if wanted & set(_tags_in(message))}

    def count(self, jobs: Sequence[str]) -> dict[str, int]:
        return {LETTERS: _letters(jobs).count(), DECISIONS: _decisions(jobs).count()}

    def erase(self, jobs: Sequence[str]) -> dict[str, int]:
        return {LETTERS: _letters(jobs).delete()[0], DECISIONS: _decisions(jobs).update(**ERASED)}


def _letters(jobs: Sequence[str]) -> Any:
    return DeadLetter.objects.filter(job__in=jobs)


def _decisions(jobs: Sequence[str]) -> Any:
    return Decision.objects.filter(job__in=jobs).exclude(message="")


def _without_runs() -> Iterator[tuple[str, str]]:
    """Yield job and message of what is kept for longer than the history: then it alone knows what it was about."""
    is_known = Exists(Run.objects.filter(job=OuterRef("job"), tag__isnull=False))
    for rows in (DeadLetter.objects.all(), Decision.objects.exclude(message="")):
        yield from rows.filter(~is_known).order_by("id").values_list("job", "message").iterator()


def _tags_in(message: str) -> Sequence[str]:
    app: Any = celery.current_app
    try:
        contents = open_letter(app, message)
    except Unreadable:
        return ()  # nobody can tell what it is about
    _, tags = arguments.read(app.tasks.get(contents.task), contents.args, contents.kwargs)
    return tags
