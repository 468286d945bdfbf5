"""The stacks that are set beside each other: one row of the table each. A new stack is one more entry of ``STACKS``."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

STOCK = "celery:Celery"
HARDY = "hardy:Celery"

CELERY_WORKER = (
    "-m",
    "celery",
    "-A",
    "benchmarks.peers.celery",
    "worker",
    "--loglevel=warning",
    "--concurrency=2",
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a tool does and does not do: a number says nothing without it. The words stand in the table."""

    #: Whether a task is sent if, and only if, the data it is about commits.
    commits: str
    #: What becomes of a task whose worker is killed.
    killed: str
    #: What remains of a task that is over.
    recorded: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A tool on a database and a broker, with two worker processes of one task at a time unless its title says more."""

    name: str
    title: str
    #: Its module in `benchmarks.peers`.
    tool: str
    database: Literal["sqlite", "postgresql", "mariadb"]
    broker: Literal["", "hardy", "redis", "rabbitmq"]
    facts: Facts
    #: What follows ``python`` to start a worker, and how many of them make two processes.
    command: tuple[str, ...] = CELERY_WORKER
    copies: int = 1
    #: Django apps beside the measured project.
    apps: tuple[str, ...] = ()
    #: The folder in ``.bench/`` for the packages of ``peers/<name>.txt``; '': hardy's own environment.
    environment: str = ""
    celery: str = STOCK
    #: False: Django's default settings.
    tuned: bool = False
    #: The pattern's stack that this one is compared with.
    beside: str = "stock-redis"
    #: False: task results are ignored, so nothing is recorded anywhere.
    records: bool = True
    #: Figures that are known and not waited for, each with what the table says instead.
    known: dict[str, str] = field(default_factory=dict)

    @property
    def has_ledger(self) -> bool:
        return self.celery == HARDY

    @property
    def is_ledger_alone(self) -> bool:
        return self.has_ledger and self.broker == "hardy"

    @property
    def is_filled_by_sql(self) -> bool:
        """Whether `project/filling.py` knows its database."""
        return self.is_ledger_alone and self.database != "mariadb" and not self.tuned


#: Redis gives a killed worker's messages back after Celery's default visibility timeout.
AFTER_AN_HOUR = {"recovery": "3600 (visibility timeout)"}
NEVER = {"recovery": "never"}

LEDGER = Facts("yes", "runs again", "every attempt, result")
_celery_on_redis = partial(Facts, "no", "runs again after an hour")
_celery_on_rabbitmq = partial(Facts, "no", "runs again")

hardy = partial(Stack, tool="celery", celery=HARDY, facts=LEDGER, apps=("django_celery_results", "hardy"))
stock = partial(Stack, tool="celery", apps=("django_celery_results",), database="postgresql")

STACKS = (
    hardy("hardy-sqlite", "hardy, SQLite", database="sqlite", broker="hardy"),
    hardy("hardy-sqlite-tuned", "hardy, SQLite, tuned", database="sqlite", broker="hardy", tuned=True),
    hardy("hardy-postgresql", "hardy, PostgreSQL", database="postgresql", broker="hardy"),
    hardy("hardy-postgresql-tuned", "hardy, PostgreSQL, tuned", database="postgresql", broker="hardy", tuned=True),
    hardy("hardy-mariadb", "hardy, MariaDB", database="mariadb", broker="hardy"),
    hardy("hardy-mariadb-tuned", "hardy, MariaDB, tuned", database="mariadb", broker="hardy", tuned=True),
    hardy("hardy-redis", "hardy, PostgreSQL and Redis", database="postgresql", broker="redis"),
    hardy(
        "hardy-rabbitmq", "hardy, PostgreSQL and RabbitMQ", database="postgresql", broker="rabbitmq",
        beside="stock-rabbitmq",
    ),
    stock(
        "stock-redis", "Celery, Redis, results in PostgreSQL", broker="redis",
        facts=_celery_on_redis("result"), known=AFTER_AN_HOUR,
    ),
    stock(
        "stock-rabbitmq", "Celery, RabbitMQ, results in PostgreSQL", broker="rabbitmq", beside="stock-rabbitmq",
        facts=_celery_on_rabbitmq("result"),
    ),
    stock(
        "stock-redis-ignored", "Celery, Redis, results ignored", broker="redis", records=False,
        facts=_celery_on_redis("nothing"), known=AFTER_AN_HOUR,
    ),
    stock(
        "stock-rabbitmq-ignored", "Celery, RabbitMQ, results ignored", broker="rabbitmq", records=False,
        beside="stock-rabbitmq", facts=_celery_on_rabbitmq("nothing"),
    ),
    Stack(
        "dramatiq", "Dramatiq, Redis", "dramatiq", "postgresql", "redis",
        Facts("no", "runs again after a minute", "nothing"), environment="dramatiq",
        command=("-m", "dramatiq", "benchmarks.peers.dramatiq", "--processes", "2", "--threads", "1"),
        known={"recovery": "60 (heartbeat timeout)"},
    ),
    Stack(
        "dramatiq-threads", "Dramatiq, Redis, 8 threads in each process", "dramatiq", "postgresql", "redis",
        Facts("no", "runs again after a minute", "nothing"), environment="dramatiq",
        command=("-m", "dramatiq", "benchmarks.peers.dramatiq", "--processes", "2", "--threads", "8"),
        known={"recovery": "60 (heartbeat timeout)"},
    ),
    Stack(
        "huey", "Huey, Redis", "huey", "postgresql", "redis",
        Facts("no", "lost", "nothing"), environment="huey", known=NEVER,
        command=("-m", "huey.bin.huey_consumer", "benchmarks.peers.huey.queue", "--quiet", "-w", "2", "-k", "process"),
    ),
    Stack(
        "rq", "RQ, Redis", "rq", "postgresql", "redis",
        Facts("no", "put among the failed", "result, for 500 s"), environment="rq", known=NEVER,
        command=("-m", "benchmarks.peers.rq"),
    ),
    Stack(
        "taskiq", "taskiq, Redis streams, threads", "taskiq", "postgresql", "redis",
        Facts("no", "runs again after ten minutes", "nothing"), environment="taskiq",
        command=("-m", "taskiq", "worker", "--workers=2", "--log-level=WARNING", "benchmarks.peers.taskiq:broker"),
        known={"recovery": "600 (idle timeout)"},
    ),
    Stack(
        "procrastinate", "Procrastinate, PostgreSQL", "procrastinate", "postgresql", "",
        Facts("yes", "stays; a task of one's own may retry it", "every job, no result"), environment="procrastinate",
        apps=("procrastinate.contrib.django",), command=("-m", "django", "procrastinate", "worker"), copies=2,
        known=NEVER,
    ),
    Stack(
        "django-tasks-db", "django-tasks-db, PostgreSQL", "django_tasks", "postgresql", "",
        Facts("yes", "stays running for ever", "result"), environment="django-tasks-db",
        apps=("django_tasks_db",), command=("-m", "django", "db_worker"), copies=2, known=NEVER,
    ),
    Stack(
        "django-q2", "django-q2, PostgreSQL", "django_q", "postgresql", "",
        Facts("yes", "runs again after `retry` (120 s here)", "result"), environment="django-q2",
        apps=("django_q",), command=("-m", "django", "qcluster"), known={"recovery": "120 (retry)"},
    ),
)  # fmt: skip
