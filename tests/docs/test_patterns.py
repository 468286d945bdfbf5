"""docs/patterns.md and docs/deploy.md: what they link exists, and what they quote stands there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PATTERNS = DOCS / "patterns.md"
DEPLOY = DOCS / "deploy.md"

LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+)(?:#[^)]*)?\)")
SECTION = re.compile(r"^## (\d+)\. .*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (?!line of the patterns)(.+) \| (.+) \| (.+) \|$", re.MULTILINE)
#: A quotation: the paragraph that names its file, and the block that follows.
QUOTE = re.compile(r"\[[\w.]+\]\((\.\./shop/[^)]+)\)[^\n]*(?:\n[^\n`|]+)*\n\n```python\n(.+?)```", re.DOTALL)

#: How many lines each section of the patterns has at least.
LINES = {1: 18, 2: 16, 3: 5, 4: 2, 5: 3, 6: 3, 7: 6, 8: 3, 9: 3, 10: 8}


def rows() -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = ROW.findall(PATTERNS.read_text())
    return found


def names_of_tests(file: Path) -> set[str]:
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("page", [PATTERNS, DEPLOY], ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    for text, target in LINK.findall(page.read_text()):
        assert target.startswith("http") or (DOCS / target).exists(), f"[{text}]({target})"


def test_every_section_of_the_patterns_is_there_with_all_its_lines():
    sections = {int(match[1]): len(ROW.findall(match[0])) for match in SECTION.finditer(PATTERNS.read_text())}

    assert sections == LINES


@pytest.mark.parametrize(("line", "held", "proven"), rows(), ids=lambda cell: cell[:50])
def test_every_line_names_the_file_that_holds_it_and_a_test_that_exists(line, held, proven):
    assert LINK.search(held), line
    proofs = LINK.findall(proven)
    assert proofs, line
    for name, target in proofs:
        assert target.startswith("../tests/"), line
        assert name in names_of_tests(DOCS / target), f"{name} is not in {target}"


def test_every_good_form_stands_in_the_file_that_it_is_quoted_from():
    quotes = QUOTE.findall(PATTERNS.read_text())

    assert len(quotes) == 5
    for target, block in quotes:
        assert block in (DOCS / target).read_text(), f"{target} does not say:\n{block}"


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
