from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox_process import Sandbox, sandbox_process


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with sandbox_process() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """A sandbox that has been sent nothing and in which nothing fails."""
    everything = [
        "/mail/messages",
        "/crm/contacts",
        "/gateway/charges",
        "/supplier/inventory",
        "/carrier/shipments",
    ]
    for address in [*everything, "/sentry/events", "/faults"]:
        assert running_sandbox.call("DELETE", address).status == 200
    return running_sandbox
