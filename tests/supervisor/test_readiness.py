"""When everything is up, and who is not."""

from __future__ import annotations

import socket

from hardy.supervisor import readiness
from hardy.supervisor.processes import Process
from hardy.supervisor.readiness import Readiness


def test_a_process_that_says_when_it_is_up_is_waited_for():
    awaited = Readiness(
        [Process(name="worker", command=[], ready=" ready."), Process(name="beat", command=[])]
    )

    assert not awaited.is_over
    awaited.hear("beat", "celery@here ready.")
    awaited.hear("worker", "Connected to hardy://")
    assert awaited.missing == ["worker"]

    awaited.hear("worker", "celery@here ready.")
    assert awaited.is_over
    assert awaited.missing == []


def test_a_port_is_waited_for():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        awaited = Readiness([Process(name="web", command=[], ports={"--port": port})])
        assert not awaited.is_over

        server.listen()

        assert awaited.is_over


def test_words_are_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", -1.0)
    awaited = Readiness([Process(name="worker", command=[], ready=" ready.")])

    assert awaited.is_over
    assert awaited.missing == ["worker"]
