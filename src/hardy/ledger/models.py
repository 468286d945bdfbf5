"""The ledger's tables: jobs that are not finished, runs that are, letters that need a person, and workers.

The hot path never goes through these classes: `enqueue`, `reserve`, `claim` and `finish` write SQL of their own.
The models are for migrations, the admin, queries and the rare paths.
"""

from __future__ import annotations

from functools import reduce
from operator import and_

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from hardy.db.moment import IsMoment, MomentField
from hardy.db.readable import COUNTABLE, is_readable, is_readable_or_null
from hardy.db.table import Table
from hardy.how_far import Progress
from hardy.ledger.reached import read

#: Long enough for any id Celery takes, short enough for an index on every database.
NAME = 255
FAULTY = models.Q(fingerprint__gt="")


class Name(models.CharField):  # type: ignore[type-arg]
    """A name that is compared whole, letter by letter, on every database.

    On PostgreSQL Django would add a second index for LIKE, paid by every write. MariaDB and MySQL would take "a" and
    "A" for the same id.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if connection.vendor == "postgresql":
            return f"character varying({self.max_length})"
        if connection.vendor == "mysql":
            return f"varchar({self.max_length}) COLLATE utf8mb4_bin"
        return super().db_type(connection)


class OriginRecord(Table):
    """What a job and its runs both say of where they came from; see :class:`hardy.ledger.record.Origin`.

    The database fills in what a statement leaves out, so that rows written by hand need not name all of it.
    """

    root = Name(max_length=NAME, blank=True, default="", db_default="")
    parent = Name(max_length=NAME, blank=True, default="", db_default="")
    group_id = Name(max_length=NAME, blank=True, default="", db_default="")
    schedule = Name(max_length=NAME, blank=True, default="", db_default="")
    request_id = Name(max_length=NAME, blank=True, default="", db_default="")
    user_id = Name(max_length=NAME, blank=True, default="", db_default="")
    arguments = models.TextField(blank=True, default="", db_default="")
    #: The row it is about, ``order:42``. NULL where there is none: then its index has nothing to do.
    tag = Name(max_length=NAME, null=True)

    class Meta:
        abstract = True


class Job(OriginRecord):
    """One request to run a task, from the moment it is enqueued until it is finished. Its id is Celery's task id."""

    class State(models.TextChoices):
        HELD = "held", "held: waits in the ledger for its time, or to be published"
        QUEUED = "queued", "queued: may be started by any worker of its queue"
        RESERVED = "reserved", "reserved: handed to a worker that has not started it"
        RUNNING = "running", "running: claimed by an attempt"

    id = Name(max_length=NAME, primary_key=True)
    task = models.CharField(max_length=NAME)
    queue = Name(max_length=NAME)
    state = models.CharField(max_length=8, choices=State.choices)
    priority = models.SmallIntegerField(default=0)
    enqueued_at = MomentField()
    due_at = MomentField()
    #: When the row was last published; never, where the ledger is the broker.
    published_at = MomentField(null=True)
    started_at = MomentField(null=True)
    worker = models.CharField(max_length=NAME, blank=True, default="")
    #: Counts claims; an attempt may record itself only while the row still has its token.
    token = models.IntegerField(default=0)
    #: Attempts begun, as a person counts them.
    attempts = models.IntegerField(default=0)
    #: Attempts in a row that crashed.
    crashes = models.IntegerField(default=0)
    message = models.TextField()
    #: JSON: the token of the attempt that wrote it, and how far it was; see :mod:`hardy.ledger.reached`.
    progress = models.TextField(blank=True, default="", db_default="")

    class Meta:
        indexes = [
            # Read from the front by every reservation: its cost must not grow with the rows that wait.
            models.Index(fields=["queue", "state", "-priority", "due_at"], name="hardy_job_next"),
            # Only what waits for its time: the hot path never touches it. MariaDB and MySQL have no partial indexes and
            # get a whole one, in which held rows still lie together.
            models.Index(fields=["state", "due_at"], condition=models.Q(state="held"), name="hardy_job_due"),
            models.Index(fields=["tag"], condition=models.Q(tag__isnull=False), name="hardy_job_tag"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["held", "queued", "reserved", "running"]), name="hardy_job_state"
            ),
            models.CheckConstraint(
                condition=is_readable("enqueued_at", "due_at")
                & is_readable_or_null("published_at")
                & is_readable_or_null("started_at"),
                name="hardy_job_times",
            ),
            models.CheckConstraint(
                condition=reduce(
                    and_,
                    (models.Q(IsMoment(time)) for time in ("enqueued_at", "due_at", "published_at", "started_at")),
                ),
                name="hardy_job_moments",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    priority__range=(-100, 100), token__range=COUNTABLE, attempts__range=COUNTABLE,
                    crashes__range=COUNTABLE,
                ),
                name="hardy_job_numbers",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.task}[{self.id}]"

    @property
    def reached(self) -> Progress | None:
        """How far the attempt that runs says it is; None if it says nothing, or none runs."""
        return read(self.progress, self.token) if self.progress and self.state == self.State.RUNNING else None


class JobRecord(Table):
    """What a run and a dead letter both say of the job they came from."""

    job = Name(max_length=NAME, db_index=True, help_text="Celery's task id")
    task = models.CharField(max_length=NAME)
    queue = Name(max_length=NAME)
    error_type = models.CharField(max_length=NAME, blank=True, default="")
    error = models.TextField(blank=True, default="")
    fingerprint = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.task}[{self.job}]"


class Run(OriginRecord, JobRecord):
    """History: one finished attempt, append-only."""

    class Outcome(models.TextChoices):
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        RETRIED = "retried"
        SNOOZED = "snoozed"
        REPLACED = "replaced"
        IGNORED = "ignored"
        REJECTED = "rejected"
        CANCELLED = "cancelled"
        LOST = "lost"

    id = models.BigAutoField(primary_key=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    attempt = models.IntegerField()
    enqueued_at = MomentField()
    due_at = MomentField()
    started_at = MomentField(null=True)
    finished_at = MomentField()
    worker = models.CharField(max_length=NAME, blank=True, default="")
    result = models.TextField(blank=True, default="")
    traceback = models.TextField(blank=True, default="")
    #: What ran it, and what it took; see :class:`hardy.ledger.record.Usage`. ``release`` is a word of MySQL's.
    release = Name(max_length=NAME, blank=True, default="", db_default="", db_column="release_name")
    cpu_seconds = models.FloatField(null=True)
    memory_growth = models.BigIntegerField(null=True)
    queries = models.IntegerField(null=True)
    query_seconds = models.FloatField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["outcome", "finished_at"], name="hardy_run_outcome"),
            # The newest runs about one row, however long the history is. Most tasks have one tag or none, and pay for
            # an entry or for nothing; a table of all tags would be one more row for each job, in each statement.
            models.Index(fields=["tag", "-id"], condition=models.Q(tag__isnull=False), name="hardy_run_tag"),
            # All attempts with one error, by time. What succeeds has none, and pays nothing.
            models.Index(fields=["fingerprint", "finished_at"], condition=FAULTY, name="hardy_run_fault"),
        ]


class Tag(Table):
    """What a job is about besides the tag in its own row: a second one, or one that its body named."""

    id = models.BigAutoField(primary_key=True)
    job = Name(max_length=NAME)
    tag = Name(max_length=NAME)
    tagged_at = MomentField(db_index=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["tag", "-id"], name="hardy_tag_jobs")]
        constraints = [models.UniqueConstraint(fields=["job", "tag"], name="hardy_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag} of {self.job}"


class DeadLetter(JobRecord):
    """A job that ended where a person must look: its whole message, and why."""

    class Reason(models.TextChoices):
        FAILED = "failed", "failed for good"
        CRASHED = "crashed", "ended its worker too often"
        TIMED_OUT = "timed out", "exceeded its hard time limit"
        REJECTED = "rejected", "rejected by the task"
        UNKNOWN = "unknown", "no worker knows the task"
        MISMATCH = "mismatch", "fits the task's signature in no worker"
        UNDECODABLE = "undecodable", "the message cannot be read"
        UNSIGNED = "unsigned", "the message is not signed by this project"
        PURGED = "purged", "taken out of its queue by a purge"

    id = models.BigAutoField(primary_key=True)
    reason = models.CharField(max_length=11, choices=Reason.choices)
    attempts = models.IntegerField()
    enqueued_at = MomentField()
    died_at = MomentField(db_index=True)
    message = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["fingerprint"], name="hardy_letter_kind")]
        default_permissions = ("view",)
        permissions = [
            ("replay_deadletter", "Can replay dead letters"),
            ("edit_deadletter", "Can edit dead letters and replay them"),
            ("discard_deadletter", "Can discard dead letters"),
            ("view_arguments", "Can see the arguments of tasks"),
        ]


class Worker(Table):
    """One heartbeat row per worker or beat process; while it is renewed, all that the process holds is held."""

    id = Name(max_length=NAME, primary_key=True)
    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=NAME)
    pid = models.IntegerField()
    #: What processes that can see each other's pids have in common; see hardy.ledger.machine.
    machine = models.CharField(max_length=NAME, blank=True, default="")
    queues = models.TextField(blank=True, default="")
    started_at = MomentField()
    seen_at = MomentField(db_index=True)
    active = models.IntegerField(default=0)
    #: Its pool in words, the code it runs, and the bytes that it and its pool hold, where the system tells.
    pool = models.CharField(max_length=64, blank=True, default="")
    release = Name(max_length=NAME, blank=True, default="", db_column="release_name")
    memory = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class Lease(Table):
    """Who leads under a name, and until when."""

    name = Name(max_length=NAME, primary_key=True)
    holder = models.CharField(max_length=NAME)
    expires_at = MomentField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder or 'nobody'}"
