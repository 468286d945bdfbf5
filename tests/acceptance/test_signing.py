"""With a signing key, a row that was written or changed behind the project's back does not run."""

from __future__ import annotations

import pytest

from tests.acceptance.depot import Depot, hardy
from tests.acceptance.everywhere import everywhere

TAMPER = """
row = ledger.Job.objects.get(id=job)
ledger.Job.objects.filter(id=job).update(message=row.message.replace("honest", "forged"))
"""
BY_HAND = """
row = ledger.Job.objects.get(id=job)
row.id, row.message = "by-hand", row.message.replace(job, "by-hand")
row.save(force_insert=True)
"""


@everywhere
def test_a_row_that_was_changed_or_written_by_hand_is_a_dead_letter_and_its_neighbours_run(
    depot: Depot,
) -> None:
    depot.environment["DEPOT_HARDY"] = hardy(SIGNING_KEY="k" * 40)
    changed = depot.send("record", "honest")
    copied = depot.send("record", "copied")
    good = [depot.send("record", f"good {number}") for number in range(5)]
    depot.run(TAMPER, job=changed)
    depot.run(BY_HAND, job=copied)

    worker = depot.worker()

    depot.wait_until_empty()
    assert (depot.letter(changed) or {})["reason"] == (depot.letter("by-hand") or {})["reason"] == "unsigned"
    assert depot.count("honest") == depot.count("forged") == 0
    assert depot.count("copied") == 1
    assert {depot.outcomes(job)[-1] for job in good} == {"succeeded"}
    assert not worker.has_ended


@pytest.mark.parametrize("depot", ["sqlite"], indirect=True)
def test_the_key_is_changed_while_jobs_wait(depot: Depot) -> None:
    depot.environment["DEPOT_HARDY"] = hardy(SIGNING_KEY="old" * 20)
    waiting = depot.send("record", "signed with the old key")

    depot.worker(DEPOT_HARDY=hardy(SIGNING_KEY="new" * 20, SIGNING_KEY_FALLBACKS=["old" * 20]))

    depot.wait_until_over(waiting)
    assert depot.outcomes(waiting) == ["succeeded"]
