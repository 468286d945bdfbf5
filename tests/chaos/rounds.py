"""Rounds of tasks and kills: in each a batch is asked, something happens to a server, and a worker is killed."""

from __future__ import annotations

from collections.abc import Callable

from tests.chaos.trial import Trial, soon

#: The workers, two processes each; that many must be ready before one of them is killed.
WORKERS = ("one", "two", "three", "ahead")
READY = 2
#: Seconds that a task of theirs takes: long enough that there is still work when the last one has been asked.
SECONDS = 0.1
#: Seconds that a round waits at most for all workers to be ready again.
BREATH = 1.5
#: Seconds by which the clock of the worker "ahead" is wrong.
SKEW = 60

Event = Callable[[], None]


def play(
    trial: Trial, *, tasks: int, kills: int, events: dict[int, list[Event]] | None = None, skew: int = 0
) -> None:
    """``tasks`` in as many rounds as there are ``kills``; ``events`` happen in the rounds of their numbers."""
    for name in WORKERS:
        trial.start(name, ahead=skew if name == "ahead" else 0)
    soon(lambda: len(trial.ready()) == len(WORKERS), seconds=60)
    for turn in range(kills):
        before = len(trial.journal.read().starts)
        trial.ask(tasks * (turn + 1) // kills - tasks * turn // kills, kwargs={"seconds": SECONDS})
        soon(lambda n=before: len(trial.journal.read().starts) > n, seconds=15)  # type: ignore[misc]
        for happen in (events or {}).get(turn, []):
            happen()
        trial.keep_alive()
        soon(lambda: len(trial.ready()) >= READY, seconds=30)
        victim = trial.random.choice(trial.busy() or trial.ready() or list(trial.workers))
        if turn % 4 == 3:
            trial.kill_child(victim)
        else:
            trial.kill(victim)
        # Not one kill upon the other: what a kill costs is to be seen, and not only that everybody is dead.
        soon(lambda: len(trial.ready()) == len(WORKERS), seconds=BREATH)


def spread(rounds: int, happenings: list[tuple[int, Event]]) -> dict[int, list[Event]]:
    """Each of ``(how often, what)``, spread evenly over the rounds, and not all in the same ones."""
    events: dict[int, list[Event]] = {}
    for offset, (how_often, event) in enumerate(happenings, start=1):
        for time in range(how_often):
            events.setdefault((time * rounds // how_often + offset) % rounds, []).append(event)
    return events
