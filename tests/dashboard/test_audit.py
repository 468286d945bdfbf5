"""The audit: who did what, on its page, on the task's, and at a terminal."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.http import QueryDict
from django.utils import timezone

from hardy.dashboard import audit as page
from hardy.dashboard.access import May
from hardy.dashboard.parameters import Parameters
from hardy.dashboard.sought import Sought
from hardy.dead_letters.discarding import discard
from hardy.dead_letters.duties import ForgetDecisions
from hardy.dead_letters.replaying import replay
from hardy.ledger.audit import AuditEntry, entry
from hardy.ledger.models import DeadLetter
from hardy.ledger.pausing import pause, resume
from tests.dashboard.conftest import EVERYTHING
from tests.dashboard.tasks import sent
from tests.dead_letters.letters import died

pytestmark = pytest.mark.usefixtures("desk")


MAY = May(arguments=True, jobs=True)


def asked_for(said):
    fields = QueryDict(mutable=True)
    fields.update(said)
    return Parameters(fields)


def lines(client, **filters):
    return [row["line"] for row in client.get("/hardy/audit/", filters).context["lines"]]


def test_what_people_did_stands_in_one_list_newest_first(ada):
    sent(queue="reports")
    pause("reports", by="grace", note="the vendor is down", via="command line")
    letters = [died(), died()]
    replay(DeadLetter.objects.all(), by="linus")
    job = sent(queue="reports", countdown=600)
    ada.post(f"/hardy/task/?id={job}", {"act": "later", "delay": "2h"})

    found = lines(ada)

    assert [(line.action, line.by, line.target, line.count) for line in found] == [
        ("rescheduled", "ada@example.com", "", 1),
        ("replayed", "linus", "orders.place", 2),
        ("paused", "grace", "reports", 0),
    ]
    assert found[0].jobs == [job]
    assert found[0].detail == "due in 2 h"
    assert set(found[1].jobs) == {letter.job for letter in letters}
    assert "the vendor is down" in ada.get("/hardy/audit/").content.decode()


def test_it_is_filtered_by_who_what_and_which_job(ada):
    sent(queue="reports")
    pause("reports", by="grace")
    resume("reports", by="linus")
    jobs = [sent(), sent()]
    ada.post("/hardy/tasks/act/", {"act": "cancel", "job": jobs, "confirmed": "yes"})

    assert [line.action for line in lines(ada, by="GRAC")] == ["paused"]
    assert [line.by for line in lines(ada, action="resumed")] == ["linus"]
    assert [line.action for line in lines(ada, job=jobs[1])] == ["cancelled"]
    assert lines(ada, job="nobody-s") == []


def test_a_long_audit_goes_on_from_its_last_line(ada, monkeypatch):
    monkeypatch.setattr(page, "SIZE", 2)
    for minutes, action in enumerate(("resumed", "paused", "resumed", "paused")):
        line = entry(action, by="grace", via="code", target="reports")
        line.done_at = timezone.now() - timedelta(minutes=minutes)
        line.save()

    first = ada.get("/hardy/audit/")
    second = ada.get(first.context["next"])

    assert [row["line"].action for row in first.context["lines"]] == ["resumed", "paused"]
    assert [row["line"].action for row in second.context["lines"]] == ["resumed", "paused"]
    assert second.context["next"] == ""


def test_a_task_says_what_people_did_to_it(ada):
    job = sent(countdown=600)
    ada.post(f"/hardy/task/?id={job}", {"act": "now"})

    assert "Let start at once" in ada.get("/hardy/task/", {"id": job}).content.decode()


def test_without_the_permission_nobody_reads_it(person):
    job = sent(countdown=600)
    client = person(*(name for name in EVERYTHING if name != "view_auditentry"))
    client.post(f"/hardy/task/?id={job}", {"act": "now"})

    assert client.get("/hardy/audit/").status_code == 403
    assert "What people did" not in client.get("/hardy/task/", {"id": job}).content.decode()


@pytest.mark.parametrize("asked", [{"q": "4111-1111"}, {"task": "orders.pay", "tag": "order:4111-1111"}])
def test_what_was_searched_for_is_told_only_to_whoever_may_see_arguments(ada, person, asked):
    job = sent("orders.pay", "4111-1111")
    line = entry("cancelled", by="ada", via="control room", detail=Sought.of(asked_for(asked), MAY).words)
    line.record([job])
    assert "4111-1111" in ada.get("/hardy/audit/").content.decode()
    get_user_model().objects.all().delete()
    client = person(*(name for name in EVERYTHING if name != "view_arguments"))

    for address in ("/hardy/audit/", f"/hardy/task/?id={job}"):
        for accept in ("text/html", "application/json"):
            said = client.get(address, headers={"Accept": accept}).content.decode()
            assert "4111-1111" not in said, (address, accept)


def test_what_did_nothing_leaves_nothing(ada):
    ada.post("/hardy/task/?id=nothing", {"act": "cancel"})

    assert AuditEntry.objects.count() == 0


def test_notes_are_never_taken_for_html(ada):
    sent(queue="reports")
    pause("reports", by="<script>alert(1)</script>", note="<script>alert(2)</script>")

    for address in ("/hardy/audit/", "/hardy/", "/hardy/queue/?name=reports", "/hardy/queues/"):
        assert "<script>alert" not in ada.get(address).content.decode()


def hardy(*words):
    out = StringIO()
    call_command("hardy", *words, stdout=out)
    return out.getvalue()


def test_a_terminal_and_a_machine_read_the_same():
    sent(queue="reports")
    pause("reports", by="grace", note="the vendor is down")
    letter = died()
    discard(DeadLetter.objects.all(), note="a test", by="linus")

    table = hardy("audit")
    assert "paused the queue" in table
    assert "grace" in table
    [discarded, paused] = json.loads(hardy("audit", "--json"))
    assert (paused["action"], paused["target"], paused["via"]) == ("paused", "reports", "code")
    assert (discarded["by"], discarded["note"], discarded["jobs"]) == ("linus", "a test", [letter.job])
    assert hardy("audit", "--by", "nobody") == "Nobody has done anything that matches.\n"
    assert [line["action"] for line in json.loads(hardy("audit", "--id", letter.job, "--json"))] == [
        "discarded"
    ]


def test_what_the_command_line_cancels_names_who_and_by_which_filter():
    ids = [sent("mail.send"), sent("mail.send")]
    hardy("cancel", "--task", "mail.*", "--yes")

    [line] = json.loads(hardy("audit", "--json"))
    assert (line["action"], line["via"], line["detail"], set(line["jobs"])) == (
        "cancelled", "command line", "task mail.*", set(ids),
    )  # fmt: skip


def test_old_lines_are_forgotten_with_the_decisions(settings):
    settings.HARDY = {"DEAD_RETENTION": timedelta(days=30)}
    for days in (40, 20):
        old = entry("paused", by="grace", via="code", target=f"{days} days")
        old.done_at = timezone.now() - timedelta(days=days)
        old.save()

    assert ForgetDecisions().tick() == 1

    assert [row.target for row in AuditEntry.objects.all()] == ["20 days"]
