from __future__ import annotations

import pytest

from hardy.ledger.failure import LONGEST, failed, name_of, printable, succeeded


class CardDeclined(Exception):
    pass


def charge(order: int) -> None:
    raise CardDeclined(f"order {order}")


def raised_by(call, *args) -> Exception:
    with pytest.raises(CardDeclined) as caught:
        call(*args)
    return caught.value


def test_a_failure_has_its_type_its_text_and_its_traceback():
    ending = failed(raised_by(charge, 7), task="orders.charge", reason="failed")

    assert (ending.outcome, ending.reason) == ("failed", "failed")
    assert (ending.error_type, ending.error) == (f"{__name__}.CardDeclined", "order 7")
    assert "in charge" in ending.traceback


def test_an_error_without_words_is_shown_as_it_is():
    assert failed(CardDeclined(), task="orders.charge").error == "CardDeclined()"


def test_names_of_builtin_errors_are_short():
    assert name_of(ValueError) == "ValueError"
    assert name_of(CardDeclined) == f"{__name__}.CardDeclined"


@pytest.mark.parametrize(("value", "shown"), [(None, ""), (42, "42"), ({"a": [1]}, "{'a': [1]}")])
def test_a_result_is_shown_in_a_line(value, shown):
    ending = succeeded(value)

    assert (ending.outcome, ending.result) == ("succeeded", shown)


def test_what_no_database_takes_is_written_as_an_escape():
    assert printable("a\x00b\ud800c") == "a\\x00b\\ud800c"


def test_of_an_endless_text_the_end_is_kept():
    text = printable("x" * LONGEST + "the end")

    assert len(text) == LONGEST + 2
    assert text.startswith("… ") and text.endswith("the end")
