"""docs/reference/commands.md names every field that `--json` prints; what pages tell one to type is understood."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hardy.conf.objectives import Objective
from hardy.db.counting import Counted
from hardy.ledger.models import Job, Run
from hardy.ledger.presenters import job_as_json, run_as_json
from hardy.ledger.queries import QueueStatus, WorkerStatus
from hardy.management.commands.hardy import Command
from hardy.records.fault_presenters import contrast_as_json, fault_as_json
from hardy.records.faults import Fault
from hardy.records.outstanding import Contrast
from hardy.telemetry.objectives import WINDOWS, Reading, Window

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "reference" / "commands.md"
NOW = datetime.now(UTC)
RUN = Run(enqueued_at=NOW, due_at=NOW, finished_at=NOW)

PRINTED = {
    "`workers`": [field.name for field in fields(WorkerStatus)],
    "`queues`": [field.name for field in fields(QueueStatus)],
    "`objectives`": list(Reading(Objective("", 1, 99), dict.fromkeys(WINDOWS, Window())).as_json()),
    "## `hardy jobs": list(job_as_json(Job(enqueued_at=NOW, due_at=NOW))),
    "## `hardy errors --json": list(fault_as_json(Fault("", RUN, Counted(1), NOW, NOW))),
    "`hardy errors show": list(contrast_as_json(Contrast([], 0, 0))),
    "## `hardy runs": list(run_as_json(RUN, full=True)),
}


@pytest.mark.parametrize("heading", PRINTED, ids=lambda heading: heading.strip("#` "))
def test_every_field_has_its_row_in_the_order_in_which_it_is_printed(heading):
    table = PAGE.read_text().split(f"\n{heading}", 1)[1].split("|---|---|\n", 1)[1].split("\n\n", 1)[0]

    assert re.findall(r"^\| `(\w+)` \| .+ \|$", table, re.MULTILINE) == PRINTED[heading]


def typed(page: str) -> list[str]:
    """What a page shows at the beginning of a line, up to what it says about it."""
    lines = re.findall(r"^manage\.py hardy ([^#|\n]+)", (DOCS / page).read_text(), re.MULTILINE)
    return [line.replace("…", "").strip() for line in lines]


@pytest.mark.parametrize("page", ["what-happened.md", "queue-length.md", "dead-letters.md"])
def test_what_a_page_tells_one_to_type_is_understood(page):
    assert typed(page)
    for line in typed(page):
        Command().create_parser("manage.py", "hardy").parse_args(shlex.split(line))


@pytest.mark.parametrize("page", ["what-happened.md", "queue-length.md", "reference/commands.md"])
def test_every_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#\s]+)", (DOCS / page).read_text())

    assert [link for link in links if not (DOCS / page).parent.joinpath(link).exists()] == []
