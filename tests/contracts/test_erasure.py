"""Erasing what is kept about a subject, wherever it is, on each database."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django_celery_results.models import TaskResult

import hardy
from hardy.dead_letters import discard
from hardy.dead_letters.models import Decision
from hardy.django_tasks.models import TaskCall
from hardy.ledger.audit import AuditEntry, entry
from hardy.ledger.models import DeadLetter, Job, Run, Tag
from hardy.records import erase
from hardy.records.result_rows import ResultsNotErased
from hardy.records.touched import runs_of
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain

pytestmark = pytest.mark.usefixtures("app")

SECRET = "ada@example.com"
#: Tables that may keep something of a job.
TABLES = (Run, Job, DeadLetter, Decision, Tag, TaskResult, TaskCall)


@pytest.fixture
def greet(app: Any) -> Any:
    @app.task(name="crm.greet", bind=True, max_retries=0)
    def greet(self, customer_id, mail, also=(), fails=False):
        hardy.tag(*also)
        if fails:
            raise ValueError(f"{mail} bounced")
        return f"sent to {mail}"

    return greet


def everything() -> str:
    """All that the tables say."""
    return "\n".join(str(row) for table in TABLES for row in table.objects.using(ALIAS).values())


def test_of_what_succeeded_the_bare_row_stays_and_nothing_leads_to_the_subject(app, greet):
    mine = greet.delay(42, SECRET, also=["order:7"]).id
    greet.delay(43, "bob@example.com")
    drain(app)

    report = erase("customer:42")

    assert dict(report.counts) == {"runs": 1, "results": 1, "tags": 1, "dead letters": 0, "decisions": 0,
                                   "Django task calls": 0, "entries of the audit": 0}  # fmt: skip
    assert report.is_complete
    assert SECRET not in everything()
    assert "customer:42" not in everything() and "order:7" not in everything()
    run = Run.objects.using(ALIAS).get(job=mine)
    assert (run.task, run.outcome, run.attempt) == ("crm.greet", "succeeded", 1)
    assert run.finished_at and run.worker
    assert "bob@example.com" in everything()
    assert len(runs_of("customer:43").runs) == 1


def test_letters_go_and_of_decisions_remains_who_decided(app, greet):
    greet.delay(42, SECRET, fails=True)
    greet.delay(42, SECRET, fails=True)
    drain(app)
    first, second = DeadLetter.objects.using(ALIAS).order_by("id")
    discard(DeadLetter.objects.using(ALIAS).filter(pk=first.pk), note=f"{SECRET} is gone", by="grace")

    report = erase("customer:42")

    assert (report.counts["dead letters"], report.counts["decisions"], report.counts["runs"]) == (1, 1, 2)
    assert SECRET not in everything()
    decision = Decision.objects.using(ALIAS).get()
    assert (decision.by, decision.action, decision.note) == ("grace", "discarded", "[erased]")
    run = Run.objects.using(ALIAS).get(job=second.job)
    assert (run.error_type, run.fingerprint) == ("ValueError", second.fingerprint)
    assert erase("customer:42").counts.total() == 0


def test_a_letter_whose_history_is_gone_is_found_by_its_arguments(app, greet):
    greet.delay(42, SECRET, fails=True)
    greet.delay(43, "bob@example.com", fails=True)
    drain(app)
    Run.objects.using(ALIAS).all().delete()

    assert erase("customer:42").counts["dead letters"] == 1
    assert SECRET not in everything()
    assert DeadLetter.objects.using(ALIAS).count() == 1


def test_a_letter_that_cannot_be_read_keeps_nobody_from_being_erased(app, greet):
    greet.delay(42, SECRET, fails=True)
    greet.delay(42, SECRET)
    drain(app)
    DeadLetter.objects.using(ALIAS).update(message="nonsense")
    Run.objects.using(ALIAS).filter(outcome="failed").delete()

    assert erase("customer:42").counts["runs"] == 1


def test_what_waits_keeps_its_arguments_and_is_named(app, greet):
    greet.apply_async((42, SECRET), countdown=3600)
    waits = Job.objects.using(ALIAS).get()

    report = erase("customer:42")

    assert [job.id for job in report.left] == [waits.id]
    assert not report.is_complete
    assert SECRET in Job.objects.using(ALIAS).get().message


def test_what_a_job_left_behind_that_goes_on_is_erased_and_it_is_found_again(app, greet):
    @app.task(name="crm.again", bind=True)
    def again(self, customer_id, mail, product_id):
        raise self.retry(exc=ValueError(mail), countdown=3600)

    again.delay(42, SECRET, product_id=1)
    drain(app)

    report = erase("customer:42")

    run = Run.objects.using(ALIAS).get()
    assert (run.outcome, run.error, run.arguments, run.tag) == ("retried", "", "", None)
    for tag in ("customer:42", "product:1"):
        assert [job.task for job in erase(tag).left] == ["crm.again"]
    assert len(report.left) == 1


def test_what_waits_can_be_cancelled_in_the_same_go(app, greet):
    greet.apply_async((42, SECRET), countdown=3600)
    greet.apply_async((43, "bob@example.com"), countdown=3600)

    report = erase("customer:42", cancel_waiting=True)

    assert (report.cancelled, report.left) == (1, [])
    assert SECRET not in everything()
    assert Job.objects.using(ALIAS).count() == 1


def test_a_dry_run_counts_the_same_and_does_nothing(app, greet):
    greet.delay(42, SECRET, also=["order:7"])
    greet.delay(42, SECRET, fails=True)
    drain(app)
    before = everything()

    planned = erase("customer:42", dry_run=True)

    assert everything() == before
    assert planned.counts == erase("customer:42").counts


@pytest.mark.parametrize("detail", ["tag customer:42", "state waiting, tag customer:42 to start at once"])
def test_an_entry_of_the_audit_says_no_more_whom_it_was_about(app, detail):
    for said in (detail, "tag customer:420", "task crm.greet"):
        entry("cancelled", by="ann", via="command line", detail=said, note="as asked").record(["a", "b"])

    report = erase("customer:42")

    assert report.counts["entries of the audit"] == 1
    found = AuditEntry.objects.using(ALIAS).order_by("id").values_list("by", "count", "detail", "note")
    assert list(found) == [
        ("ann", 2, "", "[erased]"), ("ann", 2, "tag customer:420", "as asked"),
        ("ann", 2, "task crm.greet", "as asked"),
    ]  # fmt: skip


def test_a_note_on_one_job_of_a_subject_goes(app, greet):
    job = greet.delay(42, SECRET).id
    entry("cancelled", by="ann", via="admin", note=f"{SECRET} called").record([job])
    drain(app)

    assert erase("customer:42", dry_run=True).counts["entries of the audit"] == 1
    assert erase("customer:42").counts["entries of the audit"] == 1
    assert SECRET not in everything() and SECRET not in str(list(AuditEntry.objects.using(ALIAS).values()))


def test_many_jobs_are_erased_in_chunks(app, greet, monkeypatch):
    monkeypatch.setattr("hardy.records.erasure.CHUNK", 2)
    hardy.send_many(greet, [(42, SECRET)] * 5)
    drain(app)

    assert erase("customer:42").counts["runs"] == 5
    assert SECRET not in everything()


def test_several_subjects_and_a_row_of_a_model_are_erased_by_their_tags(app, greet):
    greet.delay(42, SECRET)
    greet.delay(43, SECRET)
    drain(app)

    assert erase("customer:42", "customer:43").counts["runs"] == 2
    assert erase(get_user_model()(pk=7)).tags[0] == "user:7"


def test_results_elsewhere_are_forgotten(app, greet):
    keep_results_in(app, "cache+memory://")
    job = greet.delay(42, SECRET)
    drain(app)
    assert job.get(timeout=1) == f"sent to {SECRET}"

    assert erase("customer:42").counts["results"] == 1
    assert app.AsyncResult(job.id).state == "PENDING"


def test_while_results_cannot_be_forgotten_the_subject_is_found_again(app, greet):
    greet.delay(42, SECRET)
    drain(app)
    keep_results_in(app, "redis://127.0.0.1:1/0")

    with pytest.raises(ResultsNotErased, match="erase again"):
        erase("customer:42")

    keep_results_in(app, "django-db")
    assert erase("customer:42").counts["runs"] == 1


def keep_results_in(app: Any, url: str) -> None:
    app.conf.result_backend = url
    app._backend_cache = None
    app._local.__dict__.pop("backend", None)
    app.conf.redis_retry_on_timeout, app.conf.result_backend_transport_options = (
        False,
        {"retry_policy": {"max_retries": 0}},
    )
