"""MkDocs' hook: what docs/ links outside of itself becomes part of the site.

The pages are read in three places: in a checkout, where a code host shows the repository, and on the site. So they link
the shop's files by relative paths, and here each linked file becomes a page that shows it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
SOURCE = "source/"
#: Pages that lie at the root of the repository, and what they are called here.
AT_THE_ROOT = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "at-a-glance.md",
}
LINK = re.compile(r"(?<=\]\()([^)#\s:]+)(?=[)#])")
LANGUAGES = {
    ".py": "python",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".conf": "ini",
    ".service": "ini",
    ".target": "ini",
}
#: What only repeats the rest has no place in the search.
SHOWN = "---\ntitle: {name}\nsearch:\n  exclude: true\nhide: [toc]\n---\n\n# `{path}`\n\n{body}\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie at the root, and one for each file that a page links outside of docs/."""
    for name, uri in AT_THE_ROOT.items():
        files.append(File.generated(config, uri, content=(ROOT / name).read_text()))
    for target in sorted({target for page in files.documentation_pages() for target in outside(page)}):
        files.append(File.generated(config, page_of(target), content=shown(target)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead every link that leaves docs/ to the page that shows its target."""
    if page.file.src_uri.startswith(SOURCE):
        return markdown

    def led(link: re.Match[str]) -> str:
        target = target_of(link[1], page.file.src_uri)
        if target.is_relative_to(DOCS) and not is_at_the_root(page.file.src_uri):
            return link[1]
        return os.path.relpath(page_of(target), Path(page.file.src_uri).parent)

    return LINK.sub(led, markdown)


def outside(page: File) -> Iterator[Path]:
    """The files and folders of the repository, but not of docs/, that a page links; of a folder its files too."""
    for link in LINK.findall(page.content_string):
        target = target_of(link, page.src_uri)
        if target.is_relative_to(DOCS) or target.name in AT_THE_ROOT or not target.exists():
            continue
        yield target
        if target.is_dir():
            yield from files_of(target)


def files_of(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.is_file())


def target_of(link: str, uri: str) -> Path:
    home = ROOT if is_at_the_root(uri) else (DOCS / uri).parent
    return (home / link).resolve()


def is_at_the_root(uri: str) -> bool:
    return uri in AT_THE_ROOT.values()


def page_of(target: Path) -> str:
    """Where the site has a file of the repository."""
    if target.is_relative_to(DOCS):
        return target.relative_to(DOCS).as_posix()
    path = target.relative_to(ROOT).as_posix()
    return AT_THE_ROOT.get(path, f"{SOURCE}{path}.md")


def shown(target: Path) -> str:
    body = listed(target) if target.is_dir() else quoted(target)
    return SHOWN.format(name=target.name, path=target.relative_to(ROOT), body=body)


def listed(folder: Path) -> str:
    here = Path(page_of(folder)).parent
    return "\n".join(f"- [{file.name}]({os.path.relpath(page_of(file), here)})" for file in files_of(folder))


def quoted(file: Path) -> str:
    return f"``````{LANGUAGES.get(file.suffix, 'text')}\n{file.read_text()}\n``````"
