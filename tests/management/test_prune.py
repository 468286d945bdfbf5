"""`manage.py hardy prune`: what has expired goes now, and a dry run says what would and why."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from hardy.db.clock import seconds_from_now
from hardy.dead_letters import discard
from hardy.dead_letters.models import Decision
from hardy.ledger.models import DeadLetter, Run
from tests.dashboard.tasks import past
from tests.dead_letters.letters import died, letters

pytestmark = pytest.mark.usefixtures("desk")

OLD = 60 * 24 * 400


def hardy(*words):
    out = StringIO()
    call_command("hardy", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def much():
    past(3, minutes=OLD)
    past(2, outcome="failed", minutes=OLD)
    past(4)
    old = died()
    discard(letters().filter(pk=died("orders.pack").pk), note="a test")
    DeadLetter.objects.filter(pk=old.pk).update(died_at=seconds_from_now(-OLD * 60))
    Decision.objects.update(decided_at=seconds_from_now(-OLD * 60))


def test_where_nothing_has_expired_both_say_so():
    past(4)

    assert hardy("prune", "--dry-run") == hardy("prune") == "Nothing has expired.\n"
    assert json.loads(hardy("prune", "--json")) == {"deleted": {}, "total": 0}


def test_a_dry_run_says_what_would_go_and_why_and_does_nothing(much):
    before = Run.objects.count()

    said = hardy("prune", "--dry-run")

    assert said.splitlines()[0].split() == ["count", "what", "kept", "for", "why"]
    assert "    3  succeeded runs  7 d       RUN_RETENTION['succeeded']" in said
    assert "    1  dead letters    180 d     DEAD_RETENTION" in said
    assert said.endswith("Would delete 7 rows. Nothing was done.\n")
    assert Run.objects.count() == before


def test_pruning_does_what_the_dry_run_said(much):
    [*expired], total = (said := json.loads(hardy("prune", "--dry-run", "--json")))["expired"], said["total"]
    assert {one["what"]: one["count"] for one in expired} == {
        "succeeded runs": 3,
        "failed runs": 2,
        "dead letters": 1,
        "decisions": 1,
    }
    assert expired[0]["kept"] == timedelta(days=7).total_seconds()

    assert json.loads(hardy("prune", "--json")) == {
        "deleted": {"runs": 5, "dead letters": 1, "decisions": 1},
        "total": total,
    }
    assert json.loads(hardy("prune", "--dry-run", "--json"))["total"] == 0


def test_pruning_goes_on_until_nothing_is_left(much, monkeypatch):
    monkeypatch.setattr("hardy.db.pruning.CHUNK", 1)
    monkeypatch.setattr("hardy.db.pruning.CHUNKS", 1)

    assert hardy("prune") == "Deleted 5 runs, 1 dead letter, 1 decision.\n"
