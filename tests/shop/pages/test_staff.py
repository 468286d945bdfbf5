from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.users.forms import MOST_BYTES
from apps.users.models import User
from apps.users.views import SAMPLE
from apps.warehouse import views
from apps.warehouse.charts import Columns, shares, step_for
from apps.warehouse.models import Source
from apps.warehouse.queries import Category, Day
from hardy.ledger.models import Job

pytestmark = pytest.mark.django_db

PAGES = ("/staff/import/", "/staff/import/people.csv", "/staff/warehouse/", "/staff/warehouse/now/")


@pytest.fixture
def upload(client, staff):
    client.force_login(staff)
    return lambda content: client.post("/staff/import/", {"file": SimpleUploadedFile("people.csv", content)})


@pytest.mark.parametrize("address", PAGES)
def test_a_page_of_the_staff_is_for_the_staff(client, address, customer, staff):
    assert client.get(address).status_code in (302, 204)  # strangers log in; moving parts say so to htmx

    client.force_login(customer)
    assert client.get(address).status_code in (403, 204)

    client.force_login(staff)
    assert client.get(address).status_code == 200


def test_customers_find_no_way_to_the_pages_of_the_staff(page, customer):
    assert "/staff/" not in page("/", customer)


def test_right_rows_are_imported_and_greeted_and_wrong_ones_are_named(upload):
    shown = upload(SAMPLE.encode()).content.decode()

    assert "2 customers imported" in shown
    assert "2 rows left out" in shown and "not an address" in shown
    assert set(User.objects.filter(is_staff=False).values_list("full_name", flat=True)) == {
        "Ada Lovelace",
        "Grace Hopper",
    }
    assert {message.to[0] for message in mail.outbox} == {"ada@example.com", "grace@example.com"}


def test_a_file_of_nobody_says_so(upload):
    assert "Nobody was imported" in upload(b"email,full_name\n").content.decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "not text in UTF-8"),
        (b"name\nAda\n", "must name the columns"),
        (b"", "The submitted file is empty."),
        (b"email\n" + b"x" * MOST_BYTES, "Import it in parts."),
    ],
)
def test_a_file_that_is_none_is_told_at_the_field(upload, content, said):
    shown = upload(content).content.decode()

    assert said in shown and 'id="id_file_error"' in shown


def test_no_file_is_told_at_the_field(client, staff):
    client.force_login(staff)

    assert 'id="id_file_error"' in client.post("/staff/import/").content.decode()


def test_the_sample_shows_how_and_what_can_be_wrong(client, upload):
    sample = client.get("/staff/import/people.csv")

    assert "people.csv" in sample["Content-Disposition"]
    assert "2 rows left out" in upload(sample.content).content.decode()


def test_an_empty_warehouse_says_what_to_do(page, staff):
    assert "Nothing counted yet" in page("/staff/warehouse/", staff)


def test_loading_shows_what_was_sold(client, place, staff):
    place()
    client.force_login(staff)

    shown = client.post("/staff/warehouse/", follow=True).content.decode()

    assert shown.count('class="chart__bar"') == 2  # a day and a category
    assert "25.00 €" in shown and "Mug" in shown
    assert "hx-trigger" not in shown.partition('id="figures"')[2].partition(">")[0]


def test_while_a_source_has_not_arrived_the_figures_move(client, staff, monkeypatch):
    for kind in Source.Kind.values:
        Source.objects.create(kind=kind, loaded_at=timezone.now() - timedelta(hours=1))
    monkeypatch.setattr("apps.warehouse.services.refresh", lambda: 3)
    client.force_login(staff)

    shown = client.post("/staff/warehouse/", follow=True).content.decode()
    Source.objects.update(loaded_at=timezone.now())
    arrived = client.get("/staff/warehouse/now/").content.decode()

    assert "Loading …" in shown and 'hx-get="/staff/warehouse/now/' in shown
    assert "Loading …" not in arrived and "hx-get" not in arrived


def test_while_the_days_are_counted_the_warehouse_is_being_loaded():
    just_now = timezone.now()
    source = Source(kind=Source.Kind.ORDERS, loaded_at=just_now)
    assert not views.is_being_loaded([source], just_now)

    Job.objects.create(
        id="1",
        task="warehouse.process_chunk",
        queue="default",
        state=Job.State.RUNNING,
        enqueued_at=just_now,
        due_at=just_now,
    )

    assert views.is_being_loaded([source], just_now)
    assert not views.is_being_loaded([source], just_now - views.PATIENCE - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("highest", "step"), [("0", 1), ("3", 1), ("100", 25), ("101", 50), ("1234.56", 500), ("8000", 2000)]
)
def test_the_lines_of_a_chart_have_round_numbers(highest, step):
    assert step_for(Decimal(highest)) == step


def test_columns_stay_inside_the_chart_and_the_highest_is_the_highest():
    days = [Day(date(2026, 1, 1) + timedelta(n), 1, 1, Decimal(n * 10)) for n in range(60)]

    columns = Columns.of(days)

    assert min(columns.bars, key=lambda bar: bar.y) is columns.bars[-1]
    assert all(columns.left <= bar.x and bar.x + bar.width <= columns.right for bar in columns.bars)
    assert all(bar.y + bar.height == columns.floor for bar in columns.bars)
    assert 1 < sum(bool(bar.label) for bar in columns.bars) <= 8


def test_a_day_without_sales_stands_in_the_chart_as_a_gap():
    first, last = (Day(date(2026, 1, day), 1, 1, Decimal(10)) for day in (1, 4))

    heights = [bar.height for bar in Columns.of([first, last]).bars]

    assert heights[1:3] == [0, 0] and heights[0] == heights[3] > 0


def test_a_chart_shows_the_last_days_of_a_long_time():
    long_ago, today = Day(date(2020, 1, 1), 1, 1, Decimal(99)), Day(date(2026, 1, 4), 1, 1, Decimal(10))

    bars = Columns.of([long_ago, today]).bars

    assert len(bars) == 60 and "04.01.2026" in bars[-1].words


def test_shares_are_measured_by_the_biggest():
    found = shares([Category("Desk", 3, Decimal(200)), Category("Kitchen", 1, Decimal(50))])

    assert [share.percent for share in found] == [100, 25]
    assert shares([]) == []
