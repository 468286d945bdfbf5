"""``--write``: the tables of docs/benchmarks.md between their markers, and the charts beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "benchmarks.md"
IMAGES = DOCS / "images"


def write(tables: Mapping[str, str]) -> None:
    """Put what was measured into the page; what was not measured stays as it is."""
    PAGE.write_text(filled(PAGE.read_text(), tables))


def draw(name: str, drawing: str) -> None:
    """Put a chart beside the page."""
    (IMAGES / f"bench-{name}.svg").write_text(drawing)


def filled(page: str, tables: Mapping[str, str]) -> str:
    """Return ``page`` with the text between each table's markers replaced; a marker that is missing is an error."""
    for name, table in tables.items():
        between = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        page, found = between.subn(lambda marks, table=table: f"{marks[1]}{table}\n{marks[2]}", page)
        if found != 1:
            raise ValueError(
                f"the page has {found} places for {name}; put <!-- {name}: begin --> and end once"
            )
    return page
