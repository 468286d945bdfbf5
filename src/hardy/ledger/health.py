"""Whether background work is healthy, in the words that a page, a terminal and an alert share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from hardy.conf.durations import in_units
from hardy.db.clock import since
from hardy.ledger.overview import Overview, QueueOverview

#: A queue is behind when a job that may start has waited longer than this.
BEHIND_SECONDS = 60.0
#: Queues named in one sentence.
NAMED = 3


class Level(IntEnum):
    """How bad it is."""

    FINE = 0
    WARNING = 1
    WRONG = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Health:
    """The worst level there is, and what to say."""

    level: Level
    text: str


def health(now: Overview) -> Health:
    """Judge the ledger at one moment: "All clear.", or what is wrong, the worst first."""
    found = sorted(_findings(now), key=lambda finding: -finding.level)
    if not found:
        return Health(Level.FINE, "All clear.")
    return Health(found[0].level, " ".join(finding.text for finding in found))


def jobs(count: object) -> str:
    return "1 job" if str(count) == "1" else f"{count} jobs"


def _findings(now: Overview) -> Iterator[Health]:
    yield from of_workers(now)
    yield from of_queues(now)
    yield from of_dead_letters(now)


def of_workers(now: Overview) -> Iterator[Health]:
    """Yield what is wrong if nobody works."""
    if not now.readers:
        yield _nobody(now)


def of_queues(now: Overview) -> Iterator[Health]:
    """Yield the queues that are paused, those that nobody reads, and those that are behind.

    If nobody works at all, that is said instead of the last two.
    """
    yield from _paused(now)
    if now.readers:
        yield from _unread(now)
        yield from _behind(now)


def of_dead_letters(now: Overview) -> Iterator[Health]:
    """Yield that somebody has to decide, if somebody has."""
    if now.dead:
        count = str(now.dead)
        letters = "1 dead letter needs" if count == "1" else f"{count} dead letters need"
        yield Health(Level.WARNING, f"{letters} a person.")


def _nobody(now: Overview) -> Health:
    if now.waiting:
        verb = "waits" if str(now.waiting) == "1" else "wait"
        return Health(Level.WRONG, f"No worker is running and {jobs(now.waiting)} {verb}.")
    if now.running:
        return Health(
            Level.WRONG, f"No worker is running; {jobs(now.running)} will be started again once one is."
        )
    return Health(Level.WARNING, "No worker is running. Nothing waits.")


def _paused(now: Overview) -> Iterator[Health]:
    paused = [queue for queue in now.queues if queue.paused]
    if len(paused) == 1:
        [queue] = paused
        verb = "waits" if str(queue.waiting) == "1" else "wait"
        waiting = f"; {jobs(queue.waiting)} {verb}" if queue.waiting else "; nothing waits in it"
        yield Health(Level.WARNING, f"The queue {queue.name} is paused{_since_and_by(queue, now)}{waiting}.")
    elif paused:
        named = _named([f"{queue.name} ({jobs(queue.waiting)})" for queue in paused])
        yield Health(Level.WARNING, f"{len(paused)} queues are paused: {named}.")


def _since_and_by(queue: QueueOverview, now: Overview) -> str:
    if queue.paused is None:
        return ""
    by = f" by {queue.paused.by}" if queue.paused.by else ""
    return f" (for {in_units(since(queue.paused.paused_at, now.now).total_seconds())}{by})"


def _unread(now: Overview) -> Iterator[Health]:
    unread = [queue for queue in now.queues if queue.waiting and not queue.workers and not queue.paused]
    if len(unread) == 1:
        [queue] = unread
        verb = "waits" if str(queue.waiting) == "1" else "wait"
        yield Health(
            Level.WRONG, f"No worker reads the queue {queue.name}, where {jobs(queue.waiting)} {verb}."
        )
    elif unread:
        named = _named([f"{queue.name} ({queue.waiting})" for queue in unread])
        yield Health(Level.WRONG, f"No worker reads {len(unread)} queues in which jobs wait: {named}.")


def _behind(now: Overview) -> Iterator[Health]:
    late = sorted(filter(is_behind, now.queues), key=lambda queue: -(queue.oldest_seconds or 0))
    late = [queue for queue in late if queue.workers]
    if late:
        named = _named([f"{queue.name} (oldest {in_units(queue.oldest_seconds or 0)})" for queue in late])
        many = "1 queue is behind" if len(late) == 1 else f"{len(late)} queues are behind"
        yield Health(Level.WARNING, f"{many}: {named}.")


def is_behind(queue: QueueOverview) -> bool:
    """Whether a job of this queue has waited longer than it should; in a paused queue it should."""
    waits = queue.oldest_seconds is not None and queue.oldest_seconds > BEHIND_SECONDS
    return waits and queue.paused is None


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
