"""What people can ask of `reports`. The task looks `PDFGenerator` up here, so that a test may replace it."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from apps.reports.models import Report
from apps.reports.tasks import generate_pdf_report
from apps.reports.work import PDFGenerator
from apps.users.models import User

__all__ = ["PDFGenerator", "request_report"]


def request_report(user: User, first_day: date, last_day: date, scope: str = Report.Scope.MINE) -> Report:
    """A report that will be built soon."""
    with transaction.atomic():
        report = Report.objects.create(user=user, first_day=first_day, last_day=last_day, scope=scope)
        generate_pdf_report.delay(report.pk)
    return report
