"""The pages that people read: docs/, and those at the root of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]
GUIDES = [page for page in PAGES if page.parent == DOCS / "guides"]

BLOCK = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
#: The file that a paragraph names before it shows a piece of it.
SOURCE = re.compile(r"\]\(((?:\.\./)+(?:shop|deploy|tests)/[^)#]+\.\w+)\)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@dataclass(frozen=True)
class Block:
    """A block of code, and the paragraph before it."""

    language: str
    code: str
    said: str
    line: int


def blocks(page: Path, *languages: str) -> Iterator[Block]:
    text = page.read_text()
    for block in BLOCK.finditer(text):
        before = text[: block.start()]
        if block[1] in languages:
            yield Block(
                block[1], dedent(block[2]), before.rstrip().rpartition("\n\n")[2], before.count("\n") + 1
            )


def shown(page: Path) -> Iterator[Block]:
    """The blocks of Python that a page has written itself, and not quoted."""
    quoted = {block for _, block in quotations(page)}
    return (block for block in blocks(page, "python") if block not in quoted)


def quotations(page: Path) -> list[tuple[Path, Block]]:
    """Each block whose paragraph ends with a colon after it has named a file, with that file."""
    found = []
    for block in blocks(page, "python", "yaml", "ini", "sh"):
        named = SOURCE.findall(block.said)
        if named and block.said.rstrip().endswith(":"):
            found.append(((page.parent / named[-1]).resolve(), block))
    return found


def prose(page: Path) -> str:
    """What a page says outside of its blocks."""
    return BLOCK.sub("", page.read_text())


def links(page: Path) -> Iterator[tuple[str, str]]:
    """The file and the anchor of each link that does not leave the repository."""
    for link, image in LINK.findall(prose(page)):
        target, _, anchor = (link or image).partition("#")
        if "://" not in target:
            yield target, anchor


def anchors(page: Path) -> set[str]:
    """What a code host, and the site, make of a page's headings."""
    headings = re.findall(r"^#{1,6} (.+)$", prose(page), re.MULTILINE)
    return {anchor(heading) for heading in headings}


def anchor(heading: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
