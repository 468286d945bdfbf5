"""Building a report's PDF. The file appears whole or not at all: written under another name, then renamed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from django.utils import timezone

from apps.reports import pdf
from apps.reports.figures import Figures
from apps.reports.models import Report

ABANDONED_AFTER_SECONDS = 60 * 60


class PDFGenerator:
    """`build` makes a report's file, `cleanup` removes what an interrupted build left behind."""

    @staticmethod
    def build(report_id: int) -> str:
        """The path of the finished file."""
        report = Report.objects.select_related("user").get(pk=report_id)
        with finished_file(report.file) as partial:
            pdf.write(partial, Figures.of(report))
        return str(report.file)

    @staticmethod
    def cleanup(report_id: int) -> None:
        for partial in partial_files(Report(pk=report_id).file):
            partial.unlink(missing_ok=True)


@contextmanager
def finished_file(file: Path) -> Iterator[Path]:
    """A path to write to, which becomes `file` when all went well. Two builds at once don't meet in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    forget_abandoned(file.parent)
    partial = file.with_name(f"{file.stem}.{uuid4().hex}.part")
    yield partial
    partial.replace(file)


def partial_files(file: Path) -> Iterator[Path]:
    return file.parent.glob(f"{file.stem}.*.part")


def forget_abandoned(folder: Path) -> None:
    """Remove what was left by builds whose worker was killed: no build takes an hour."""
    for partial in folder.glob("*.part"):
        if time.time() - partial.stat().st_mtime > ABANDONED_AFTER_SECONDS:
            partial.unlink(missing_ok=True)


def mark_building(report_id: int) -> None:
    Report.objects.filter(pk=report_id).update(status=Report.Status.BUILDING, error="")


def mark_ready(report_id: int) -> None:
    Report.objects.filter(pk=report_id).update(status=Report.Status.READY, finished_at=timezone.now())


def mark_failed(report_id: int, error: str) -> None:
    Report.objects.filter(pk=report_id).update(
        status=Report.Status.FAILED, error=error[:300], finished_at=timezone.now()
    )
