"""What is done to a stack, one function each; each returns its line of the table."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.chaos.trial import Trial, starts_of, verdict
from tests.waiting import until

#: 1 is ten thousand tasks and a hundred kills; hours. A short version is a few hundredths.
SCALE = float(os.environ.get("CHAOS_SCALE", "1"))
#: Seconds after the last kill in which everything should be done; what is not done then is stuck or lost.
AFTERWARDS = float(os.environ.get("CHAOS_AFTERWARDS", "60"))

Line = dict[str, Any]


def scaled(full: int, least: int) -> int:
    return max(least, round(full * SCALE))


def kills_and_restarts(trial: Trial) -> Line:
    """Workers killed at random while tasks run; broker cut off and wiped, database connections ended."""
    rounds = scaled(100, 6)
    restarts, wipes, cuts = (
        events(rounds, scaled(10, 2)),
        events(rounds, 2, 1),
        events(rounds, min(3, rounds // 3), 2),
    )
    names = ["one", "two"]
    for name in names:
        trial.start_and_wait(name)
    first = trial.next_number
    for turn in range(rounds):
        # The pattern's own weak spot, a broker that is away while sending, has a line of its own.
        numbers, _ = trial.ask(scaled(10_000, 300) // rounds)
        until(lambda n=numbers: has_started(trial, n), seconds=30)
        if trial.broker and turn in wipes:
            trial.broker.lose(trial.queue)
        if turn in cuts:
            trial.cut_database()
        if trial.proxy and turn in restarts:
            trial.proxy.stop()
            time.sleep(2)  # the length of the outage
            trial.proxy.heal()
        name = trial.random.choice(names)
        trial.kill(name)
        trial.start(name)
    return ending(trial, first)


def kills_alone(trial: Trial) -> Line:
    """Workers killed at random while tasks run, and nothing else."""
    rounds = scaled(100, 6)
    names = ["one", "two"]
    for name in names:
        trial.start_and_wait(name)
    first = trial.next_number
    for _ in range(rounds):
        numbers, _ = trial.ask(scaled(10_000, 300) // rounds)
        until(lambda n=numbers: has_started(trial, n), seconds=30)
        name = trial.random.choice(names)
        trial.kill(name)
        trial.start(name)
    return ending(trial, first)


def poison(trial: Trial) -> Line:
    """One task that kills its process and one that kills its whole worker, among good ones."""
    bad = [trial.ask(1, task=f"trial.kill_{what}")[0] for what in ("child", "worker")]
    good, _ = trial.ask(scaled(1000, 60))
    trial.start("one")
    deadline = time.monotonic() + AFTERWARDS

    def over() -> bool:
        trial.keep_alive()
        # Where nothing ends a poison task, it is watched for the whole time.
        done = trial.stack.is_hardy and trial.all_ended(good) and not trial.left()
        return done or time.monotonic() > deadline

    until(over, seconds=AFTERWARDS + 60)
    line = verdict(trial, good)
    return {
        **line,
        "poison starts": max(starts_of(trial, numbers) for numbers in bad),
        "asked": line["asked"],
    }


def black_hole(trial: Trial) -> Line | None:
    """The broker takes everything and never answers while requests commit and send; then it is back."""
    if trial.proxy is None:
        return None
    count, patience = scaled(10_000, 300), 20.0
    numbers, took = trial.ask(count, patience=patience, meanwhile=trial.proxy.black_hole)
    trial.proxy.heal()
    trial.start_and_wait("one")
    first = numbers[0]
    longest, p99 = took[-1], took[int(len(took) * 0.99)] if len(took) > 1 else took[-1]
    blocked = f"> {patience:.0f} s" if len(took) == 1 else f"{longest * 1000:.0f} ms (p99 {p99 * 1000:.1f})"
    return {**ending(trial, first), "longest .delay()": blocked}


def future(trial: Trial) -> Line:
    """Tasks that are due in an hour: what they cost a worker that waits for none of them."""
    trial.start_and_wait("one")
    quiet, _ = trial.ask(5)
    until(lambda: trial.all_ended(quiet), seconds=30)
    before = trial.memory("one")
    numbers, _ = trial.ask(scaled(1_000_000, 5000), countdown=3600, patience=3600)
    if trial.broker is not None:
        until(lambda: trial.broker.waiting(trial.queue) == 0, seconds=600)
    more, _ = trial.ask(5)
    until(lambda: trial.all_ended(more), seconds=60)
    grown = trial.memory("one") - before
    trial.stop_workers()
    return {"asked": len(numbers), "worker grew": f"{grown:.0f} MB"}


def doubled(trial: Trial) -> Line | None:
    """Every message is delivered twice."""
    if trial.proxy is None:
        return None
    first = trial.next_number
    trial.ask(scaled(1000, 100))
    trial.start_and_wait("one")
    return ending(trial, first)


def commit_and_die(trial: Trial) -> Line:
    """The web process is killed between its COMMIT and the first word to the broker."""
    first = trial.next_number
    trial.start_and_wait("one")
    for _ in range(scaled(100, 5)):
        trial.ask(1, dies=True, patience=10)
    return ending(trial, first)


def unknown(trial: Trial) -> Line:
    """A rolling deploy: old workers get tasks that only the new release knows."""
    first = trial.next_number
    trial.start_and_wait("old")
    trial.ask(scaled(1000, 20), task="trial.newer")
    until(lambda: trial.log("old").count("trial.newer") > 0, seconds=30)
    trial.stop_workers()
    trial.start_and_wait("new", TRIAL_IMPORTS='["trial.newer"]')
    return ending(trial, first)


#: name in the table -> what is done, and whether the proxy doubles messages.
HARDSHIPS: dict[str, Callable[[Trial], Line | None]] = {
    "kill -9 of workers": kills_alone,
    "kills, broker cut and wiped, database cut": kills_and_restarts,
    "poison": poison,
    "black-holed broker": black_hole,
    "killed between COMMIT and broker": commit_and_die,
    "every message twice": doubled,
    "task unknown to old workers": unknown,
    "due in an hour": future,
}


def ending(trial: Trial, first: int) -> Line:
    """Wait for the end, as long as it may take, and say what it was."""
    numbers = range(first, trial.next_number)
    deadline = time.monotonic() + AFTERWARDS
    while not trial.all_ended(numbers) and time.monotonic() < deadline:
        threading.Event().wait(0.2)
    return verdict(trial, numbers)


def events(rounds: int, how_many: int, offset: int = 0) -> set[int]:
    """Rounds in which something happens, spread evenly."""
    step = max(1, rounds // max(1, how_many))
    return set(range(offset, rounds, step)[:how_many])


def has_started(trial: Trial, numbers: range) -> bool:
    return bool(set(trial.starts()).intersection(numbers))
