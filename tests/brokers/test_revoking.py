"""Telling workers something, and revoking: with the broker away nobody waits, and what was revoked never runs."""

from __future__ import annotations

import pytest

from tests.acceptance.depot import Depot
from tests.brokers.proxy import Proxy
from tests.waiting import until

GO_AWAY = {"black-holed": Proxy.black_hole, "stopped": Proxy.stop}

#: Calls something of `app.control` and tells what it raised, and whether that took longer than a request may wait.
CALL = """
import time
began = time.monotonic()
try:
    said = call(app.control)
except Exception as error:
    said = f"{type(error).__name__}: {error}"
[said, time.monotonic() - began < 10]
"""


@pytest.mark.parametrize("how", GO_AWAY)
def test_with_the_broker_away_control_answers_soon_and_says_what_is_wrong(
    proxied: tuple[Depot, Proxy], how: str
) -> None:
    depot, proxy = proxied
    depot.worker()
    assert depot.run("app.control.ping(timeout=5, limit=1)") == [{f"one@{depot.host}": {"ok": "pong"}}]
    job = depot.send("record", "revoked", countdown=3600)
    GO_AWAY[how](proxy)

    ping = depot.run(f"call = lambda control: control.ping(timeout=0.5)\n{CALL}")
    waiting = depot.run(f"call = lambda control: control.revoke(job)\n{CALL}", job=job)
    unknown = depot.run(f"call = lambda control: control.revoke('nobody')\n{CALL}")

    assert ping[0].startswith("BrokerAway: The workers were not told to ping: ")
    assert unknown[0].startswith("BrokerAway: The workers were not told to revoke: ")
    assert waiting[0] is None
    assert ping[1] and waiting[1] and unknown[1]
    assert depot.outcomes(job) == ["cancelled"]
    assert depot.result(job)[0] == "REVOKED"

    proxy.heal()
    until(
        lambda: depot.run("app.control.ping(timeout=2, limit=1)") == [{f"one@{depot.host}": {"ok": "pong"}}],
        otherwise="the workers do not hear again",
    )


def test_a_revoked_task_never_runs_whatever_is_restarted_or_wiped(plant: Depot) -> None:
    path = plant.folder / "go"
    first = plant.worker("--concurrency=1", name="first")
    blocking = plant.send("wait_for", str(path), "blocking")
    plant.wait_for_effect("begun", blocking)
    # Of these, one or two are with the worker already; the others wait in the broker.
    jobs = [plant.send("record", "revoked") for _ in range(6)]
    until(lambda: plant.jobs(state="queued") == 6, otherwise="the broker was not told")

    plant.run("app.control.revoke(jobs)", jobs=jobs)
    first.kill()
    plant.broker.lose(plant.queue)
    path.touch()
    plant.worker(name="second")

    plant.wait_until_over(blocking, plant.send("record", "the next"), *jobs)
    assert plant.count("revoked") == 0
    assert [plant.outcomes(job) for job in jobs] == [["cancelled"]] * 6
    assert plant.result(jobs[0])[0] == "REVOKED"
