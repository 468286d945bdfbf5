from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.db.clock import seconds_from_now
from hardy.dead_letters.queries import Filter, kinds
from tests.dead_letters.letters import died, letters, raised


def test_a_filter_that_says_nothing_is_false():
    assert not Filter()
    assert not Filter(ids=[])
    assert Filter(task="orders.place")
    assert Filter(newer=timedelta(hours=1))


@pytest.fixture
def three(app):
    """An order, a mail and a report that died, each of something else."""
    order = died(
        "orders.place", (7,), {"customer": 'Zoë "Z" O\'Hara'}, error=KeyError("order"), queue="high_priority"
    )
    mail = died("mails.send", (700,), error=TimeoutError("no answer_here"), reason="timed out")
    report = died("mails.digest", (), {"note": r"100% of C:\temp"}, error=ValueError("odd"))
    return {"order": order, "mail": mail, "report": report}


FOUND = [
    ({"task": "orders.place"}, ["order"]),
    ({"task": "mails.*"}, ["mail", "report"]),
    ({"task": "mails"}, []),
    ({"error": "timeout"}, ["mail"]),
    ({"error": "ODD"}, ["report"]),
    ({"error": "answer_"}, ["mail"]),
    ({"error": "answer%"}, []),
    ({"reason": "timed out"}, ["mail"]),
    ({"queue": "high_priority"}, ["order"]),
    ({"text": "700"}, ["mail"]),
    ({"text": "zoë"}, ["order"]),
    ({"text": "ZOË"}, []),  # JSON writes Ë as \u00cb, and no database knows that ë is the same letter
    ({"text": "hara"}, ["order"]),
    ({"text": '"Z" O'}, ["order"]),
    ({"text": "100% of"}, ["report"]),
    ({"text": r"C:\temp"}, ["report"]),
    ({"text": "C_temp"}, []),
    ({"text": "lang"}, []),
    ({"text": "mails.send"}, []),
    ({"task": "mails.*", "error": "odd"}, ["report"]),
    ({"older": timedelta(hours=1)}, []),
    ({"newer": timedelta(hours=1)}, ["mail", "order", "report"]),
    ({"ids": ["0"]}, []),
]


@pytest.mark.parametrize(("words", "names"), FOUND)
def test_letters_are_found_by_what_they_say(three, words, names):
    found = set(Filter(**words).letters())

    assert found == {three[name] for name in names}


def test_letters_are_found_by_their_number_and_by_their_job(three):
    order, mail = three["order"], three["mail"]

    assert set(Filter(ids=[str(order.pk), mail.job, "9" * 40]).letters()) == {order, mail}


def test_letters_are_found_by_their_fingerprint(three):
    assert list(Filter(fingerprint=three["mail"].fingerprint).letters()) == [three["mail"]]


def test_letters_are_found_by_their_age(three):
    letters().filter(pk=three["order"].pk).update(died_at=seconds_from_now(-7200))

    assert list(Filter(older=timedelta(hours=1)).letters()) == [three["order"]]
    assert set(Filter(newer=timedelta(hours=1)).letters()) == {three["mail"], three["report"]}
    assert list(Filter(older=timedelta(hours=1), newer=timedelta(hours=3)).letters()) == [three["order"]]


@pytest.mark.usefixtures("app")
def test_letters_of_one_kind_are_counted_together():
    for number in range(3):
        died("orders.place", (number,), error=raised(KeyError(number)))
    died("orders.place", error=raised(ValueError("odd")))

    most, least = kinds(letters())

    assert (most.task, most.error_type, most.letters) == ("orders.place", "KeyError", 3)
    assert (least.error_type, least.letters) == ("ValueError", 1)
    assert most.first <= most.last
    assert kinds(letters(), limit=1) == [most]
