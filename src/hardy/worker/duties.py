"""The ledger's duties: they keep rows moving when nothing else does."""

from __future__ import annotations

import logging
import math
import time
from datetime import timedelta

import celery
from celery.worker import state as celery_state

from hardy.broker import relay
from hardy.conf import settings
from hardy.db.dialect import ledger_connection
from hardy.db.leases import is_leader
from hardy.db.unanswered import cut_if_unanswered
from hardy.duty import Duty
from hardy.errors import BrokerAway
from hardy.ledger import identity, recovery, reserve, workers
from hardy.ledger.delivery import is_embedded
from hardy.ledger.finish import Claim
from hardy.ledger.models import Job
from hardy.transport import mailboxes
from hardy.worker.memory import resident_bytes
from hardy.worker.pulse import pulse
from hardy.worker.request import delivered
from hardy.worker.stopping import is_told_to_stop

logger = logging.getLogger(__name__)


class Heartbeat(Duty):
    """Renews this process's row, and gives back what the row holds but the process has forgotten."""

    def __init__(self, kind: str, queues: list[str]) -> None:
        self.every = settings.HEARTBEAT  # type: ignore[misc]
        self._kind, self._queues = kind, queues
        #: Every queue this process has read: what it holds is found there, without a look at all that waits.
        self._read = set(queues)
        self._missing: set[tuple[str, int]] = set()

    def tick(self) -> int:
        pulse.tried = time.monotonic()
        # Unanswered for so long, others may take what this process holds: it says so, and connects anew everywhere.
        timeout = settings.HEARTBEAT_TIMEOUT.total_seconds()
        with cut_if_unanswered(ledger_connection(), "this worker's heartbeat", timeout, tells=True):
            if not workers.beat(len(celery_state.active_requests), resident_bytes()):
                workers.register(self._kind, self._queues)
            pulse.beat = time.monotonic()
            return self._give_back_the_forgotten()

    def _give_back_the_forgotten(self) -> int:
        """A row seen twice that no request of Celery's stands for: its end could not be written."""
        if is_told_to_stop():
            return 0  # what runs may be ended with its worker; all of it goes back in one go, and no crash is counted
        self._read.update(celery.current_app.amqp.queues.consume_from)
        mine = Job.objects.filter(
            # Reserved or running, said as a range: SQLite's statistics take a list of states for the whole table.
            worker=identity.name(), state__gt=Job.State.QUEUED, queue__in=self._read
        )  # fmt: skip
        held = {(job, token): state for job, token, state in mine.values_list("id", "token", "state")}
        known, unended = delivered()
        missing = {
            (job, token)
            for (job, token), state in held.items()
            if job not in (unended if state == Job.State.RUNNING else known)
        }
        forgotten, self._missing = missing & self._missing, missing
        for job, token in forgotten:
            recovery.rescue(Claim(job, identity.name(), (token, token)))
        return len(forgotten)


class Promote(Duty):
    """Lets held jobs start whose time has come: queued where the ledger is the broker, else by publishing them."""

    every = timedelta(milliseconds=250)

    def tick(self) -> int:
        return reserve.promote() if is_embedded() else self._relay()

    def _relay(self) -> int:
        if not is_leader(relay.LEASE, identity.name()):
            return 0
        try:
            return relay.relay(celery.current_app)
        except BrokerAway as error:
            logger.warning("The broker is away (%s); held jobs wait for it", error)
            return 0


class FindLost(Duty):
    """Publishes again what the broker lost: wiped, failed over, or popped and dropped."""

    every = timedelta(seconds=5)
    leader_only = True

    def tick(self) -> int:
        if is_embedded():
            return 0
        try:
            return relay.find_lost(celery.current_app)
        except BrokerAway as error:
            logger.warning("The broker is away (%s); what it lost is looked for later", error)
            return 0


class Recover(Duty):
    """Gives back what dead and silent workers hold.

    Only who has watched for a whole heartbeat timeout may call a worker silent: when a database comes back from an
    outage, every heartbeat in it is old, and nobody is dead.
    """

    every = timedelta(seconds=1)
    #: A longer pause than this between two ticks means that the database, or this process, was away.
    blink = timedelta(seconds=4)

    def __init__(self) -> None:
        self._watching_since = self._watched_until = -math.inf

    def tick(self) -> int:
        now = time.monotonic()
        if now - self._watched_until > self.blink.total_seconds():
            self._watching_since = now
        given_back = recovery.reap_dead_neighbours()
        if now - self._watching_since >= settings.HEARTBEAT_TIMEOUT.total_seconds():
            given_back += recovery.reap_silent_workers()
        self._watched_until = time.monotonic()
        return given_back


class ReclaimOrphans(Duty):
    """Gives back what is held by workers that are not there any more, nor their rows."""

    every = timedelta(seconds=10)
    leader_only = True

    def tick(self) -> int:
        return recovery.reclaim_orphans()


class Sweep(Duty):
    """Drops mailboxes that nobody reads any more."""

    every = timedelta(seconds=30)
    leader_only = True

    def tick(self) -> int:
        return mailboxes.sweep(ledger_connection(), settings.MAILBOX_EXPIRY.total_seconds())
