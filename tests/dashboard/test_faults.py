"""What goes wrong in all attempts, each fault once, and one of them on its own page."""

from __future__ import annotations

import pytest

from tests.dashboard.conftest import EVERYTHING
from tests.dashboard.tasks import past
from tests.dead_letters.letters import died, raised

pytestmark = pytest.mark.usefixtures("desk")

LIST, ONE = "/hardy/errors/", "/hardy/errors/fault/"
FAILED = {"outcome": "retried", "error_type": "ValueError", "error": "odd", "fingerprint": "1234567812345678"}


def test_attempts_that_were_retried_are_there_though_nothing_is_dead(ada):
    past(3, **FAILED)

    answer = ada.get(LIST)

    [line] = answer.context["faults"]
    assert (line["error"], str(line["fault"].count)) == ("ValueError: odd", "3")
    assert "No dead letters." in answer.content.decode()
    assert ada.get(line["url"]).status_code == 200


def test_the_page_of_one_says_what_stands_out_and_shows_its_attempts(ada):
    past(20, arguments='{"tenant": 7}', **FAILED)
    past(20, arguments='{"tenant": 8}')

    answer = ada.get(ONE, {"fingerprint": FAILED["fingerprint"]})

    assert "100 % have tenant=7; of the successes 0 %" in answer.content.decode()
    assert len(answer.context["rows"]) == 20


def test_its_traceback_is_shown_without_libraries(ada):
    letter = died(error=raised(ValueError("odd")))

    assert "in raised" in ada.get(ONE, {"fingerprint": letter.fingerprint}).context["traceback"]


def test_values_of_arguments_are_for_whoever_may_see_them(person):
    past(20, arguments='{"tenant": 7}', **FAILED)
    past(20, arguments='{"tenant": 8}')
    client = person(*(name for name in EVERYTHING if name != "view_arguments"))

    said = client.get(ONE, {"fingerprint": FAILED["fingerprint"]}).content.decode()

    assert "tenant" not in said
    assert "takes the permission hardy.view_arguments" in said


def test_without_the_permission_to_see_attempts_there_are_none(person):
    past(3, **FAILED)
    client = person(*(name for name in EVERYTHING if name != "view_run"))

    assert client.get(LIST).context["faults"] == []
    assert client.get(ONE, {"fingerprint": FAILED["fingerprint"]}).status_code == 403


def test_one_that_is_not_there_any_more_is_said_to_be_gone(ada):
    answer = ada.get(ONE, {"fingerprint": "0000"})

    assert answer.status_code == 404
    assert "No such error" in answer.content.decode()
