"""What ``django-celery-results`` must forget when a letter is replayed: that its job failed, and its chord is over.

A chord ends when its last part has ended, also if one of them failed; then its counter is gone. The counter of a chord
with a failed part is kept as a :class:`BrokenChord`, so that replaying the part lets the chord's body run after all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from celery import states
from django.apps import apps
from django.db import router, transaction
from django.db.models import F
from django.db.models.signals import post_delete

from hardy.db.clock import seconds_from_now
from hardy.dead_letters.decoding import Contents
from hardy.dead_letters.models import BrokenChord
from hardy.ledger.headers import is_storable

#: Ids in one statement: fewer than any database refuses.
IDS = 500


@dataclass(slots=True)
class Following:
    """What follows from a job: the ids whose results fail with it, and the chord parts it stands for."""

    ids: list[str] = field(default_factory=list)
    #: (group, id of the part) of each chord that waits for this job or for the end of its chain.
    parts: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, contents: Contents) -> Following:
        """Return what follows by the letter's own words; of words that say nothing sensible, the job alone."""
        job = str(contents.headers["id"])
        try:
            return cls._read(job, contents)
        except (TypeError, AttributeError, KeyError, RecursionError):
            return cls([job])  # the others of its chunk are reopened all the same

    @classmethod
    def _read(cls, job: str, contents: Contents) -> Following:
        found, chord = cls([job]), contents.canvas.get("chord")
        if chord:
            found._part(contents.headers.get("group"), job, chord)
        for signature in contents.canvas.get("chain") or []:
            found._signature(signature)
        return found

    def _signature(self, signature: Mapping[str, Any]) -> None:
        options = signature.get("options") or {}
        if is_storable(options.get("task_id")):
            self.ids.append(options["task_id"])
        if options.get("chord"):
            self._part(options.get("group_id"), options.get("task_id"), options["chord"])
        if signature.get("subtask_type") == "chord" and signature["kwargs"].get("body"):
            self._signature(signature["kwargs"]["body"])
        for later in options.get("chain") or []:
            self._signature(later)

    def _part(self, group: Any, part: Any, body: Mapping[str, Any]) -> None:
        if is_storable(group) and is_storable(part):
            self.parts.append((group, part))
        self._signature(body)


def reopen(sent: Sequence[Contents]) -> None:
    """Forget the failures of jobs that have been sent again, and let their chords count them again."""
    if not sent or not apps.is_installed("django_celery_results"):
        return
    followings = [Following.of(contents) for contents in sent]
    with transaction.atomic(using=_results_database()):
        failed = _failed(id for following in followings for id in following.ids)
        for group, part in (pair for following in followings for pair in following.parts):
            if part in failed:  # it has been counted as ended; a rejected part, for one, has not
                _count_again(group)
        for some in _portions(sorted(failed)):
            _results().filter(task_id__in=some, status__in=states.EXCEPTION_STATES).delete()


def keep_if_broken(sender: Any, instance: Any, **_: Any) -> None:
    """Receive ``post_delete`` of a chord's counter: keep what it said if a part of the chord has failed."""
    parts = [child for child in _ids_in(json.loads(instance.sub_tasks)) if child]
    if _failed(parts):
        BrokenChord.objects.update_or_create(
            group=instance.group_id,
            defaults={"sub_tasks": instance.sub_tasks, "broke_at": seconds_from_now(0)},
        )


def connect_signals() -> None:
    """Listen for chords that end."""
    if apps.is_installed("django_celery_results"):
        post_delete.connect(keep_if_broken, sender=_model("ChordCounter"), dispatch_uid="hardy.broken_chord")


def _count_again(group: str) -> None:
    counters = _model("ChordCounter").objects.using(_results_database())
    if counters.filter(group_id=group).update(count=F("count") + 1):
        return
    broken = BrokenChord.objects.filter(group=group).first()
    if broken is not None:
        counters.create(group_id=group, sub_tasks=broken.sub_tasks, count=1)
        broken.delete()


def _failed(ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for some in _portions(list(ids)):
        failed = _results().filter(task_id__in=some, status__in=states.EXCEPTION_STATES)
        found.update(failed.values_list("task_id", flat=True))
    return found


def _portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + IDS] for start in range(0, len(ids), IDS))


def _ids_in(results: Any) -> Iterator[str]:
    """Yield the task ids of results as Celery writes them: ``[[id, parent], children or None]``, nested."""
    for (child, _parent), children in results:
        yield child
        yield from _ids_in(children or [])


def _results() -> Any:
    return _model("TaskResult").objects.using(_results_database())


def _results_database() -> str:
    return str(router.db_for_write(_model("TaskResult")))


def _model(name: str) -> Any:
    app: str = "django_celery_results"  # hardy works without it, so its models are not imported
    return apps.get_model(app, name)
