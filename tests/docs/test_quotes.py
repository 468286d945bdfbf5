"""What a page quotes from a file of the repository stands in that file, word for word."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.docs.pages import GUIDES, PAGES, Block, blocks, name_of

#: The file that a paragraph names before it shows a piece of it.
SOURCE = re.compile(r"\]\(((?:\.\./)+(?:shop|deploy|tests)/[^)#]+\.\w+)\)")


def quotations(page: Path) -> list[tuple[Path, Block]]:
    """Each block whose paragraph ends with a colon after it has named a file, with that file."""
    found = []
    for block in blocks(page, "python", "yaml", "ini", "sh"):
        named = SOURCE.findall(block.said)
        if named and block.said.rstrip().endswith(":"):
            found.append(((page.parent / named[-1]).resolve(), block))
    return found


QUOTING = [page for page in PAGES if quotations(page)]


@pytest.mark.parametrize("page", QUOTING, ids=name_of)
def test_every_quotation_stands_in_its_file(page):
    wrong = [
        f"line {block.line}: {file.name} does not say\n{block.code}"
        for file, block in quotations(page)
        if not says(file.read_text(), block.code)
    ]

    assert wrong == []


def says(source: str, code: str) -> bool:
    """Whether the pieces of a quotation, between lines of nothing but …, stand in `source` in their order."""
    lines = [line.strip() for line in source.splitlines()]
    at = 0
    for piece in re.split(r"^\s*(?:# )?…\n", code, flags=re.MULTILINE):
        wanted = [line.strip() for line in dedent(piece).strip("\n").splitlines()]
        places = range(at, len(lines) - len(wanted) + 1)
        found = next((place for place in places if lines[place : place + len(wanted)] == wanted), None)
        if found is None:
            return False
        at = found + len(wanted)
    return True


def test_a_quotation_that_differs_is_found():
    source = "one = 1\n\n\ndef two():\n    return 2\n\n\nthree = 3\n"

    assert says(source, "def two():\n    return 2\n")
    assert says(source, "one = 1\n# …\nthree = 3\n")
    assert not says(source, "def two():\n    return 3\n")
    assert not says(source, "three = 3\n# …\none = 1\n")


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_every_guide_is_built_on_a_file_of_the_repository(page):
    assert quotations(page)
