"""Noticing changed files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardy.supervisor import changes
from hardy.supervisor.changes import Changes


@pytest.fixture(autouse=True)
def look_at_every_call(monkeypatch):
    monkeypatch.setattr(changes, "EVERY_SECONDS", 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages" / "templates").mkdir(parents=True)
    (tmp_path / "pages" / "views.py").write_text("")
    return tmp_path


def test_nothing_is_noticed_when_nothing_changed(folder):
    assert Changes([folder]).noticed() == []


def test_a_written_an_added_and_a_removed_file_are_noticed_once(folder):
    watch = Changes([folder])
    views, page = folder / "pages" / "views.py", folder / "pages" / "templates" / "page.html"

    views.write_text("changed")
    page.write_text("added")
    assert watch.noticed() == [page, views]
    page.unlink()
    assert watch.noticed() == [page]
    assert watch.noticed() == []


@pytest.mark.parametrize(
    "name", ["pages/shop.sqlite3", ".git/config.py", "__pycache__/views.py", "node_modules/a.py"]
)
def test_what_is_no_source_is_not_looked_at(folder, name):
    (folder / name).parent.mkdir(exist_ok=True)
    watch = Changes([folder])

    (folder / name).write_text("changed")

    assert watch.noticed() == []


def test_a_folder_that_vanishes_is_no_error(tmp_path):
    assert Changes([tmp_path / "gone"]).noticed() == []


def test_looks_are_a_while_apart(folder, monkeypatch):
    monkeypatch.setattr(changes, "EVERY_SECONDS", 3600.0)
    watch = Changes([folder])

    (folder / "pages" / "views.py").write_text("changed")

    assert watch.noticed() == []
