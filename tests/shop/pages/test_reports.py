from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from apps.reports.models import Report

pytestmark = pytest.mark.django_db

DAYS = {"first_day": "2026-01-01", "last_day": "2026-01-31"}


@pytest.fixture
def report(customer):
    """A report that nobody has begun to build."""
    return Report.objects.create(user=customer, first_day=date(2026, 1, 1), last_day=date(2026, 1, 31))


def test_who_is_not_logged_in_is_asked_to(client, report):
    for address in ("/reports/", f"/reports/{report.pk}/orders.pdf"):
        assert client.get(address).url == f"/login/?next={address}"


def test_no_reports_yet_and_the_form_offers_the_last_thirty_days(page, customer):
    shown = page("/reports/", customer)

    assert "No reports yet" in shown
    assert f'value="{timezone.localdate() - timedelta(days=29)}"' in shown


def test_a_report_is_asked_for_built_and_downloaded(client, paid_order, customer):
    client.force_login(customer)

    ready = client.post("/reports/", DAYS, follow=True).content.decode()
    report = Report.objects.get()
    pdf = client.get(f"/reports/{report.pk}/orders.pdf")

    assert "pill--ready" in ready and f"/reports/{report.pk}/orders.pdf" in ready
    assert b"".join(pdf).startswith(b"%PDF")
    assert pdf["Content-Disposition"] == 'attachment; filename="orders-2026-01-01-2026-01-31.pdf"'


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"first_day": "2026-02-01", "last_day": "2026-01-31"}, "The last day is before the first."),
        ({"first_day": "1990-01-01", "last_day": "2026-01-31"}, "at most 3660 days"),
        ({"first_day": "soon", "last_day": "2026-01-31"}, "Enter a valid date."),
        ({}, "This field is required."),
    ],
)
def test_wrong_days_are_told_at_their_field(client, customer, days, said):
    client.force_login(customer)

    shown = client.post("/reports/", days).content.decode()

    assert said in shown and 'aria-invalid="true"' in shown
    assert not Report.objects.exists()


def test_only_the_staff_may_ask_for_the_orders_of_all(client, customer, staff):
    for user in (customer, staff):
        client.force_login(user)
        client.post("/reports/", {**DAYS, "scope": Report.Scope.SHOP})

    assert Report.objects.get(user=customer).scope == Report.Scope.MINE
    assert Report.objects.get(user=staff).scope == Report.Scope.SHOP


def test_a_report_is_seen_by_whoever_asked_for_it_and_the_staff(client, report, customer, staff, stranger):
    row = f"/reports/{report.pk}/row/"

    for user, status in ((customer, 200), (staff, 200), (stranger, 404)):
        client.force_login(user)
        assert client.get(row).status_code == status
    assert client.post(f"/reports/{report.pk}/again/").status_code == 404


def test_a_row_moves_until_the_report_is_ready(client, report, customer):
    client.force_login(customer)
    address = f"/reports/{report.pk}/row/?seen={report.status}"
    assert client.get(address).status_code == 204

    Report.objects.update(status=Report.Status.BUILDING)
    building = client.get(address).content.decode()
    Report.objects.update(status=Report.Status.READY, finished_at=timezone.now())
    ready = client.get(address).content.decode()

    assert "hx-get" in building and "being built" in building
    assert "hx-get" not in ready and "Download" in ready


def test_a_report_that_is_not_ready_has_no_file(page, report, customer):
    page(f"/reports/{report.pk}/orders.pdf", customer, status=404)


def test_a_report_whose_file_is_gone_is_not_found(page, report, customer):
    Report.objects.update(status=Report.Status.READY)

    page(f"/reports/{report.pk}/orders.pdf", customer, status=404)


def test_a_report_that_failed_says_why_and_is_asked_for_again(client, page, report, customer):
    Report.objects.update(status=Report.Status.FAILED, error="It is too big.", finished_at=timezone.now())
    assert "It is too big." in page("/reports/", customer)

    client.post(f"/reports/{report.pk}/again/")

    assert [again.status for again in Report.objects.all()] == [Report.Status.READY, Report.Status.FAILED]
    assert Report.objects.first().first_day == report.first_day


def test_a_report_that_did_not_fail_is_not_built_again(client, report, customer):
    client.force_login(customer)

    client.post(f"/reports/{report.pk}/again/")

    assert Report.objects.count() == 1


def test_the_list_asks_the_database_as_often_for_many_reports_as_for_one(
    client, customer, django_assert_num_queries
):
    Report.objects.bulk_create(
        Report(user=customer, first_day=date(2026, 1, 1), last_day=date(2026, 1, 31)) for _ in range(30)
    )
    client.force_login(customer)

    with django_assert_num_queries(3):  # session, user, reports
        assert client.get("/reports/").content.decode().count('class="report card"') == 20
