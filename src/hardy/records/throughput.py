"""How fast each queue is worked off: attempts that ended in the last minutes, as few rows as a page can wait for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Max

from hardy.db.clock import present, seconds_from_now, since
from hardy.ledger.models import Run

#: Seconds looked back at, and the newest attempts looked at: where more ended, they tell of a shorter time.
WINDOW = 300.0
NEWEST = 20_000
#: Outcomes after which the job is out of its queue.
ENDS = [
    Run.Outcome.SUCCEEDED,
    Run.Outcome.FAILED,
    Run.Outcome.IGNORED,
    Run.Outcome.REJECTED,
    Run.Outcome.REPLACED,
]


@dataclass(frozen=True, slots=True)
class Throughput:
    """Jobs that left each queue, and the seconds in which they did."""

    ended: Mapping[str, int]
    seconds: float

    def per_second(self, queue: str) -> float:
        return self.ended.get(queue, 0) / self.seconds

    def drain_seconds(self, queue: str, waiting: int) -> float | None:
        """Return in how long ``waiting`` jobs are done at this rate if no more come; None if none left lately."""
        rate = self.per_second(queue)
        return waiting / rate if rate else None


def throughput() -> Throughput:
    """Return what left the queues lately."""
    newest = Run.objects.aggregate(newest=Max("id"))["newest"] or 0
    edge = newest - NEWEST
    oldest = Run.objects.filter(id__lte=edge).order_by("-id").values_list("finished_at", flat=True).first()
    seconds = WINDOW
    if oldest is not None:
        seconds = max(1.0, min(WINDOW, since(oldest, present()).total_seconds()))
    lately = Run.objects.filter(id__gt=edge, outcome__in=ENDS, finished_at__gte=seconds_from_now(-seconds))
    counted = lately.values("queue").annotate(ended=Count("id")).order_by()
    return Throughput({row["queue"]: row["ended"] for row in counted}, seconds)
