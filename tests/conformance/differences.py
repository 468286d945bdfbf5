"""Where hardy does not do as stock Celery does, on purpose: all of it, with what is seen instead, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """What hardy shows of a claim instead, in plain data, and why: the sentence that the documentation has."""

    seen: Any
    why: str


#: By the name of the claim.
DIFFERENCES: dict[str, Difference] = {
    "a_task_sent_in_a_transaction_that_is_rolled_back_runs": Difference(
        ["PENDING", None], "A task is enqueued in the caller's transaction; a rollback leaves nothing of it."
    ),
    "an_id_that_is_sent_twice_runs_twice": Difference(
        ["one"], "While a job waits, its id is taken: sending it again enqueues nothing new."
    ),
    "a_task_whose_process_is_killed_failed": Difference(
        [["SUCCESS", "again"], 2],
        "A job that loses its process runs again, and is a dead letter when it has done so too often.",
    ),
    "a_task_that_no_worker_knows_failed": Difference(
        "PENDING",
        "A task unknown to a worker waits for one that knows it (`UNKNOWN_TASK_GRACE`) before it has failed.",
    ),
    "wrong_arguments_that_are_sent_by_name_fail_in_the_worker": Difference(
        "PENDING",
        "Arguments that do not fit wait in the same way: in a rolling deploy a newer worker's task takes them.",
    ),
    "a_coroutine_is_never_awaited": Difference("SUCCESS", "`async def` tasks are awaited."),
    "an_errback_hears_twice_of_a_hard_limit": Difference(
        1,
        "A hard time limit is told once: Celery 5.7 tells it where the pool and again where the worker finds it.",
    ),
    "a_chord_waits_for_ever_if_a_part_overran_its_limit_before_the_others_ended": Difference(
        "FAILURE",
        "Told once, a part that overran counts once, and the chord fails when the others have ended.",
    ),
    "an_ignored_task_says_started_for_ever": Difference(
        ["PENDING", 1],
        "STARTED is read from the ledger and not written as a result; a job that is over is not in the ledger.",
    ),
    "a_running_task_says_where_it_runs": Difference(
        ["hostname"],
        "For the same reason STARTED tells the worker's name, but not the number of its child process.",
    ),
    "a_task_that_waits_for_its_time_is_in_the_memory_of_a_worker": Difference(
        [],
        "Future work waits in the ledger: `inspect scheduled` is empty, and `manage.py hardy status` counts it.",
    ),
    "applying_a_task_that_retries_raises_the_wish_to_retry": Difference(
        "Odd",
        "`apply(throw=True)` raises the cause of the retry, which is what a test of the task wants to see.",
    ),
    "a_misspelt_option_is_taken_in_silence": Difference(
        "BadOption", "A task option that is a near miss of a known one is refused where it is written."
    ),
    "what_a_project_does_not_set_is_set_for_speed_and_not_for_safety": Difference(
        [True, 1, True, 1800, 1500],
        "Production defaults, for everything that the project does not set itself.",
    ),
}
