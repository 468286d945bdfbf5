"""`manage.py hardy erase`: what a privacy officer types, and is told."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hardy.ledger.models import DeadLetter, Job, Run
from tests.dashboard.tasks import past, sent
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")


def hardy(*words):
    out = StringIO()
    call_command("hardy", *words, stdout=out)
    return out.getvalue()


def refusal(*words):
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("hardy", *words, stdout=out)
    assert refused.value.returncode == 1
    return out.getvalue(), str(refused.value)


@pytest.fixture
def kept():
    past(2, tag="customer:42", arguments='{"customer_id": 42}')
    died("orders.place", kwargs={"customer_id": 42})


def test_where_nothing_is_kept_it_says_so_and_how_tags_are_compared():
    said = hardy("erase", "Customer:42")
    assert said == hardy("erase", "Customer:42", "--dry-run")

    assert said.startswith("Nothing is kept about Customer:42.")
    assert "lower case" in said


def test_a_dry_run_says_what_would_go_and_what_becomes_of_it(kept):
    said = hardy("erase", "customer:42", "--dry-run")

    assert "     3  runs               emptied: when, where and how they ended stays" in said
    assert "     1  dead letters       deleted" in said
    assert said.endswith("Would erase 3 runs, 1 dead letter about customer:42. Nothing was done.\n")
    assert Run.objects.filter(tag="customer:42").count() == 3


def test_it_is_erased_and_the_report_says_what(kept):
    assert hardy("erase", "customer:42", "--yes").endswith("Erased what was kept about customer:42.\n")
    assert not Run.objects.exclude(arguments="").exists()
    assert not DeadLetter.objects.exists()
    assert Run.objects.count() == 3


def test_as_json_it_says_the_same(kept):
    said = json.loads(hardy("erase", "customer:42", "--json"))

    assert said == {
        "tags": ["customer:42"],
        "dry_run": False,
        "erased": {"runs": 3, "dead letters": 1},
        "cancelled": 0,
        "left": [],
        "complete": True,
    }


def test_what_waits_is_named_and_the_command_fails(kept):
    job = sent("orders.place", countdown=3600, kwargs=None)
    Job.objects.update(tag="customer:42")

    out, said = refusal("erase", "customer:42")

    assert "Erased what was kept about customer:42." in out
    assert "1 job about customer:42 waits or runs and needs its arguments. --cancel" in said
    assert f"  {job} orders.place (held)" in said
    assert "     1  jobs" in hardy("erase", "customer:42", "--dry-run")


def test_with_cancel_what_waits_goes_too(kept):
    sent("orders.place", countdown=3600)
    Job.objects.update(tag="customer:42")

    assert "     1  waiting jobs       cancelled" in hardy("erase", "customer:42", "--cancel")
    assert not Job.objects.exists()
    assert not Run.objects.filter(tag="customer:42").exists()


@pytest.mark.parametrize("tag", ["", "a\nb", "x" * 300])
def test_what_is_no_tag_is_refused(tag):
    assert "is no tag" in refusal("erase", tag)[1]


def test_at_a_terminal_it_asks_first(kept, monkeypatch):
    class Terminal(StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdin", Terminal("no\n"))

    out, said = refusal("erase", "customer:42")

    assert out.startswith("Erase 3 runs, 1 dead letter about customer:42, for good? [y/N]")
    assert said == "Nothing was done."
    assert Run.objects.filter(tag="customer:42").count() == 3
