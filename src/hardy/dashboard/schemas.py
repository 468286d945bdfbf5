"""The types of what each page answers to ``Accept: application/json``.

They are the schema: `hardy.dashboard.openapi` makes its document of them, so that it cannot say anything else.
"""

from __future__ import annotations

from typing import Any, TypedDict


class Health(TypedDict):
    """How bad it is (`fine`, `warning`, `wrong`), and what is wrong in a sentence."""

    status: str
    text: str


class Queue(TypedDict):
    """One queue. With `is_capped` one of the counts stopped at 10,000."""

    name: str
    depth: int
    oldest_age_seconds: float | None
    held: int
    running: int
    is_capped: bool
    paused_at: str | None
    paused_by: str | None
    done_per_minute: float | None
    drained_in_seconds: float | None
    workers: list[str]


class Bar(TypedDict):
    """One span of a chart; what is `null` is not counted yet, or nothing ended in it."""

    start: str
    end: str
    outcomes: dict[str, int] | None
    wait_seconds: dict[str, float | None]
    run_seconds: dict[str, float | None]


class Release(TypedDict):
    """A release that came in the range, and when its first attempt ended."""

    name: str
    first: str


class TaskFigures(TypedDict):
    """One task among the newest attempts of the range."""

    task: str
    attempts: int
    failed: int
    mean_seconds: float
    longest_seconds: float


class Overview(TypedDict):
    """The first page."""

    health: Health
    queues: list[Queue]
    dead: int
    outbox_lag_seconds: float
    chart: list[Bar]
    releases: list[Release]
    slowest: list[TaskFigures]
    most_failing: list[TaskFigures]


class Tasks(TypedDict):
    """A page of the list: jobs that are not finished, dead letters, attempts; `next` is the next page's address."""

    jobs: list[dict[str, Any]]
    letters: list[dict[str, Any]]
    runs: list[dict[str, Any]]
    next: str
    is_partial: bool
    notes: list[str]


class Task(TypedDict):
    """One task. `arguments`, and arguments and results of its runs, are there for those who may see them."""

    id: str
    job: dict[str, Any] | None
    why_waiting: list[str]
    letters: list[dict[str, Any]]
    runs: list[dict[str, Any]]
    arguments: str | None
    tags: list[str] | None


class Kind(TypedDict):
    """Dead letters of one task that died of the same thing."""

    task: str
    reason: str
    error_type: str
    fingerprint: str
    letters: int
    first: str
    last: str


class Fault(TypedDict):
    """An error of attempts, each once: how often, since when, in which releases, the latest first."""

    fingerprint: str
    task: str
    error_type: str
    error: str
    count: int
    count_is_capped: bool
    first_seen: str
    last_seen: str
    last_outcome: str
    last_job: str
    releases: list[str]


class Kinds(TypedDict):
    """The kinds of dead letters, the most frequent first; and what goes wrong in all attempts."""

    kinds: list[Kind]
    faults: list[Fault]
    notes: list[str]


class Outstanding(TypedDict):
    """A value of an argument, and the share of the jobs that have it: with the error, and of the successes."""

    name: str
    value: str
    share: float
    share_of_successes: float


class Contrast(TypedDict):
    """What stands out: so many jobs with the error were held against so many successes."""

    compared: int
    successes: int
    outstanding: list[Outstanding]


class OneFault(TypedDict):
    """One error, and the newest attempts that ended with it. What stands out is for those who may see arguments."""

    fault: Fault
    contrast: Contrast | None
    runs: list[dict[str, Any]]
    notes: list[str]


class Letter(TypedDict):
    """One dead letter of a kind."""

    letter: int
    job: str
    error: str
    died_at: str
    attempts: int


class Letters(TypedDict):
    """The letters of one kind, newest first."""

    count: int
    is_capped: bool
    letters: list[Letter]
    next: str
    notes: list[str]


class Queues(TypedDict):
    """Every queue."""

    queues: list[Queue]


class Worker(TypedDict):
    """One live worker or beat process, and the jobs it runs."""

    name: str
    kind: str
    pid: int
    queues: list[str]
    seen_seconds_ago: float
    active: int
    id: str
    pool: str
    release: str
    memory_bytes: int | None
    up_seconds: float
    jobs: list[dict[str, Any]]


class Workers(TypedDict):
    """Every live worker and beat process."""

    workers: list[Worker]


class Schedule(TypedDict):
    """One schedule entry, with its next times."""

    name: str
    task: str
    words: str
    enabled: bool
    in_code: bool
    last_run_at: str | None
    upcoming: list[str]


class Schedules(TypedDict):
    """Every schedule entry."""

    entries: list[Schedule]


class AuditLine(TypedDict):
    """One thing that somebody did."""

    at: str
    by: str
    via: str
    action: str
    target: str
    count: int
    detail: str
    note: str
    jobs: list[str]


class Audit(TypedDict):
    """Who did what, newest first."""

    lines: list[AuditLine]
    next: str
    notes: list[str]


class Finding(TypedDict):
    """One thing that is wrong (`wrong`, `warning`) or good to know (`fine`), why it matters, and what to do."""

    status: str
    what: str
    why: str
    fix: str
    id: str


class Item(TypedDict):
    """One line of the production checklist; `null` is what cannot be seen from here."""

    title: str
    is_met: bool | None
    said: str


class Doctor(TypedDict):
    """What is wrong, the worst first, and the production checklist."""

    findings: list[Finding]
    checklist: list[Item]


class Error(TypedDict):
    """Why there is no answer."""

    error: str
