"""A report on paper: what it adds up to, a chart, and a table that repeats its head on every page."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.shapes import Drawing, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

import hardy
from apps.reports.figures import Figures

GREEN = colors.HexColor("#0f5c4d")
LINE = colors.HexColor("#ddd6c8")
TINT = colors.HexColor("#f6f3ec")
FAINT = colors.HexColor("#5a6866")
HEAD = ("Order", "Date", "Customer", "Status", "Items", "Total (EUR)")
#: About as many as there are; what a report will have, nobody knows before it is printed.
ROWS_A_PAGE = 40
WIDTHS = [16 * mm, 22 * mm, 60 * mm, 40 * mm, 14 * mm, 24 * mm]


def write(file: Path, figures: Figures) -> None:
    """Print the report into the file."""
    document = SimpleDocTemplate(
        str(file),
        pagesize=A4,
        title=figures.title,
        author="The Hardy Shop",
        leftMargin=17 * mm,
        rightMargin=17 * mm,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
    )
    pages = 1 + len(figures.rows) // ROWS_A_PAGE

    def finish_page(canvas: Canvas, document: SimpleDocTemplate) -> None:
        footer(canvas, document)
        hardy.progress(min(document.page, pages), pages, f"page {document.page}")

    document.build(story(figures), onFirstPage=finish_page, onLaterPages=finish_page)


def story(figures: Figures) -> list[Flowable]:
    styles = getSampleStyleSheet()
    title = ParagraphStyle(
        "title", styles["Title"], alignment=0, textColor=GREEN, fontSize=20, spaceAfter=2 * mm
    )
    faint = ParagraphStyle("faint", styles["Normal"], textColor=FAINT)
    return [
        Paragraph(escape(figures.title), title),
        Paragraph(f"{figures.first_day:%d.%m.%Y} to {figures.last_day:%d.%m.%Y}", faint),
        Spacer(0, 4 * mm),
        Paragraph(f"<b>{counted(figures)}</b>, <b>{figures.total} EUR</b> in all.", styles["Normal"]),
        Spacer(0, 6 * mm),
        chart(figures.bars()),
        Spacer(0, 8 * mm),
        table(figures) if figures.rows else Paragraph("No orders in this period.", faint),
    ]


def counted(figures: Figures) -> str:
    return "1 order" if len(figures.rows) == 1 else f"{len(figures.rows)} orders"


def chart(bars: list[tuple[str, float]]) -> Drawing:
    """Turnover over time."""
    drawing = Drawing(176 * mm, 62 * mm)
    drawing.add(String(0, 58 * mm, "Turnover in EUR", fontName="Helvetica-Bold", fontSize=9, fillColor=FAINT))
    plot = VerticalBarChart()
    plot.x, plot.y, plot.width, plot.height = 14 * mm, 9 * mm, 160 * mm, 44 * mm
    plot.data = [[turnover for _, turnover in bars]]
    plot.bars[0].fillColor = GREEN
    plot.bars[0].strokeColor = None
    plot.barWidth, plot.groupSpacing = 8, 3
    plot.valueAxis.valueMin = 0
    plot.valueAxis.valueMax = max(10.0, 1.1 * max((turnover for _, turnover in bars), default=0))
    plot.valueAxis.labels.fontSize = plot.categoryAxis.labels.fontSize = 7
    plot.valueAxis.visibleGrid, plot.valueAxis.gridStrokeColor = True, LINE
    every = max(1, len(bars) // 10)
    plot.categoryAxis.categoryNames = [
        day if number % every == 0 else "" for number, (day, _) in enumerate(bars)
    ]
    drawing.add(plot)
    return drawing


def table(figures: Figures) -> LongTable:
    rows: list[tuple[Any, ...]] = [HEAD]
    rows += [
        (row.number, f"{row.day:%d.%m.%Y}", shortened(row.customer, 34), row.status, row.items, row.total)
        for row in figures.rows
    ]
    style = TableStyle(
        [
            ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 8.5),
            ("FONTSIZE", (0, 1), (-1, -1), 8.5),
            ("TEXTCOLOR", (0, 0), (-1, 0), colors.white),
            ("BACKGROUND", (0, 0), (-1, 0), GREEN),
            ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, TINT]),
            ("LINEBELOW", (0, 1), (-1, -1), 0.25, LINE),
            ("ALIGN", (4, 0), (-1, -1), "RIGHT"),
        ]
    )
    return LongTable(rows, colWidths=WIDTHS, repeatRows=1, style=style)


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def footer(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Helvetica", 8)
    canvas.setFillColor(FAINT)
    canvas.drawString(17 * mm, 11 * mm, f"The Hardy Shop, printed {timezone.localtime():%d.%m.%Y %H:%M}")
    canvas.drawRightString(A4[0] - 17 * mm, 11 * mm, f"page {document.page}")
