"""What the list of tasks is filtered by: the address says it, a form repeats it, and actions mean the same rows."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.urls import reverse

from hardy.dashboard.access import May
from hardy.dashboard.parameters import Parameters, query
from hardy.ledger import listing
from hardy.ledger.cancellation import NOT_BEGUN
from hardy.ledger.models import DeadLetter, Job, Run
from hardy.ledger.tags import tagged

#: The states a list may be asked for, and their titles: of jobs, of dead letters, then of attempts.
JOBS = {"running": "Running", "waiting": "Waiting", "later": "Due later"}
DEAD = {"dead": "Dead"}
RUNS = {
    **{outcome: outcome.capitalize() for outcome in ("succeeded", "failed", "retried", "cancelled", "lost")},
    **{outcome: outcome.capitalize() for outcome in Run.Outcome.values},
}
#: Jobs of a state that have not begun; "" is any.
ACTED_ON = {
    "": NOT_BEGUN,
    "waiting": (Job.State.QUEUED, Job.State.RESERVED),
    "later": (Job.State.HELD,),
}
#: Attempts about one row whose jobs are looked for among the dead letters.
TAGGED = 500
#: Lists whose rows may be dead letters.
MAYBE_DEAD = ("dead", "failed", "rejected", "lost")


@dataclass(frozen=True, slots=True)
class Sought:
    """One filter; what is empty does not matter."""

    state: str
    task: str
    queue: str
    tag: str
    text: str
    in_arguments: bool

    @classmethod
    def of(cls, asked: Parameters, may: May) -> Sought:
        state = asked.choice("state", states_for(may))
        task, queue, text, tag = (asked.text(name) for name in ("task", "queue", "q", "tag"))
        if tag and not may.arguments:
            tag = asked.leave_out(
                "tag", "seeing what tasks are about takes the permission hardy.view_arguments"
            )
        return cls(state, task, queue, tag, text, may.arguments)

    @property
    def filters(self) -> dict[str, str]:
        """What the form's fields hold, by their names."""
        return {"task": self.task, "queue": self.queue, "tag": self.tag, "q": self.text}

    def url(self, **more: object) -> str:
        """Return the address of this list; ``more`` adds to it, or replaces."""
        return reverse("hardy:tasks") + query(**{"state": self.state, **self.filters, **more})

    @property
    def words(self) -> str:
        """The filter as the audit keeps it."""
        given = {"state": self.state, **self.filters}
        return ", ".join(f"{name} {value}" for name, value in given.items() if value) or "everything"

    @property
    def wanted(self) -> listing.Wanted:
        """The same, for lists of jobs."""
        return listing.Wanted(
            task=self.task, queue=self.queue, tag=self.tag, text=self.text, in_arguments=self.in_arguments
        )

    def jobs(self) -> QuerySet[Job]:
        """Return the jobs that match and have not begun."""
        if self.state not in ACTED_ON:
            return Job.objects.none()
        return listing.matching(self.wanted).filter(state__in=ACTED_ON[self.state])

    def letters(self) -> QuerySet[DeadLetter]:
        """Return the dead letters that match."""
        letters = DeadLetter.objects.defer("message")
        for name in ("task", "queue"):
            if value := getattr(self, name):
                letters = letters.filter(**{name: value})
        if self.tag:
            runs = Run.objects.filter(tagged([self.tag], "job")).order_by("-id")
            letters = letters.filter(job__in=list(runs.values_list("job", flat=True)[:TAGGED]))
        about = Q(job=self.text)
        for name in ("task", "error_type", "error"):
            about |= Q(**{f"{name}__icontains": self.text})
        return letters.filter(about) if self.text else letters


def states_for(may: May) -> dict[str, str]:
    """Return the states that somebody may ask for."""
    return {**JOBS, **(DEAD if may.letters else {}), **(RUNS if may.runs else {})}
