from __future__ import annotations

from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from celery.utils.log import get_task_logger

from apps.reports import work

logger = get_task_logger(__name__)


@shared_task(bind=True, name="reports.generate_pdf", soft_time_limit=120, time_limit=150)
def generate_pdf_report(self: Task, report_id: int) -> str:
    """Build a report's PDF; returns its path. One that takes too long leaves nothing behind but the news."""
    # services enqueues this task, so it can't be imported above.
    from apps.reports.services import PDFGenerator

    work.mark_building(report_id)
    try:
        path = PDFGenerator.build(report_id)
    except SoftTimeLimitExceeded:
        PDFGenerator.cleanup(report_id)
        work.mark_failed(report_id, "The report is too big to be built in time. Choose fewer days.")
        raise
    except Exception as exc:
        PDFGenerator.cleanup(report_id)
        work.mark_failed(report_id, f"The report could not be built: {exc}")
        raise
    work.mark_ready(report_id)
    logger.info("report %s is ready: %s", report_id, path)
    return path
