"""What is done to a stack, one function each; each returns its line of the table."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos import clocks
from tests.chaos.filling import fill
from tests.chaos.rounds import SKEW, play, spread
from tests.chaos.sending import Request
from tests.chaos.trial import Trial, soon, verdict
from tests.waiting import until

#: 1 is the whole: ten thousand tasks and a hundred kills. A short version is a few hundredths.
SCALE = float(os.environ.get("CHAOS_SCALE", "1"))
#: Seconds after the last kill in which everything should be done; what is not done then is stuck or lost.
AFTERWARDS = float(os.environ.get("CHAOS_AFTERWARDS", "60"))

Line = dict[str, Any]


def scaled(full: int, least: int) -> int:
    return max(least, round(full * SCALE))


def kills_alone(trial: Trial) -> Line:
    """Workers killed at random while tasks run, and nothing else."""
    first = trial.next_number
    play(trial, tasks=scaled(500, 200), kills=scaled(5, 4))
    return ending(trial, first)


def everything(trial: Trial) -> Line:
    """Workers killed, every server killed and started again, the broker wiped, one worker's clock a minute ahead."""
    rounds = scaled(100, 6)
    happenings = [(min(3, scaled(3, 2)), trial.server.restart)]
    if trial.broker:
        happenings += [(scaled(10, 2), trial.broker.restart), (2, lambda: trial.broker.lose(trial.queue))]
    first = trial.next_number
    play(trial, tasks=scaled(10_000, 300), kills=rounds, events=spread(rounds, happenings), skew=SKEW)
    return {**ending(trial, first), "kills": trial.journal.kills, "ended by themselves": trial.exits}


def poison(trial: Trial) -> Line:
    """One task that kills its process and one that kills its whole worker, among good ones."""
    bad = [trial.ask(1, task=f"trial.kill_{what}")[0] for what in ("child", "worker")]
    good, _ = trial.ask(scaled(1000, 60))
    trial.start("one")

    def is_over() -> bool:
        trial.keep_alive()
        # Where nothing ends a poison task, it is watched for the whole time.
        return trial.stack.is_hardy and trial.all_ended(good) and not trial.left()

    soon(is_over, seconds=AFTERWARDS)
    line = verdict(trial, good, None)
    return {**line, "poison starts": max(trial.journal.read().most_starts(numbers) for numbers in bad)}


def black_hole(trial: Trial) -> Line:
    """The broker takes everything and never answers while requests commit and send; then it is back."""
    patience, first = 20.0, trial.next_number
    trial.sender.open()
    trial.proxy.black_hole()
    _, requests = trial.ask(scaled(1000, 300), patience=patience)
    blocked = f"> {patience:.0f} s"
    if requests is not None:
        _, others = trial.ask(scaled(1000, 300), task=None)
        blocked = f"{quantile(requests, 1)} (p99 {quantile(requests, 0.99)}, without a task {quantile(others, 0.99)})"
    trial.proxy.heal()
    trial.start_and_wait("one")
    return {**ending(trial, first), "longest .delay()": blocked}


def quantile(requests: list[Request] | None, share: float) -> str:
    took = sorted(request.took * 1000 for request in requests or [])
    return f"{took[min(len(took) - 1, int(len(took) * share))]:.1f} ms" if took else "–"


def commit_and_die(trial: Trial) -> Line:
    """The web process is killed between its COMMIT and the first word to the broker."""
    first = trial.next_number
    trial.start_and_wait("one")
    trial.ask(scaled(100, 10), dies=True)
    return ending(trial, first)


def doubled(trial: Trial) -> Line:
    """Every message is delivered twice."""
    first = trial.next_number
    trial.start_and_wait("one", "two")
    trial.ask(scaled(2000, 100), kwargs={"seconds": 0.01})
    return ending(trial, first)


def wrong_clocks(trial: Trial) -> Line:
    """Tasks due in some seconds, asked where the clock is a minute behind, run where it is right or a minute ahead."""
    if clocks.WHY_MISSING:
        return {"started": clocks.WHY_MISSING}
    first, countdown = trial.next_number, 10
    trial.sender.environment |= clocks.skewed(-SKEW, trial.environment["PYTHONPATH"])
    trial.start_and_wait("true")
    trial.start_and_wait("ahead", ahead=SKEW)
    numbers, requests = trial.ask(scaled(400, 40), countdown=countdown)
    line = ending(trial, first)
    asked_at = dict(zip(numbers, requests or [], strict=True))
    began = {number: trial.journal.first_start_of(number) for number in numbers}
    # Until its COMMIT nobody can have known of it.
    off = [at - (asked_at[number].began + countdown) for number, at in began.items() if at is not None]
    return {**line, "started": f"{off_by(min(off))} … {off_by(max(off))}" if off else "never"}


def off_by(seconds: float) -> str:
    return f"{abs(seconds):.1f} s {'early' if seconds < 0 else 'late'}"


def unknown(trial: Trial) -> Line:
    """A rolling deploy: old workers get tasks that only the new release knows."""
    first = trial.next_number
    trial.start_and_wait("old")
    trial.ask(scaled(100, 20), task="trial.newer")
    until(lambda: trial.log("old").count("trial.newer") > 0, seconds=30)
    trial.stop_workers()
    trial.start_and_wait("new", TRIAL_IMPORTS='["trial.newer"]')
    return ending(trial, first)


def future(trial: Trial) -> Line:
    """Tasks that are due in an hour: what they cost a worker that waits for none of them."""
    trial.start_and_wait("one")
    run_some(trial)
    before = trial.memory("one")
    numbers, _ = trial.ask(scaled(1000 if trial.stack.is_hardy else 5000, 200), countdown=3600, patience=600)
    waiting = len(numbers)
    if trial.stack.is_hardy:
        fill(trial, more := scaled(1_000_000, 5000) - waiting)
        waiting += more
    elif not soon(lambda: trial.broker.waiting(trial.queue) == 0, seconds=AFTERWARDS):
        waiting -= trial.broker.waiting(trial.queue)  # what the worker has not taken costs it nothing
    run_some(trial)
    grown = trial.memory("one") - before
    trial.stop_workers()
    return {"asked": waiting, "worker grew": f"{grown:.1f} MB", "grown": grown}


def run_some(trial: Trial) -> None:
    """Let both processes of the worker run something, with all that comes with it.

    A stock worker that has taken thousands of future tasks may not come to it; then it shows what those cost it.
    """
    numbers, _ = trial.ask(scaled(200, 50))
    ended = soon(lambda: trial.all_ended(numbers), seconds=120)
    assert ended or not trial.stack.is_hardy, trial.log("one")[-2000:]


@dataclass(frozen=True)
class Hardship:
    """What is done, and whether it needs a broker behind a proxy, which may double every message."""

    do: Callable[[Trial], Line]
    proxied: bool = False
    doubling: bool = False


HARDSHIPS = {
    "everything at once": Hardship(everything),
    "kill -9 alone": Hardship(kills_alone),
    "poison": Hardship(poison),
    "black-holed broker": Hardship(black_hole, proxied=True),
    "killed between COMMIT and broker": Hardship(commit_and_die),
    "every message twice": Hardship(doubled, proxied=True, doubling=True),
    "clocks a minute off": Hardship(wrong_clocks),
    "task unknown to old workers": Hardship(unknown),
    "due in an hour": Hardship(future),
}


def ending(trial: Trial, first: int) -> Line:
    """Wait for the end, as long as it may take, and say what it was."""
    numbers = range(first, trial.next_number)
    asked = trial.asked(numbers)
    deadline = (trial.journal.last_kill or time.monotonic()) + AFTERWARDS
    done_at = None

    def is_settled() -> bool:
        nonlocal done_at
        trial.keep_alive()
        done_at = time.monotonic() if trial.ended(numbers) >= asked else None
        return done_at is not None or (not trial.stack.is_hardy and trial.is_over())

    soon(is_settled, seconds=deadline - time.monotonic())
    return verdict(trial, numbers, done_at)
