"""Which jobs and runs touched a row of the project's own data, on each database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

import hardy
from hardy.db.clock import seconds_from_now
from hardy.dead_letters.queries import Filter
from hardy.ledger.jobs import JobFilter
from hardy.ledger.models import Job, Lease, Run, Tag
from hardy.records.duties import Prune
from hardy.records.queries import RunFilter
from hardy.records.touched import runs_of
from tests.contracts.databases import ALIAS
from tests.contracts.draining import drain

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def ship(app: Any) -> Any:
    @app.task(name="shop.ship")
    def ship(order_id, user_id=None, also=()):
        hardy.tag(*also)

    return ship


def found(tag: str) -> tuple[list[str], list[str]]:
    touched = runs_of(tag)
    return [job.id for job in touched.jobs], [run.job for run in touched.runs]


def test_a_row_finds_the_jobs_that_wait_and_the_runs_that_ended(app, ship):
    ended = ship.delay(42).id
    drain(app)
    waits = ship.delay(order_id=42).id
    ship.delay(43)

    assert found("order:42") == ([waits], [ended])


def test_each_of_several_rows_finds_it(app, ship):
    waits = ship.delay(42, user_id=7).id
    assert found("order:42") == found("user:7") == ([waits], [])

    drain(app)

    assert found("order:42") == found("user:7") == ([], [waits])


def test_so_do_rows_of_what_is_sent_in_bulk(app, ship):
    ids = hardy.send_many(ship, [(1, 7), (2, 7), (3, 8), (4,)])

    assert sorted(found("user:7")[0]) == sorted(ids[:2])
    assert found("order:4") == ([ids[3]], [])


def test_a_job_that_is_rolled_back_has_touched_nothing(ship):
    with pytest.raises(ZeroDivisionError), transaction.atomic(using=ALIAS):
        ship.delay(42, user_id=7)
        1 / 0  # noqa: B018

    assert found("order:42") == found("user:7") == ([], [])
    assert not Tag.objects.exists()


def test_an_id_that_is_sent_twice_keeps_the_tags_of_the_first(ship):
    for user in (7, 8):
        ship.apply_async([42, user], task_id="same")

    assert found("user:7") == (["same"], [])
    assert found("user:8") == ([], [])


def test_what_a_body_names_is_found_once_it_has_ended(app, ship):
    ended = ship.delay(42, also=["parcel:1", "parcel:2", "order:42"]).id
    assert found("parcel:1") == ([], [])

    drain(app)

    assert found("parcel:1") == found("parcel:2") == found("order:42") == ([], [ended])


def test_a_body_that_fails_has_touched_what_it_named(app):
    @app.task(name="shop.fail")
    def fail():
        hardy.tag("parcel:1")
        raise ValueError

    ended = fail.delay().id
    drain(app)

    assert found("parcel:1") == ([], [ended])


def test_a_row_is_named_by_an_instance(app):
    lease = Lease(name="row-1")

    @app.task(name="shop.touch")
    def touch():
        hardy.tag(lease)

    ended = touch.delay().id
    drain(app)

    assert [run.job for run in hardy.runs_of(lease)] == [ended]


def test_lists_are_filtered_by_it_together_with_the_rest(app, ship):
    ship.delay(42, 7)
    drain(app)
    waits = ship.delay(42, 7).id

    assert [job.id for job in JobFilter(tag="user:7", task="shop.*").jobs()] == [waits]
    assert RunFilter(tag="user:7", outcome="succeeded").runs().count() == 1
    assert not RunFilter(tag="user:7", outcome="failed").runs().exists()
    assert not JobFilter(tag="user:99").jobs().exists()


def test_of_many_the_newest_are_found(app, ship):
    ids = [ship.delay(42).id for _ in range(5)]
    drain(app)

    assert [run.job for run in runs_of("order:42", 3).runs] == ids[:1:-1]


def test_tags_are_pruned_once_their_job_has_gone_from_the_history(app, ship):
    ship.delay(1, 7)
    drain(app)
    waits = ship.apply_async([2, 8], countdown=3600).id
    long_ago = seconds_from_now(-timedelta(days=400).total_seconds())
    Tag.objects.update(tagged_at=long_ago)
    Run.objects.update(finished_at=long_ago)

    Prune().tick()

    assert list(Tag.objects.values_list("job", flat=True)) == [waits]


def test_a_call_with_one_tag_is_sent_by_one_statement(ledger, ship):
    with CaptureQueriesContext(ledger) as said:
        ship.delay(42)

    assert len(said) == 1


def test_its_runs_are_found_by_an_index(ledger, app, ship):
    ship.delay(42)
    drain(app)
    run = Run.objects.get()
    rows = [Run(**{**vars_of(run), "job": f"{n}", "tag": f"order:{n % 2000}"}) for n in range(4000)]
    Run.objects.using(ALIAS).bulk_create(rows)
    Job.objects.using(ALIAS).all().delete()
    with ledger.cursor() as cursor:
        cursor.execute("ANALYZE TABLE hardy_run" if ledger.vendor == "mysql" else "ANALYZE hardy_run")

    assert "hardy_run_tag" in RunFilter(tag="order:1").runs()[:50].explain()


def vars_of(run: Run) -> dict[str, Any]:
    return {
        field.attname: getattr(run, field.attname)
        for field in Run._meta.concrete_fields
        if field.name != "id"
    }


def test_letters_are_found_by_what_their_jobs_were_about(app, ship):
    @app.task(name="shop.lose", max_retries=0)
    def lose(order_id, fails=True):
        hardy.tag("customer:7")
        raise ValueError("lost")

    mine = lose.delay(42).id
    lose.delay(43)
    drain(app)

    assert [letter.job for letter in Filter(tag="order:42").letters().using(ALIAS)] == [mine]
    assert Filter(tag="customer:7").letters().using(ALIAS).count() == 2
    assert Filter(tag="order:4").letters().using(ALIAS).count() == 0
