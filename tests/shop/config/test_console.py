"""What a developer's terminal shows of the development server, and how."""

from __future__ import annotations

import logging

import pytest

from config.console import LOGGING, Line, WorthALine


def request(line: str, status: int) -> logging.LogRecord:
    """A line of Django's development server."""
    said = (f"{line} HTTP/1.1", str(status), "7258")
    record = logging.LogRecord("django.server", logging.INFO, __file__, 1, '"%s" %s %s', said, None)
    record.status_code = status
    return record


@pytest.mark.parametrize(
    "line",
    [
        "GET /static/shop/shop.css",
        "GET /backstage/strip/",
        "GET /backstage/now/",
        "GET /orders/4/progress/?seen=3",
        "GET /reports/4/row/?seen=building",
        "GET /staff/warehouse/now/",
        "GET /api/health/",
    ],
)
def test_what_nobody_asked_for_by_hand_is_silent_unless_it_fails(line):
    assert not WorthALine().filter(request(line, 200))
    assert WorthALine().filter(request(line, 404))


@pytest.mark.parametrize("line", ["GET /", "GET /orders/4/", "POST /api/orders/", "GET /warehouse/"])
def test_what_a_person_does_is_a_line(line):
    assert WorthALine().filter(request(line, 200))


def test_a_line_begins_with_the_time_and_names_only_what_is_worse_than_a_warning():
    line = Line().format(request("GET /", 200))

    assert line[2::3][:2] == "::"
    assert line[8:] == ' "GET / HTTP/1.1" 200 7258'
    failed = logging.LogRecord("shop", logging.ERROR, __file__, 1, "it fell", (), None)
    assert Line().format(failed).endswith("it fell (ERROR)")


def test_a_task_is_one_line_and_a_404_too():
    levels = {name: logger.get("level") for name, logger in LOGGING["loggers"].items()}

    assert (levels["celery.worker.strategy"], levels["django.request"]) == ("WARNING", "ERROR")
