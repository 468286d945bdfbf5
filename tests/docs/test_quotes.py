"""What a page quotes from a file of the repository stands in that file, word for word."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import GUIDES, PAGES, name_of, quotations

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
    words, at = squeezed(source), 0
    for piece in re.split(r"^\s*(?:# )?…\n", code, flags=re.MULTILINE):
        found = words.find(squeezed(piece), at)
        if found < 0:
            return False
        at = found + len(squeezed(piece))
    return True


def squeezed(code: str) -> str:
    """Code without its line breaks and indentation: a piece that is not as deep breaks its lines elsewhere."""
    return re.sub(r"\s+", "", code).replace(",)", ")")


def test_a_quotation_that_differs_is_found():
    source = "one = 1\n\n\ndef two():\n    return 2\n\n\nthree = 3\n"

    assert says(source, "def two():\n    return 2\n")
    assert says(source, "one = 1\n# …\nthree = 3\n")
    assert not says(source, "def two():\n    return 3\n")
    assert not says(source, "three = 3\n# …\none = 1\n")


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_every_guide_is_built_on_a_file_of_the_repository(page):
    assert quotations(page)
