"""The keys of ``HARDY``: type, sentence and default of each. docs/reference/settings.md is the same table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

from hardy.conf.alert import bad_alert
from hardy.conf.base import BaseSettings, did_you_mean
from hardy.conf.objectives import bad_objectives
from hardy.conf.retention import bad_retention

#: A worker may miss two heartbeats (a slow database, a paused container) before it is reaped.
HEARTBEATS_BEFORE_TIMEOUT = 3

NO_TIME = timedelta(0)
#: What ``RECORD`` may name.
RECORDED = ("arguments", "tags", "cpu", "memory", "queries")
#: Characters of a signing key: fewer can be guessed.
SHORTEST_KEY = 32


class Settings(BaseSettings):
    """What a project may write in ``HARDY = {...}``; everything has a default."""

    DATABASE: Annotated[str, "The alias in `DATABASES` that holds the ledger."] = "default"
    POLICIES: Annotated[
        list[str],
        "The policies around sending and running every task, as dotted paths, outermost first.",
    ] = ["hardy.worker.policy.Ledger"]
    DUTIES: Annotated[
        list[str],
        "The periodic duties that every worker and beat process takes part in, as dotted paths.",
    ] = [
        "hardy.worker.duties.Promote",
        "hardy.worker.duties.FindLost",
        "hardy.broker.acknowledgement.RestoreLeftBehind",
        "hardy.worker.duties.Recover",
        "hardy.worker.duties.ReclaimOrphans",
        "hardy.worker.duties.Sweep",
        "hardy.records.duties.Prune",
        "hardy.django_tasks.duties.PruneCalls",
        "hardy.dead_letters.duties.WatchGrowth",
        "hardy.dead_letters.duties.ForgetDecisions",
        "hardy.telemetry.duties.WatchObjectives",
    ]
    HEARTBEAT: Annotated[
        timedelta,
        "How often a worker says in its row that it is alive.",
    ] = timedelta(seconds=2)
    HEARTBEAT_TIMEOUT: Annotated[
        timedelta,
        "A worker silent this long is reaped and its jobs go back to the queue; at least three heartbeats.",
    ] = timedelta(seconds=10)
    BUSY_TIMEOUT: Annotated[
        timedelta,
        "How long workers of the same machine spare a silent one whose process runs: a task may hold up its threads.",
    ] = timedelta(minutes=2)
    CRASH_CAP: Annotated[
        int,
        "How often a job may take its worker down before it becomes a dead letter; at least 1.",
    ] = 3
    UNKNOWN_TASK_GRACE: Annotated[
        timedelta,
        "How long a job waits for a worker that knows its task and takes its arguments; then it is a dead letter.",
    ] = timedelta(minutes=10)
    POLL: Annotated[
        timedelta,
        "How often a worker looks for new jobs on a database that cannot notify it.",
    ] = timedelta(milliseconds=50)
    MAX_MESSAGE_BYTES: Annotated[
        int,
        "Longest message of a task, in bytes of its serialised arguments; a longer one is refused where it is sent.",
    ] = 64 * 1024 * 1024
    KEEP_CONNECTIONS: Annotated[
        bool,
        "Workers keep database connections from task to task; `False`: they follow `CONN_MAX_AGE`, as requests do.",
    ] = True
    RUN_RETENTION: Annotated[
        dict[str, timedelta],
        "How long finished runs are kept, per outcome; an outcome left out keeps its default.",
    ] = {
        "succeeded": timedelta(days=7),
        "retried": timedelta(days=7),
        "snoozed": timedelta(days=1),
        "failed": timedelta(days=30),
        "cancelled": timedelta(days=7),
        "lost": timedelta(days=30),
        "ignored": timedelta(days=7),
        "rejected": timedelta(days=30),
        "replaced": timedelta(days=7),
    }
    TASK_RETENTION: Annotated[
        dict[str, Any],
        "The same for single tasks, or for all whose names begin alike (`mail.*`): a timedelta, or one per outcome.",
    ] = {}
    RECORD: Annotated[
        list[str],
        "What runs keep beside outcome and times: `arguments`, `tags`, `cpu`, `memory`, `queries`; `[]` is none.",
    ] = list(RECORDED)
    REDACT: Annotated[
        list[str],
        "Parts of parameters' names whose values no run keeps; `hardy.Redacted` marks a single parameter.",
    ] = [
        *("password", "passwd", "passphrase", "secret", "token", "api_key", "private_key", "authorization"),
        *("credential", "cookie", "session_key", "card", "cvv", "cvc", "iban", "ssn"),
    ]
    RELEASE: Annotated[
        str | None,
        "The code that runs, as runs name it: a version or a commit; `None` is the release that Sentry's SDK has.",
    ] = None
    DEAD_RETENTION: Annotated[
        timedelta | None,
        "How long dead letters are kept; `None` keeps them until a person discards them.",
    ] = timedelta(days=180)
    DEAD_ALERT: Annotated[
        dict[str, Any] | None,
        "Who hears of dead letters that pile up: `threshold`, `window`, `mail`, `webhook`, `slack`; `None` is nobody.",
    ] = None
    OBJECTIVES: Annotated[
        dict[str, str],
        "How soon jobs shall be done, by queue or task: `{'checkout': '5s p99'}` is 99 % within 5 seconds.",
    ] = {}
    OBJECTIVE_ALERT: Annotated[
        dict[str, Any] | None,
        "Who is told that an objective is missed, and met again: `mail`, `webhook`, `slack`; `None` is nobody.",
    ] = None
    MAILBOX_EXPIRY: Annotated[
        timedelta,
        "How long the mailbox of a process that stopped reading (`inspect`, Flower) is kept.",
    ] = timedelta(minutes=5)
    SIGNING_KEY: Annotated[
        str | None,
        "Messages are signed with this secret, and one that is not becomes a dead letter; `None` signs none.",
    ] = None
    SIGNING_KEY_FALLBACKS: Annotated[
        list[str],
        "Earlier signing keys, whose signatures still count while the key is being changed.",
    ] = []
    LEASE: Annotated[
        timedelta,
        "How long a process leads without renewing its lease; then another takes over.",
    ] = timedelta(seconds=6)
    METRICS_TOKEN: Annotated[
        str | None,
        "What Prometheus shows as a bearer token to read `/metrics`; `None`: only staff who may view jobs read it.",
    ] = None
    METRICS_PORT: Annotated[
        int | None,
        "The port on which each worker serves its own metrics; `None`: it serves none, and measures nothing.",
    ] = None
    OTEL_METRICS: Annotated[
        bool,
        "Each worker exports its metrics by OpenTelemetry's protocol, to where `OTEL_EXPORTER_OTLP_ENDPOINT` says.",
    ] = False
    HEALTH_PORT: Annotated[
        int | None,
        "The port on which each worker answers `/live`, `/ready` and `/startup`; may be that of the metrics.",
    ] = None
    HEALTH_FILE: Annotated[
        str | None,
        "The file in which each worker and beat process says how it is, for `hardy-probe`; `{name}` is its node name.",
    ] = None
    LISTEN_ON: Annotated[
        str,
        "The address on which workers open these ports; `::` is every one of IPv6 and IPv4.",
    ] = "0.0.0.0"  # noqa: S104 - ports are off by default, and are for a scraper on another machine
    UP: Annotated[
        dict[str, Any],
        "What `manage.py hardy up` starts in addition to web, worker and beat, or instead of them: name and process.",
    ] = {}
    UP_PREPARE: Annotated[
        list[str],
        "The management commands that `manage.py hardy up` runs first, in this order.",
    ] = []

    def value(self, name: str, given: Mapping[str, Any]) -> Any:
        if name == "RUN_RETENTION":
            return {**self.default(name), **given.get(name, {})}
        return super().value(name, given)

    def rules(self, name: str, value: Any, given: Mapping[str, Any]) -> Iterator[str]:
        if isinstance(value, timedelta) and value <= NO_TIME:
            yield f"HARDY[{name!r}] must be positive, not {value!r}."
        elif name == "MAX_MESSAGE_BYTES" and value < 1:
            yield f"HARDY['MAX_MESSAGE_BYTES'] must be positive, not {value}: no message would be short enough."
        elif name == "CRASH_CAP" and value < 1:
            yield f"HARDY['CRASH_CAP'] must be at least 1, not {value}: every job has to start once."
        elif name == "SIGNING_KEY" and value is not None:
            yield from self._short_keys(name, [value])
        elif name == "SIGNING_KEY_FALLBACKS":
            yield from self._short_keys(name, value)
        elif name == "METRICS_TOKEN" and value is not None:
            yield from self._short_keys(name, [value])
        elif name in ("METRICS_PORT", "HEALTH_PORT") and value is not None and not 0 < value < 65_536:
            yield f"HARDY[{name!r}] must be a port, from 1 to 65535, not {value}."
        elif name == "RUN_RETENTION":
            yield from self._bad_outcomes(value)
        elif name == "TASK_RETENTION":
            yield from bad_retention(value, self.default("RUN_RETENTION"))
        elif name == "RECORD":
            for one in value:
                if one not in RECORDED:
                    yield f"HARDY['RECORD'] has {one!r}, which no run keeps.{did_you_mean(one, RECORDED)}"
        elif name in ("DEAD_ALERT", "OBJECTIVE_ALERT") and value is not None:
            yield from bad_alert(name, value)
        elif name == "OBJECTIVES":
            yield from bad_objectives(value)
        elif name in ("HEARTBEAT_TIMEOUT", "HEARTBEAT"):
            yield from self._hasty_timeout(given)

    def _short_keys(self, name: str, keys: Sequence[str]) -> Iterator[str]:
        """An empty fallback, from a variable that is not set, would let everybody sign."""
        for key in keys:
            if len(key) < SHORTEST_KEY:
                yield (
                    f"A key in HARDY[{name!r}] must have at least {SHORTEST_KEY} characters, not {len(key)}; make one"
                    ' with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
                )

    def _bad_outcomes(self, retention: Mapping[str, timedelta]) -> Iterator[str]:
        outcomes = self.default("RUN_RETENTION")
        for outcome, period in retention.items():
            where = f"HARDY['RUN_RETENTION'][{outcome!r}]"
            if outcome not in outcomes:
                yield f"{where} is no outcome of a run.{did_you_mean(outcome, outcomes)}"
            elif period <= NO_TIME:
                yield f"{where} must be positive, not {period!r}."

    def _hasty_timeout(self, given: Mapping[str, Any]) -> Iterator[str]:
        heartbeat, timeout = self.value("HEARTBEAT", given), self.value("HEARTBEAT_TIMEOUT", given)
        if not isinstance(heartbeat, timedelta) or not isinstance(timeout, timedelta):
            return  # the one of the wrong type is refused by name
        least = HEARTBEATS_BEFORE_TIMEOUT * heartbeat
        if timeout < least:
            yield (
                f"HARDY['HEARTBEAT_TIMEOUT'] must be at least {HEARTBEATS_BEFORE_TIMEOUT} times HARDY['HEARTBEAT'], "
                f"or live workers are reaped: make it {least!r} or more, not {timeout!r}."
            )
