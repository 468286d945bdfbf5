"""One fault has one fingerprint: whatever it is about, however often, at whatever line."""

from __future__ import annotations

import json

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from hardy.ledger.failure import fingerprint_of
from hardy.ledger.fingerprint import fingerprint_of_kind, without_what_varies


class CardDeclined(Exception):
    pass


def charge(said: str, depth: int = 0) -> None:
    if depth:
        charge(said, depth - 1)
    raise CardDeclined(said)


def refund(said: str) -> None:
    raise CardDeclined(said)


def refund_further_down(said: str) -> None:
    if said:
        json.loads("{}")
    raise CardDeclined(said)


def parse(text: str) -> None:
    json.loads(text)


def raised_by(call, *args) -> Exception:
    with pytest.raises(Exception) as caught:
        call(*args)
    return caught.value


def fault(call, *args, task: str = "orders.charge") -> str:
    return fingerprint_of(raised_by(call, *args), task=task)


def test_what_an_error_is_about_makes_no_other_fault():
    assert fault(charge, "order 7 of 'ada@example.com'") == fault(charge, "order 8 of 'bob@example.com'")
    assert len(fault(charge, "order 7")) == 16


def test_what_an_error_says_does():
    assert fault(charge, "insufficient funds") != fault(charge, "the card has expired")


def test_the_type_the_place_and_the_task_do():
    faults = {
        fault(charge, "declined"),
        fault(refund, "declined"),
        fault(charge, "declined", task="orders.refund"),
        fingerprint_of(ValueError("declined"), task="orders.charge"),
    }

    assert len(faults) == 4


def test_functions_of_libraries_and_the_depth_of_a_recursion_do_not():
    short, deep = raised_by(parse, "{"), raised_by(parse, "[" + "[1," * 50)
    assert type(short) is type(deep) is json.JSONDecodeError

    assert fault(charge, "declined", 1) == fault(charge, "declined", 40)
    library_alone = [raised_by(json.loads, "{"), raised_by(json.loads, "{ ")]
    assert len({fingerprint_of(error, task="orders.charge") for error in library_alone}) == 1


@pytest.mark.parametrize("kind", [SoftTimeLimitExceeded, MemoryError])
def test_of_what_strikes_anywhere_the_place_does_not(kind):
    def early():
        raise kind

    def late():
        raise kind

    assert fault(early) == fault(late)
    assert fault(early) != fault(late, task="orders.refund")


def test_line_numbers_are_no_part_of_it():
    code = "def body():\n    raise ValueError('odd')\n"
    prints = set()
    for before in ("", "# a comment\n" * 9):
        scope = {"__name__": "orders.tasks"}
        exec(compile(before + code, "/srv/shop/orders/tasks.py", "exec"), scope)  # noqa: S102
        prints.add(fault(scope["body"]))

    assert len(prints) == 1


def test_a_crash_has_one_too_and_each_task_its_own():
    assert fingerprint_of_kind("Lost", task="a") == fingerprint_of_kind("Lost", task="a")
    assert fingerprint_of_kind("Lost", task="a") != fingerprint_of_kind("Lost", task="b")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("order 42 of 7 is late", "order * of * is late"),
        ("no order 7f0c9a2e-1111-4b5e-9a0b-0123456789ab", "no order *"),
        ("<Order object at 0x7f3a2b>", "<Order object at *>"),
        ("cannot reach 10.0.0.7:5432", "cannot reach *"),
        ("404 for url: https://pay.example.com/v1/charges?id=7", "* for url: *"),
        ("mail to ada.lovelace+shop@example.com bounced", "mail to * bounced"),
        ("No such file: /srv/media/a/b.pdf", "No such file: *"),
        ("unknown country 'Atlantis' or \"Lemuria\"", "unknown country * or *"),
        ("don't ask, it isn't there", "don't ask, it isn't there"),
        ("took 1.5e3 s since 2026-11-28T09:00:00Z", "took * s since *"),
        ("\n\nfirst line\nKey (email)=(ada) exists", "first line"),
        ("", ""),
        ("lone \ud800 surrogate", "lone \ud800 surrogate"),
    ],
)
def test_numbers_ids_addresses_and_quotations_vary(text, kept):
    assert without_what_varies(text) == kept


def test_any_text_has_a_fingerprint():
    for text in ("'" * 100_000, "a1" * 100_000, "/" * 100_000, "\x00\ud800", "é" * 5000):
        assert len(fingerprint_of(ValueError(text), task="orders.\ud800")) == 16
