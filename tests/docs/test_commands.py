"""docs/reference/commands.md names every field that `--json` prints."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hardy.ledger.models import Job, Run
from hardy.ledger.presenters import job_as_json, run_as_json
from hardy.ledger.queries import QueueStatus, WorkerStatus

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "reference" / "commands.md"
NOW = datetime.now(UTC)

PRINTED = {
    "`workers`": [field.name for field in fields(WorkerStatus)],
    "`queues`": [field.name for field in fields(QueueStatus)],
    "## `hardy jobs": list(job_as_json(Job(enqueued_at=NOW, due_at=NOW))),
    "## `hardy runs": list(run_as_json(Run(enqueued_at=NOW, due_at=NOW, finished_at=NOW), full=True)),
}


@pytest.mark.parametrize("heading", PRINTED, ids=lambda heading: heading.strip("#` "))
def test_every_field_has_its_row_in_the_order_in_which_it_is_printed(heading):
    table = PAGE.read_text().split(f"\n{heading}", 1)[1].split("|---|---|\n", 1)[1].split("\n\n", 1)[0]

    assert re.findall(r"^\| `(\w+)` \| .+ \|$", table, re.MULTILINE) == PRINTED[heading]
