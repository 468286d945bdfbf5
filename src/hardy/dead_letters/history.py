"""What became of a letter's job before: its lives, each begun by a replay, their attempts, and each traceback once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import QuerySet

from hardy.dead_letters.models import Decision
from hardy.ledger.models import DeadLetter, Run
from hardy.tracebacks import own_frames


@dataclass(frozen=True, slots=True)
class AttemptOfLife:
    """One attempt, and the number of its traceback; None if it has none."""

    run: Run
    traceback: int | None


@dataclass(slots=True)
class Life:
    """The attempts from one sending of the job to the letter in which they ended; ``replay`` is what sent it."""

    replay: Decision | None = None
    attempts: list[AttemptOfLife] = field(default_factory=list)

    @property
    def title(self) -> str:
        if self.replay is None:
            return "as it was first sent"
        decided = self.replay
        by = f" by {decided.by}" if decided.by else ""
        at = decided.decided_at.isoformat(timespec="seconds")
        return f"letter {decided.letter} was {decided.get_action_display()}{by}, {at}"


@dataclass(frozen=True, slots=True)
class Traceback:
    """A traceback that one or more attempts ended with: the project's own frames, and the whole of it."""

    number: int
    attempts: int
    own: str
    whole: str

    @property
    def has_more(self) -> bool:
        return self.own != self.whole


@dataclass(frozen=True, slots=True)
class History:
    """The lives of a letter's job, oldest first, and the tracebacks that their attempts name by number."""

    lives: list[Life]
    tracebacks: list[Traceback]


def history_of(letter: DeadLetter) -> History:
    """Return every attempt of the letter's job that is still recorded, by life, with equal tracebacks told once."""
    runs = list(Run.objects.filter(job=letter.job).order_by("id"))
    numbers = {text: number for number, text in enumerate(_different(runs), 1)}
    lives = [Life(), *map(Life, decisions_of(letter))]
    for run in runs:
        _life_of(run, lives).attempts.append(AttemptOfLife(run, numbers.get(run.traceback)))
    counts = Counter(run.traceback for run in runs)
    return History(
        lives, [Traceback(at, counts[text], own_frames(text), text) for text, at in numbers.items()]
    )


def decisions_of(letter: DeadLetter) -> QuerySet[Decision]:
    """Return what was decided about earlier letters of the same job, oldest first."""
    return Decision.objects.filter(job=letter.job).order_by("id")


def _different(runs: list[Run]) -> list[str]:
    return list(dict.fromkeys(run.traceback for run in runs if run.traceback))


def _life_of(run: Run, lives: list[Life]) -> Life:
    """The last life that had begun when the attempt ended; both times are the database's."""
    return next(
        life for life in reversed(lives) if life.replay is None or life.replay.decided_at <= run.finished_at
    )
