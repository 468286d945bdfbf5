"""Every link inside the repository leads to a file, and to a heading that the file has."""

from __future__ import annotations

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT, anchor, anchors, links, name_of


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page):
    lost = [target for target, _ in links(page) if target and not (page.parent / target).exists()]

    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_anchor_is_a_heading(page):
    lost = [
        f"{target}#{heading}"
        for target, heading in links(page)
        if heading and heading not in anchors((page.parent / target) if target else page)
    ]

    assert lost == []


def test_anchors_are_made_as_code_hosts_make_them():
    assert anchor("`hardy status --json`") == "hardy-status---json"
    assert anchor("When it fails, [look](there.md)") == "when-it-fails-look"


def test_every_page_has_its_place_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    pages = [page.relative_to(DOCS).as_posix() for page in PAGES if page.is_relative_to(DOCS)]

    assert [page for page in pages if f" {page}\n" not in navigation] == []
