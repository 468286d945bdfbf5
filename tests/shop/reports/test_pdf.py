"""Reports on paper: whole or not there at all."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from unittest.mock import patch

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone
from pypdf import PdfReader

from apps.orders.models import Order
from apps.reports import pdf, services, work
from apps.reports.figures import Figures
from apps.reports.models import Report
from apps.reports.tasks import generate_pdf_report
from apps.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def report(paid_order):
    today = timezone.localdate()
    return Report.objects.create(user=paid_order.user, first_day=today - timedelta(days=30), last_day=today)


def text_of(path):
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def test_the_task_keeps_its_contract():
    task = generate_pdf_report

    assert (task.name, task.soft_time_limit, task.time_limit) == ("reports.generate_pdf", 120, 150)


def test_a_report_tells_of_the_orders_and_what_they_add_up_to(report, paid_order):
    path = generate_pdf_report.apply(args=[report.pk]).get()

    report.refresh_from_db()
    text = text_of(path)
    assert path == str(report.file)
    assert report.status == Report.Status.READY
    assert "Orders of ann@example.com" in text
    assert "1 order, 25.00 EUR in all." in text
    assert "paid, being packed" in text
    assert "Turnover in EUR" in text


def test_a_customers_report_tells_of_their_own_orders_only(report, staff):
    Order.objects.create(user=staff, total=99)

    assert "99" not in text_of(generate_pdf_report(report.pk))

    report.scope = Report.Scope.SHOP
    report.save()
    assert "2 orders, 124.00 EUR in all." in text_of(generate_pdf_report(report.pk))


def test_a_report_without_orders_says_so(customer):
    today = timezone.localdate()
    report = services.request_report(customer, today, today)

    assert "No orders in this period." in text_of(report.file)


def test_the_table_goes_on_over_pages_with_its_head(report, customer):
    Order.objects.bulk_create(Order(user=customer, total=1) for _ in range(120))

    pages = PdfReader(generate_pdf_report(report.pk)).pages

    assert len(pages) >= 3
    assert all("Customer" in page.extract_text() for page in pages)


def test_a_long_period_still_fits_the_chart(report):
    report.first_day -= timedelta(days=3650)

    bars = Figures.of(report).bars()

    assert len(bars) <= 31
    assert sum(turnover for _, turnover in bars) == 25


def test_a_name_that_looks_like_markup_is_printed_as_it_is(report):
    User.objects.update(email="<b>&@example.com")

    assert "<b>&@example.com" in text_of(generate_pdf_report(report.pk))


def test_no_file_appears_before_it_is_whole(report):
    seen = []

    def write(file, figures):
        file.write_bytes(b"half")
        seen.append((file.exists(), report.file.exists()))

    with patch.object(pdf, "write", write):
        generate_pdf_report(report.pk)

    assert seen == [(True, False)]
    assert [file.name for file in report.file.parent.iterdir()] == [report.file.name]


@pytest.mark.parametrize(
    ("error", "news"),
    [(SoftTimeLimitExceeded(), "too big to be built in time"), (OSError("disk full"), "disk full")],
)
def test_an_interrupted_build_leaves_nothing_but_the_news(report, error, news):
    def write(file, figures):
        file.write_bytes(b"half")
        raise error

    with patch.object(pdf, "write", write), pytest.raises(type(error)):
        generate_pdf_report.apply(args=[report.pk])

    report.refresh_from_db()
    assert list(report.file.parent.iterdir()) == []
    assert report.status == Report.Status.FAILED
    assert news in report.error


def test_cleaning_up_leaves_the_files_of_others(report, shop_data):
    folder = shop_data / "reports"
    folder.mkdir()
    mine, other, finished = (
        folder / name for name in (f"report-{report.pk}.a.part", "report-999.b.part", "report-999.pdf")
    )
    for file in (mine, other, finished):
        file.touch()

    services.PDFGenerator.cleanup(report.pk)

    assert sorted(folder.iterdir()) == [other, finished]


def test_what_a_killed_worker_left_is_removed_by_a_later_build(report, shop_data):
    folder = shop_data / "reports"
    folder.mkdir()
    old, fresh = folder / "report-998.a.part", folder / "report-999.b.part"
    for file in (old, fresh):
        file.touch()
    os.utime(old, (time.time() - 2 * work.ABANDONED_AFTER_SECONDS,) * 2)

    generate_pdf_report(report.pk)

    assert (old.exists(), fresh.exists()) == (False, True)
