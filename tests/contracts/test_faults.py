"""Errors grouped by their fingerprint, and what stands out among them, on each database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test.utils import CaptureQueriesContext

from hardy.db.clock import seconds_from_now
from hardy.db.counting import Counted
from hardy.ledger.models import Run
from hardy.records import faults as module
from hardy.records.fault_presenters import releases_of, sentence_of, verdict_on
from hardy.records.faults import Fault, FaultFilter, fault, faults, with_fault
from hardy.records.outstanding import contrast
from tests.contracts.databases import ALIAS
from tests.contracts.test_index_use import explained

pytestmark = pytest.mark.usefixtures("ledger")

ONE, OTHER = "1111111111111111", "2222222222222222"


def ran(count=1, *, ago=60.0, outcome="failed", fingerprint=ONE, task="orders.place", **said):
    """Write attempts that ended so long ago, each of a job of its own, a second apart; the arguments as a dict."""
    arguments = said.pop("arguments", None)
    error = {"error_type": "ValueError", "error": "odd 7"} if outcome != "succeeded" else {"fingerprint": ""}
    runs = [
        Run(**{
            "job": f"{task}-{outcome}-{fingerprint}-{ago}-{number}", "task": task, "queue": "default", "attempt": 1,
            "outcome": outcome, "fingerprint": fingerprint, **error,
            **{name: seconds_from_now(number - ago) for name in ("enqueued_at", "due_at", "started_at", "finished_at")},
            "arguments": json.dumps(arguments(number) if callable(arguments) else arguments) if arguments else "",
            **said,
        })
        for number in range(count)
    ]  # fmt: skip
    Run.objects.using(ALIAS).bulk_create(runs)


def listed(limit=50, **wanted):
    found = faults(FaultFilter(**wanted), limit)
    return [(one.fingerprint, str(one.count)) for one in found.faults]


def test_attempts_with_one_fingerprint_are_one_fault_the_most_frequent_first():
    ran(3, outcome="retried", release="1.0", ago=300)
    ran(2, outcome="failed", release="2.0", ago=100)
    ran(1, fingerprint=OTHER)
    ran(9, outcome="succeeded")

    found = faults(FaultFilter(), 50)

    assert [(one.fingerprint, one.count.number) for one in found.faults] == [(ONE, 5), (OTHER, 1)]
    [first, _] = found.faults
    assert first.releases == ["2.0", "1.0"]
    assert (first.latest.task, first.latest.error) == ("orders.place", "odd 7")
    assert 198 < (first.last - first.first).total_seconds() < 202
    assert not found.more and not found.is_partial


def test_a_list_is_chosen_by_task_and_age_and_cut():
    ran(2, ago=3600 * 30)
    ran(1, ago=10)
    ran(2, fingerprint=OTHER, task="mail.send")

    assert listed(task="mail.*") == [(OTHER, "2")]
    assert listed(task="orders.place") == [(ONE, "3")]
    assert listed(task="nope") == []
    assert listed(newer=timedelta(hours=1)) == [(OTHER, "2"), (ONE, "1")]
    [recent] = [
        one for one in faults(FaultFilter(newer=timedelta(hours=1)), 9).faults if one.fingerprint == ONE
    ]
    assert (recent.last - recent.first) > timedelta(hours=29)  # known since yesterday
    assert faults(FaultFilter(), 1).more


def test_a_long_history_is_not_read_to_its_end_and_the_list_says_so(monkeypatch):
    monkeypatch.setattr(module, "LOOKED_AT", 4)
    ran(6)

    found = faults(FaultFilter(), 50)

    assert found.is_partial
    assert str(found.faults[0].count) == "4+"
    assert str(fault(ONE).count) == "6"


def test_one_fault_is_found_with_its_times_and_releases():
    ran(2, ago=500, release="1.0")
    ran(2, ago=50, release="2.0")

    found = fault(ONE)

    assert (found.count.number, found.releases) == (4, ("2.0", "1.0"))
    assert (found.last - found.first) > timedelta(seconds=440)
    assert fault("nope") is None
    assert fault("") is None


def test_one_fault_is_found_by_its_index(ledger):
    ran(50)
    ran(500, outcome="succeeded")
    with ledger.cursor() as cursor:
        cursor.execute("ANALYZE TABLE hardy_run" if ledger.vendor == "mysql" else "ANALYZE hardy_run")
        if ledger.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")  # the table is small
        with CaptureQueriesContext(ledger) as said:
            assert len(with_fault(ONE).order_by("-finished_at")[:5]) == 5
        [query] = said.captured_queries
        assert "hardy_run_fault" in "\n".join(explained(ledger, cursor, query["sql"]))


def test_what_the_fault_has_and_the_successes_have_not_stands_out():
    ran(20, arguments=lambda number: {"tenant": 7, "order_id": number, "kind": "card"})
    ran(
        40,
        outcome="succeeded",
        arguments=lambda number: {"tenant": number % 10, "order_id": number, "kind": "card"},
    )

    found = contrast(ONE, "orders.place")

    assert [(one.name, one.value) for one in found.outstanding] == [("tenant", "7")]
    assert sentence_of(found.outstanding[0]) == "100 % have tenant=7; of the successes 10 %"
    assert verdict_on(found) == ""


def test_what_stands_inside_a_dict_and_where_it_ran_stand_out_too():
    ran(20, arguments={"card": {"country": "NZ", "n": 1}}, worker="celery@web-2/7/a", release="2.0")
    ran(
        20,
        outcome="succeeded",
        arguments={"card": {"country": "DE", "n": 1}},
        worker="celery@web-1/7/a",
        release="1.0",
    )

    names = {(one.name, one.value) for one in contrast(ONE, "orders.place").outstanding}

    assert names == {("card.country", '"NZ"'), ("worker", "celery@web-2"), ("release", "2.0")}


def test_an_argument_that_every_call_has_does_not():
    ran(20, arguments={"tenant": 7})
    ran(20, outcome="succeeded", arguments={"tenant": 7})

    assert "look like those that succeed" in verdict_on(contrast(ONE, "orders.place"))


def test_where_arguments_are_not_recorded_it_says_so(settings):
    settings.HARDY = {**settings.HARDY, "RECORD": ["tags"]}
    ran(20)
    ran(20, outcome="succeeded")

    assert "arguments are not recorded" in verdict_on(contrast(ONE, "orders.place"))


def test_the_attempts_of_one_job_count_once():
    for attempt in range(20):
        ran(outcome="retried", job="the same", attempt=attempt, ago=60 + attempt, arguments={"order_id": 42})
    ran(20, outcome="succeeded", arguments=lambda number: {"order_id": number})

    found = contrast(ONE, "orders.place")

    assert found.compared == 1
    assert verdict_on(found) == "Too few jobs had this error to say what they have in common: 1."


def test_without_successes_nobody_can_tell():
    ran(20, arguments={"tenant": 7})
    ran(20, outcome="succeeded", task="another", arguments={"tenant": 8})

    assert "no recent success to compare with" in verdict_on(contrast(ONE, "orders.place"))


@pytest.mark.parametrize(
    "arguments", ["{", "[1]", "7", "null", '{"a": ' + "[" * 600 + "]" * 600 + "}", '{"…": "3 more"}']
)
def test_arguments_that_are_no_arguments_do_no_harm(arguments):
    ran(10)
    Run.objects.using(ALIAS).update(arguments=arguments)
    ran(10, outcome="succeeded", arguments={"a": 1})

    assert contrast(ONE, "orders.place").compared == 10


def test_releases_are_named_in_one_line_commits_by_their_begin():
    assert releases_of(fault_with("2.4")) == "2.4"
    assert releases_of(fault_with("7122cbb915356debf18324228de8002672b2d1b5")) == "7122cbb91535…"
    assert releases_of(fault_with("4", "3", "2", "1")) == "4, 3, 2 and 1 more"
    assert releases_of(fault_with()) == "–"


def fault_with(*releases):
    now = datetime.now(UTC)
    return Fault(ONE, Run(), Counted(1), now, now, releases)
