"""`manage.py hardy pause` and `resume`."""

from __future__ import annotations

import getpass
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hardy.ledger.audit import AuditEntry
from hardy.ledger.pauses import paused_queues

pytestmark = pytest.mark.usefixtures("desk")


def hardy(*words):
    out = StringIO()
    call_command("hardy", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def reports(desk):
    desk.send_task("reports.make", queue="reports")


def test_a_pause_says_what_it_means_and_is_kept_with_who_and_why(reports):
    said = hardy("pause", "reports", "--note", "the vendor is down")

    assert said.startswith("Paused reports. Workers stop taking from it within two seconds")
    pause = paused_queues()["reports"]
    assert (pause.by, pause.note) == (getpass.getuser(), "the vendor is down")
    assert AuditEntry.objects.get().via == "command line"


def test_a_resume_ends_it(reports):
    hardy("pause", "reports")

    assert hardy("resume", "reports") == "Resumed reports. Workers go on taking from it within two seconds.\n"

    assert paused_queues() == {}


def test_what_is_so_already_is_said_and_no_error(reports):
    assert hardy("resume", "reports") == "reports is not paused.\n"
    hardy("pause", "reports")
    assert hardy("pause", "reports") == "reports is paused already.\n"
    assert AuditEntry.objects.count() == 1


def test_a_machine_is_told_what_changed(reports):
    hardy("pause", "reports")

    assert json.loads(hardy("pause", "default", "reports", "--json")) == {
        "paused": ["default"], "unchanged": ["reports"],
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_an_unknown_queue_is_named_and_the_others_are_done(reports, verb):
    if verb == "resume":
        hardy("pause", "reports")

    with pytest.raises(CommandError) as refused:
        hardy(verb, "reprots", "reports")

    assert "No worker reads a queue 'reprots'" in str(refused.value)
    assert "Did you mean 'reports'?" in str(refused.value)
    assert refused.value.returncode == 1
    assert ("reports" in paused_queues()) == (verb == "pause")


def test_status_says_which_queues_are_paused(reports):
    hardy("pause", "reports")

    said = hardy("status")
    assert "The queue reports is paused (for " in said
    [line] = [line for line in said.splitlines() if line.startswith("reports")]
    assert line.endswith("paused")
    [queue] = [
        queue for queue in json.loads(hardy("status", "--json"))["queues"] if queue["name"] == "reports"
    ]
    assert queue["paused_by"] == getpass.getuser()
    assert queue["paused_at"]
