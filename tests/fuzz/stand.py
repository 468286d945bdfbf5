"""One worker that is never restarted, what it is given, and what became of each piece."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import amqp

from tests.acceptance.depot import Depot
from tests.acceptance.processes import Process
from tests.brokers.brokers import RabbitMQ, Redis
from tests.fuzz.sending import as_text, changed
from tests.waiting import until

#: Good jobs after each batch, and the seconds in which all of them must have run.
GOOD = 5
DEADLINE = 30

#: An error of a sender that is about the message says so in these words; anything else would be taken for an outage.
NO_ANSWER = (
    "DataError",
    "DatabaseError",
    "InternalError",
    "OperationalError",
    "InterfaceError",
    "error",
    "RecursionError",
)


@dataclass
class Counts:
    """What was tried, and what became of it."""

    tried: int = 0
    refused: int = 0
    kept: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


class Stand:
    """A project with one worker."""

    def __init__(self, depot: Depot, worker: Process) -> None:
        self.depot = depot
        self.worker = worker
        self.counts = Counts()

    def send(self, inputs: list[tuple[str, str]], *, together: bool) -> None:
        """Send each; no refusal is the database's, and what was taken is in the ledger."""
        answers = self._run("send_all(inputs, together=together)", inputs=inputs, together=together)
        unclear = [
            (given, answer)
            for given, answer in zip(inputs, answers, strict=True)
            if answer["refused"] in NO_ANSWER
        ]
        assert not unclear, f"refused, and not for what is wrong with it: {unclear}"
        self._settle(inputs, answers)

    def insert(self, inputs: list[dict[str, Any]]) -> None:
        """Break a row with each."""
        self._settle(inputs, self._run("insert_all(inputs)", inputs=inputs))

    def deliver(self, inputs: list[dict[str, Any]]) -> None:
        """Put a message with each into the broker, as somebody else might; every one leaves a trace of its own."""
        before = self._all()
        ids = [self._put(given) for given in inputs]
        self.counts.tried += len(inputs)
        self.counts.kept += len(inputs)
        self._good_ones_run(inputs)
        until(
            lambda: self._all() - before >= len(inputs) + GOOD, seconds=DEADLINE,
            otherwise=lambda: f"{len(inputs) + GOOD - self._all() + before} left no trace:"
            f" {self._missing(inputs, ids)}",
        )  # fmt: skip
        self._nothing_hangs(inputs)

    # what must hold after each batch

    def _settle(self, inputs: list[Any], answers: list[dict[str, Any]]) -> None:
        self.counts.tried += len(inputs)
        self.counts.refused += sum(answer["refused"] is not None for answer in answers)
        jobs = [job for answer in answers for job in answer["jobs"]]
        self.counts.kept += len(jobs)
        self._good_ones_run(inputs)
        self._nothing_hangs(inputs)
        lost = set(jobs) - set(self._run("known(jobs)", jobs=jobs))
        guilty = [
            (given, answer)
            for given, answer in zip(inputs, answers, strict=True)
            if lost.intersection(answer["jobs"])
        ]
        assert not lost, f"lost without a letter: {guilty}"

    def _good_ones_run(self, inputs: list[Any]) -> None:
        good = [self.depot.send("record", "good") for _ in range(GOOD)]

        def have_run() -> bool:
            assert not self.worker.has_ended, f"the worker was killed by one of {inputs}"
            return int(self._run("succeeded(jobs)", jobs=good)) == GOOD

        until(have_run, seconds=DEADLINE, otherwise=lambda: f"good jobs were blocked by one of {inputs}")
        assert self.worker.log.count(" ready.") == 1

    def _nothing_hangs(self, inputs: list[Any]) -> None:
        queue = self.depot.queue
        until(
            lambda: not self._run("hanging(queue)", queue=queue), seconds=DEADLINE,
            otherwise=lambda: f"neither run nor set aside: {self._run('hanging(queue)', queue=queue)} of {inputs}",
        )  # fmt: skip
        if self.depot.broker is not None:
            until(lambda: self.depot.broker.waiting(queue) == 0, otherwise="messages are left in the broker")

    def _all(self) -> int:
        return int(self._run("everything()"))

    def _missing(self, inputs: list[Any], ids: list[str]) -> list[Any]:
        known = set(self._run("known(jobs)", jobs=ids))
        return [given for given, job in zip(inputs, ids, strict=True) if job not in known]

    def _run(self, source: str, **names: Any) -> Any:
        return self.depot.run(
            f"from tests.fuzz.sending import *\nfrom tests.fuzz.looking import *\n{source}", **names
        )

    # messages of others

    def _put(self, given: dict[str, Any]) -> str:
        job = str(uuid.uuid4())
        message = foreign(job, self.depot.queue)
        if isinstance(self.depot.broker, Redis):
            text = (
                as_text(unique(changed(message, given), job), given) if "text" not in given else given["text"]
            )
            self.depot.broker.client.lpush(self.depot.queue, text.encode("utf-8", "surrogatepass"))
        else:
            assert isinstance(self.depot.broker, RabbitMQ)
            put_on_rabbitmq(self.depot.broker.url, self.depot.queue, message, given, job)
        return job


def foreign(job: str, queue: str) -> dict[str, Any]:
    """A message as stock Celery sends it."""
    body = json.dumps([["foreign"], {}, {"callbacks": None, "errbacks": None}])
    return {
        "body": base64.b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {
            "lang": "py", "task": "depot.record", "id": job, "root_id": job, "parent_id": None, "group": None,
            "eta": None, "expires": None, "retries": 0, "timelimit": [None, None],
            "argsrepr": "('foreign',)", "kwargsrepr": "{}",
        },
        "properties": {
            "correlation_id": job, "reply_to": str(uuid.uuid4()), "delivery_mode": 2, "priority": 0,
            "body_encoding": "base64", "delivery_info": {"exchange": "", "routing_key": queue},
            "delivery_tag": str(uuid.uuid4()),
        },
    }  # fmt: skip


def unique(message: dict[str, Any], job: str) -> dict[str, Any]:
    """Two messages of one id are one job: an id that was changed stays one of its own, of whatever type."""
    headers = message.get("headers")
    if isinstance(headers, dict) and headers.get("id") not in (None, "", job):
        headers["id"] = made_unique(headers["id"], job)
    return message


def made_unique(value: Any, job: str) -> Any:
    number = int(job[:8], 16)
    if isinstance(value, bool | float):
        return number + 0.5
    if isinstance(value, int):
        return value + number
    if isinstance(value, str):
        return value + job
    return [value, job] if isinstance(value, list) else {**value, "number": job}


def put_on_rabbitmq(url: str, queue: str, message: dict[str, Any], given: dict[str, Any], job: str) -> None:
    """Publish as far as AMQP carries it: a change that it has no form for is left out."""
    parts = urlsplit(url)
    with amqp.Connection(
        f"{parts.hostname}:{parts.port or 5672}", parts.username or "guest", parts.password or "guest",
        virtual_host=parts.path[1:] or "/", confirm_publish=True,
    ) as connection:  # fmt: skip
        channel = connection.channel()
        for changes in (given.get("changes", []), []):
            broken = unique(changed(message, {**given, "changes": changes}), job)
            try:
                channel.basic_publish(amqp_message(broken, given), routing_key=queue)
            except Exception:  # noqa: S112 - AMQP has no form for it
                continue
            return


def amqp_message(message: dict[str, Any], given: dict[str, Any]) -> Any:
    properties = message.get("properties")
    properties = dict(properties) if isinstance(properties, dict) else {}
    is_binary = properties.pop("body_encoding", None) == "base64"
    body = given.get("text", message.get("body"))
    if is_binary and "text" not in given and isinstance(body, str):
        body = base64.b64decode(body)
    for mine in ("delivery_info", "delivery_tag"):
        properties.pop(mine, None)
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    headers = message.get("headers")
    return amqp.Message(
        body, application_headers=headers if isinstance(headers, dict) else {},
        content_type=message.get("content-type"), content_encoding=message.get("content-encoding"), **properties,
    )  # fmt: skip
