"""`manage.py hardy errors`: what goes wrong, each error once."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.dashboard.tasks import past, succeeded
from tests.dead_letters.letters import died, raised

pytestmark = pytest.mark.usefixtures("desk")


def hardy(*words):
    out = StringIO()
    call_command("hardy", *map(str, words), stdout=out)
    return out.getvalue()


def refusal(*words):
    with pytest.raises(CommandError) as refused:
        hardy(*words)
    assert refused.value.returncode == 1
    return str(refused.value)


def declined(number):
    return raised(ValueError(f"card {number} declined"))


def test_without_errors_the_list_says_so():
    assert hardy("errors") == "No attempt in the history ended with an error.\n"
    assert hardy("errors", "list") == hardy("errors")
    assert hardy("errors", "--task", "orders.*") == "No error matches.\n"
    assert json.loads(hardy("errors", "--json")) == {"errors": [], "more": False, "is_partial": False}


def test_an_error_is_one_line_however_often_it_came():
    letters = [died("orders.place", error=declined(number)) for number in range(3)]
    died("orders.pack", error=raised(KeyError("sku")))

    heading, first, second = hardy("errors").splitlines()

    assert heading.split()[:2] == ["fingerprint", "count"]
    assert first.split()[:2] == [letters[0].fingerprint, "3"]
    assert first.endswith("ValueError: card 2 declined")
    assert "orders.pack" in second


def test_as_json_a_list_says_what_the_reference_says():
    letter = died("orders.place", error=declined(1))

    [said] = json.loads(hardy("errors", "--newer", "1h", "--json"))["errors"]

    assert {
        name: said[name] for name in ("fingerprint", "task", "error_type", "error", "count", "last_outcome")
    } == {
        "fingerprint": letter.fingerprint,
        "task": "orders.place",
        "error_type": "ValueError",
        "error": "card 1 declined",
        "count": 1,
        "last_outcome": "failed",
    }
    assert said["last_job"] == letter.job
    assert said["first_seen"] == said["last_seen"]


def test_a_list_that_was_cut_says_so():
    died(error=declined(1))
    died("orders.pack", error=declined(1))

    assert "The most frequent 1; there are more" in hardy("errors", "--limit", 1)


def test_one_error_is_shown_with_what_stands_out_its_traceback_and_its_attempts():
    for number in range(12):
        letter = died("orders.place", kwargs={"tenant": 7}, args=(number,), error=declined(number))
    past(30, arguments='{"tenant": 8}')

    said = hardy("errors", "show", letter.fingerprint)

    assert "error        ValueError: card 11 declined" in said
    assert "100 % have tenant=7; of the successes 0 %" in said
    assert "in raised" in said
    assert letter.job in said
    assert f"All of them: hardy runs --fingerprint {letter.fingerprint}" in said
    found = json.loads(hardy("runs", "--fingerprint", letter.fingerprint, "--json"))["runs"]
    assert len(found) == 12
    assert json.loads(hardy("runs", "--fingerprint", "0000", "--json"))["runs"] == []


def test_one_error_as_json_has_the_comparison_and_the_latest_attempts():
    letter = died("orders.place", error=declined(1))
    succeeded("orders.place", 1)

    said = json.loads(hardy("errors", "show", letter.fingerprint, "--json"))

    assert (said["compared"], said["successes"], said["outstanding"]) == (1, 1, [])
    assert [run["job"] for run in said["runs"]] == [letter.job]
    assert "ValueError" in said["traceback"]


@pytest.mark.parametrize("words", [("lst",), ("show",), ("show", "a", "b"), ("show", "")])
def test_what_makes_no_sense_is_refused_with_what_would(words):
    assert "hardy errors" in refusal("errors", *words)


def test_an_error_that_nobody_had_is_not_there():
    assert refusal("errors", "show", "0000") == (
        "No attempt in the history ended with the error 0000. See: hardy errors"
    )


@pytest.mark.parametrize("age", ["5", "soon", "-1d", "99999999w", "1d; drop table"])
def test_an_age_that_is_none_is_refused(age):
    assert "duration" in refusal("errors", f"--newer={age}")
