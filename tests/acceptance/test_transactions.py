"""A task belongs to the transaction that asks for it."""

from __future__ import annotations

from tests.acceptance.depot import Depot
from tests.acceptance.everywhere import everywhere, on_servers

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

#: Whoever sends behind an open transaction is served before it: the worker has looked, and has passed over its task.
SENT_LATER_AND_DONE = """
from threading import Thread
from tests.waiting import until

def send_outside():
    tasks.record.delay("outside")
    connection.close()

with transaction.atomic():
    tasks.record.delay("inside")
    other = Thread(target=send_outside)
    other.start()
    until(models.Effect.objects.filter(name="outside").exists)
    other.join()
    done_inside = models.Effect.objects.filter(name="inside").count()
done_inside
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


@on_servers
def test_what_is_asked_inside_a_transaction_does_not_start_before_its_commit(depot: Depot) -> None:
    depot.worker()

    assert depot.run(SENT_LATER_AND_DONE) == 0
    depot.wait_for_effect("inside")
