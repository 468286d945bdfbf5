"""The vendor sandbox as a process of its own on free ports, for every test that talks to vendors."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.waiting import until

SHOP = Path(__file__).resolve().parents[2] / "shop"
READY = re.compile(rb"ready on (http://[^/]+:\d+)/ and smtp://[^:]+:(\d+)")


@dataclass(frozen=True)
class Answer:
    """What a vendor answered."""

    status: int
    body: Any
    headers: dict[str, str]


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: where it listens, and what it was sent."""

    http_url: str
    smtp_port: int
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    @property
    def said(self) -> str:
        """What it has written so far."""
        return os.pread(self.log.fileno(), 1 << 20, 0).decode()

    @property
    def http_port(self) -> int:
        return int(self.http_url.rsplit(":", 1)[1])

    def call(
        self, method: str, path: str, body: Any = None, *, timeout: float = 10, **headers: str
    ) -> Answer:
        """Send JSON and return the answer, errors too; header names are written with underscores."""
        request = urllib.request.Request(
            self.http_url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return _answer(response.status, response)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return _answer(refusal.code, refusal)
        except urllib.error.URLError as failure:
            # urllib wraps what breaks while it sends, and does not what breaks while it reads.
            raise failure.reason if isinstance(failure.reason, OSError) else failure from None

    def mail_to(self, address: str) -> list[dict[str, Any]]:
        """The messages to the address, newest first."""
        messages: list[dict[str, Any]] = self.call(
            "GET", f"/mail/messages?to={urllib.parse.quote(address)}"
        ).body
        return messages

    def wait_for_mail_to(self, address: str, *, within_seconds: float = 30) -> dict[str, Any]:
        """The newest message to the address, once there is one."""
        messages = until(
            lambda: self.mail_to(address), seconds=within_seconds, otherwise=f"no mail to {address}"
        )
        return messages[0]

    def break_vendors(self, **faults: Any) -> None:
        """Set faults, such as `crm={"status": 429, "retry_after": 2, "times": 3}`."""
        answer = self.call("PUT", "/faults", faults)
        assert answer.status == 200, answer.body


def _answer(status: int, response: Any) -> Answer:
    content = response.read()
    is_json = response.headers.get_content_type() == "application/json"
    return Answer(status, json.loads(content) if is_json else content.decode(), dict(response.headers))


@contextmanager
def sandbox_process(
    data: Path | None = None, *options: str, port: int = 0, smtp_port: int = 0
) -> Iterator[Sandbox]:
    """Start the sandbox, wait until it serves, and stop it at the end; port 0 takes a free one."""
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--smtp-port", str(smtp_port), *options]
    if data is not None:
        command += ["--data", str(data)]
    environment = {**os.environ, "PYTHONPATH": str(SHOP), "PYTHONUNBUFFERED": "1"}
    # A file and not a pipe: nobody reads on while a test runs, and a full pipe would stop the sandbox.
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            yield Sandbox(*_addresses(process, log), process, log)
        finally:
            _stop(process)


def _addresses(process: subprocess.Popen[bytes], log: IO[bytes]) -> tuple[str, int]:
    """The addresses in the line that the sandbox says once it listens."""

    def ready() -> re.Match[bytes] | None:
        said = os.pread(log.fileno(), 65536, 0)
        assert process.poll() is None, f"the sandbox ended at once: {said.decode()}"
        return READY.search(said)

    match = until(ready, otherwise="the sandbox does not say that it is ready")
    assert match is not None
    return match[1].decode(), int(match[2])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
