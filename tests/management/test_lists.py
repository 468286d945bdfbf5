"""`manage.py hardy jobs` and `runs`: what waits, what runs, and what has ended."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hardy.db.clock import seconds_from_now
from hardy.ledger import failure
from hardy.ledger.finish import Claim, finish, put_back
from hardy.ledger.jobs import JobFilter, JobNews, last_runs
from hardy.ledger.models import Job, Run
from hardy.records.queries import RunFilter, RunNews
from tests.dead_letters.letters import WORKER, died, jobs, raised, started

pytestmark = pytest.mark.usefixtures("desk")


def hardy(*words):
    out = StringIO()
    call_command("hardy", *map(str, words), stdout=out)
    return out.getvalue()


def listed(verb, *words):
    return [row["id" if verb == "jobs" else "job"] for row in json.loads(hardy(verb, "--json", *words))[verb]]


def refusal(*words):
    with pytest.raises(CommandError) as refused:
        hardy(*words)
    assert refused.value.returncode == 1
    return str(refused.value)


@pytest.fixture
def send(desk):
    return lambda task="orders.place", **options: desk.send_task(task, [1], **options).id


def ended(job, end=None):
    attempt = started(job)
    assert finish(Claim(job, WORKER, (attempt.token, attempt.token)), end or failure.succeeded("paid"))


def retried(job, error):
    attempt = started(job)
    mine = Claim(job, WORKER, (attempt.token, attempt.token))
    assert put_back(mine, failure.failed(raised(error), task="orders.place", outcome="retried"), None, 3600)


def test_an_empty_ledger_says_where_else_to_look():
    assert (
        hardy("jobs") == "No job waits or runs. What has ended: hardy runs. What is dead: hardy dead list\n"
    )
    assert hardy("runs") == "No attempt has ended yet. What waits and runs: hardy jobs\n"
    assert hardy("jobs", "--task", "orders.place") == "No job matches.\n"
    assert hardy("runs", "--outcome", "failed") == "No run matches.\n"
    assert json.loads(hardy("jobs", "--json")) == {"jobs": [], "more": False}
    assert json.loads(hardy("runs", "--json")) == {"runs": [], "more": False}


def test_jobs_are_listed_newest_first_with_ids_and_times_to_the_second(send):
    first, second = send(), send("orders.pack", queue="low_priority")
    jobs().filter(id=first).update(enqueued_at="2026-01-31 12:30:15.5+00:00")

    heading, *rows = hardy("jobs").splitlines()

    assert heading.split()[:6] == ["id", "task", "state", "queue", "attempts", "enqueued"]
    assert [row.split()[0] for row in rows] == [second, first]
    assert "orders.pack" in rows[0]
    assert "low_priority" in rows[0]
    assert "2026-01-31 12:30:15" in rows[1]


def test_a_job_that_was_tried_says_what_came_of_it(send):
    job = send()
    retried(job, TimeoutError("the bank is silent"))

    assert "TimeoutError: the bank is silent" in hardy("jobs")
    (row,) = json.loads(hardy("jobs", "--json"))["jobs"]
    assert (row["state"], row["attempts"]) == ("held", 1)
    assert (row["last_outcome"], row["last_error_type"]) == ("retried", "TimeoutError")


JOBS = [
    ("--state", "running"),
    ("--task", "orders.pack"),
    ("--task", "orders.pa*"),
    ("--queue", "low_priority"),
    ("--error", "timeout"),
    ("--error", "SILENT"),
    ("--older", "1h"),
]


@pytest.mark.parametrize("words", JOBS, ids=" ".join)
def test_each_filter_chooses_jobs(send, words):
    send()
    job = send("orders.pack", queue="low_priority")
    retried(job, TimeoutError("the bank is silent"))
    jobs().filter(id=job).update(enqueued_at=seconds_from_now(-7200), state="running")

    assert listed("jobs", *words) == [job]


def test_jobs_are_chosen_by_age_and_id(send):
    old, new = send(), send()
    jobs().filter(id=old).update(enqueued_at=seconds_from_now(-7200))

    assert listed("jobs", "--newer", "1h") == [new]
    assert listed("jobs", "--id", old, "--id", new) == [new, old]


RUNS = [
    ("--outcome", "failed"),
    ("--state", "failed"),
    ("--task", "orders.pack"),
    ("--task", "orders.pa*"),
    ("--queue", "low_priority"),
    ("--error", "keyerror"),
    ("--error", "BOX"),
    ("--older", "1h"),
]


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_each_filter_chooses_runs(send, words):
    ended(send())
    letter = died("orders.pack", queue="low_priority", error=KeyError("box"))
    Run.objects.filter(job=letter.job).update(finished_at=seconds_from_now(-7200))

    assert listed("runs", *words) == [letter.job]


def test_runs_are_listed_with_how_long_they_took_and_what_they_raised(send):
    ended(send(task_id="paid"))
    died(task_id="failed", error=KeyError("box"))

    heading, failed, paid = hardy("runs").splitlines()

    assert heading.split()[:5] == ["job", "task", "outcome", "attempt", "queue"]
    assert failed.split()[:3] == ["failed", "orders.place", "failed"]
    assert failed.endswith("KeyError: 'box'")
    assert paid.split()[:3] == ["paid", "orders.place", "succeeded"]
    assert " s  " in paid


def test_in_full_a_run_has_its_result_and_its_traceback(send):
    ended(send(task_id="paid"))
    died(task_id="failed", error=raised(KeyError("box")))

    said = hardy("runs", "--full")
    assert "\n    'paid'" in said
    assert "\n    Traceback (most recent call last):" in said

    failed, paid = json.loads(hardy("runs", "--full", "--json"))["runs"]
    assert paid["result"] == "'paid'"
    assert "Traceback" in failed["traceback"]
    assert "traceback" not in json.loads(hardy("runs", "--json"))["runs"][0]


@pytest.mark.parametrize("verb", ["jobs", "runs"])
def test_a_list_that_is_cut_says_so(send, verb):
    for _ in range(3):
        job = send()
        if verb == "runs":
            ended(job)

    assert hardy(verb, "--limit", 2).splitlines()[-1] == (
        "The newest 2; there are more, and --limit shows them."
    )
    cut = json.loads(hardy(verb, "--limit", 2, "--json"))
    assert (len(cut[verb]), cut["more"]) == (2, True)
    assert json.loads(hardy(verb, "--limit", 3, "--json"))["more"] is False


def test_a_state_that_does_not_exist_is_refused_with_the_known_ones():
    assert refusal("jobs", "--state", "done") == (
        "'done' is no state of jobs. There are: held, queued, reserved, running."
    )
    assert "There are: succeeded, failed," in refusal("runs", "--outcome", "done")
    assert "write 90s, 30m, 2h, 3d or 1w" in refusal("runs", "--older", "soon")


def test_a_task_that_is_elsewhere_is_pointed_to(send):
    ended(send(task_id="paid"))
    died(task_id="dead")
    send(task_id="waiting")

    assert refusal("jobs", "--id", "paid") == (
        "paid neither waits nor runs. Its last attempt succeeded: hardy runs --id paid"
    )
    assert "It is a dead letter (failed): hardy dead show dead" in refusal("jobs", "--id", "dead")
    assert refusal("runs", "--id", "waiting") == (
        "No attempt of waiting has ended. It is queued: hardy jobs --id waiting"
    )
    assert "No job, run or dead letter has the id 'nope'" in refusal("runs", "--id", "nope")
    assert "nope neither waits" in refusal("jobs", "--id", "nope", "--id", "waiting", "--json")


def test_a_letter_that_was_discarded_is_still_known():
    died(task_id="dead")
    hardy("dead", "discard", "--id", "dead", "--note", "a test order", "--yes")

    assert "was discarded by" in refusal("jobs", "--id", "dead")


# following


def test_a_job_is_news_when_it_comes_and_whenever_it_moves(send):
    news = JobNews(JobFilter(), 10)
    first = send()
    assert [job.id for job in news.look()] == [first]
    assert news.look() == []

    attempt = started(first)
    second = send()
    assert [(job.id, job.state) for job in news.look()] == [(first, "running"), (second, "queued")]

    finish(Claim(first, WORKER, (attempt.token, attempt.token)), failure.succeeded(None))
    assert news.look() == []


def test_a_run_is_news_once(send):
    for number in range(3):
        ended(send(task_id=f"before-{number}"))
    news = RunNews(RunFilter(outcome="succeeded"), 2)
    assert [run.job for run in news.look()] == ["before-1", "before-2"]
    assert news.look() == []

    died()
    ended(send(task_id="after"))
    assert [run.job for run in news.look()] == ["after"]
    assert news.look() == []


def test_a_run_whose_transaction_commits_late_is_news_all_the_same(send):
    ended(send(task_id="late"))
    late = Run.objects.get()
    late.delete()
    ended(send(task_id="early"))
    news = RunNews(RunFilter(), 10)
    assert [run.job for run in news.look()] == ["early"]

    late.save(force_insert=True)

    assert [run.job for run in news.look()] == ["late"]


def test_the_last_runs_of_many_jobs_are_found_in_parts(send, monkeypatch):
    monkeypatch.setattr("hardy.ledger.jobs.AT_ONCE", 2)
    sent = [f"job-{number}" for number in range(3)]
    for job in sent:
        retried(send(task_id=job), TimeoutError(job))

    assert {id: run.error for id, run in last_runs(list(Job.objects.all())).items()} == {
        job: job for job in sent
    }


class Watched(StringIO):
    """A terminal at which, whenever everything new is written, the next thing happens."""

    def __init__(self, *happens):
        super().__init__()
        self.happens = iter(happens)

    def flush(self):
        next(self.happens)()


def ctrl_c():
    raise KeyboardInterrupt


@pytest.mark.parametrize("verb", ["jobs", "runs"])
def test_following_prints_what_happens_until_ctrl_c(send, verb, monkeypatch):
    monkeypatch.setattr("hardy.management.listing.LOOK", 0)
    act = (lambda: ended(send("orders.pack"))) if verb == "runs" else (lambda: send("orders.pack"))
    send() if verb == "jobs" else ended(send())
    out = Watched(lambda: None, act, ctrl_c)

    call_command("hardy", verb, "--follow", "--json", stdout=out)

    assert [json.loads(line)["task"] for line in out.getvalue().splitlines()] == [
        "orders.place",
        "orders.pack",
    ]


@pytest.mark.parametrize("verb", ["jobs", "runs"])
def test_following_ends_when_nobody_reads(send, verb, monkeypatch):
    class Gone(StringIO):
        def flush(self):
            raise BrokenPipeError

    written = []
    monkeypatch.setattr("hardy.management.listing.read_by_nobody", lambda: written.append("stdout"))

    call_command("hardy", verb, "--follow", stdout=Gone())

    assert written == ["stdout"]


def test_what_is_followed_is_a_line_each(send):
    from hardy.management.verbs.jobs import Jobs
    from hardy.management.verbs.runs import Runs

    job = send(task_id="job-1")
    retried(job, TimeoutError("silent"))

    (waits,) = Jobs().lines(list(JobFilter().jobs()))
    assert "held      job-1  orders.place  until 20" in waits
    assert waits.endswith("after TimeoutError: silent")
    (ran,) = Runs().lines(list(RunFilter().runs()))
    assert "retried    job-1  orders.place  attempt 1  in 0." in ran
    assert ran.endswith("TimeoutError: silent")
