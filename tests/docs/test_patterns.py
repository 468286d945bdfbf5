"""docs/reference/patterns.md and docs/deploy.md: every line has what holds it and what proves it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PATTERNS = DOCS / "reference" / "patterns.md"
DEPLOY = DOCS / "deploy.md"

LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(?:#[^)]*)?\)")
SECTION = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (?!line of the patterns)(.+) \| (.+) \| (.+) \|$", re.MULTILINE)

#: How many lines each section of the patterns has at least.
LINES = {1: 18, 2: 16, 3: 5, 4: 2, 5: 3, 6: 3, 7: 6, 8: 3, 9: 3, 10: 8}


def rows() -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = ROW.findall(PATTERNS.read_text())
    return found


def names_of_tests(file: Path) -> set[str]:
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_section_of_the_patterns_is_there_with_all_its_lines():
    sections = {int(match[1]): len(ROW.findall(match[0])) for match in SECTION.finditer(PATTERNS.read_text())}

    assert sections == LINES


@pytest.mark.parametrize(("line", "held", "proven"), rows(), ids=lambda cell: cell[:50])
def test_every_line_names_the_file_that_holds_it_and_a_test_that_exists(line, held, proven):
    assert LINK.search(held), line
    proofs = LINK.findall(proven)
    assert proofs, line
    for name, target in proofs:
        assert target.startswith("../../tests/"), line
        assert name in names_of_tests(PATTERNS.parent / target), f"{name} is not in {target}"


@pytest.mark.parametrize(
    "setting",
    [
        "`supervisord` or `systemd` unit",
        "`CELERY_TASK_ACKS_LATE = True`",
        "`CELERY_WORKER_PREFETCH_MULTIPLIER = 1`",
        "`-Q default,high_priority,low_priority`",
        "`CELERY_TASK_SOFT_TIME_LIMIT` set",
        "Sentry integration",
        "Flower or another monitor",
        "beat on a single node only (or, better, safe on many)",
    ],
)
def test_the_deployment_guide_walks_every_line_of_the_checklist(setting):
    [line] = [line for line in DEPLOY.read_text().splitlines() if f"| {setting} |" in line]

    assert LINK.search(line)
