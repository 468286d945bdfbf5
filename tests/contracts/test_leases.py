from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.db.clock import seconds_from_now
from hardy.db.leases import is_leader, is_led, resign
from hardy.ledger.models import Lease
from tests.contracts.databases import ALIAS
from tests.contracts.rows import at_once, present

pytestmark = pytest.mark.usefixtures("app")


def expire(name: str) -> None:
    assert Lease.objects.using(ALIAS).filter(name=name).update(expires_at=seconds_from_now(-1))


def test_the_first_to_ask_leads_and_goes_on_leading():
    assert is_leader("Sweep", "one") is True
    assert is_leader("Sweep", "two") is False
    assert is_leader("Sweep", "one") is True


def test_each_name_has_a_leader_of_its_own():
    assert is_leader("Sweep", "one")
    assert is_leader("Prune", "two")
    assert is_leader("sweep", "two")


def test_a_lease_lasts_as_long_as_the_setting_says(settings):
    settings.HARDY = {**settings.HARDY, "LEASE": timedelta(seconds=30)}

    is_leader("Sweep", "one")

    left = Lease.objects.using(ALIAS).get().expires_at - present()
    assert left == pytest.approx(timedelta(seconds=30), abs=timedelta(seconds=10))


def test_a_lease_that_was_not_renewed_goes_to_who_asks_next():
    is_leader("Sweep", "one")
    expire("Sweep")

    assert is_leader("Sweep", "two") is True
    assert is_leader("Sweep", "one") is False


def test_who_resigns_is_followed_at_once_and_keeps_nothing():
    is_leader("Sweep", "one")
    is_leader("Prune", "one")
    is_leader("Other", "two")

    resign("one")

    assert is_leader("Sweep", "two")
    assert is_leader("Prune", "three")
    assert not is_leader("Other", "three")


@pytest.mark.parametrize("before", ["nobody has asked", "a lease has ended"])
def test_of_many_who_ask_at_once_one_leads(before):
    if before == "a lease has ended":
        is_leader("Sweep", "old")
        expire("Sweep")

    answers = at_once(*[lambda name=name: is_leader("Sweep", name) for name in ("a", "b", "c", "d")])

    assert sorted(answers) == [False, False, False, True]


def test_a_name_is_led_while_its_lease_lasts_and_its_holder_has_not_resigned():
    assert not is_led("Sweep")
    is_leader("Sweep", "one")
    assert is_led("Sweep")

    expire("Sweep")
    assert not is_led("Sweep")

    is_leader("Sweep", "two")
    resign("two")
    assert not is_led("Sweep")
