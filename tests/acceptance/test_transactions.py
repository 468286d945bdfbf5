"""A task belongs to the transaction that asks for it."""

from __future__ import annotations

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import everywhere

ROLLED_BACK = """
class Rollback(Exception): pass
try:
    with transaction.atomic():
        models.Effect.objects.create(name="asked", pid=0)
        tasks.record.delay("never")
        raise Rollback
except Rollback:
    pass
"""
NESTED = """
class Rollback(Exception): pass
with transaction.atomic():
    tasks.record.delay("outer")
    try:
        with transaction.atomic():
            tasks.record.delay("inner")
            raise Rollback
    except Rollback:
        pass
"""


@everywhere
def test_a_rollback_sends_nothing_and_a_commit_sends(depot: Depot) -> None:
    depot.worker()

    depot.run(ROLLED_BACK)
    depot.run("with transaction.atomic(): tasks.record.delay('committed')")
    depot.wait_for_effect("committed")
    depot.wait_until_empty()

    assert depot.count("never") == 0
    assert depot.count("asked") == 0
    assert depot.run("ledger.Run.objects.count()") == 1


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_tasks_with_it(depot: Depot) -> None:
    depot.worker()

    depot.run(NESTED)
    depot.wait_for_effect("outer")
    depot.wait_until_empty()

    assert depot.count("inner") == 0


def test_what_is_asked_inside_a_transaction_does_not_start_before_its_commit(depot: Depot) -> None:
    depot.worker()

    waited = depot.run(
        """
import time
with transaction.atomic():
    job = tasks.record.delay("inside")
    time.sleep(1)
    done_inside = models.Effect.objects.filter(name="inside").count()
done_inside
"""
    )

    assert waited == 0
    depot.wait_for_effect("inside")
