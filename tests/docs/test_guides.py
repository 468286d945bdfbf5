"""docs/guides: what can run of them runs."""

from __future__ import annotations

import pytest

from apps.payments.tasks import charge_card
from tests.docs.pages import DOCS, ROOT, blocks

GUIDES = DOCS / "guides"


def lines_with(page: str, word: str) -> list[str]:
    """What a page tells one to type with `word` in it, without what it says about that."""
    typed = [line for block in blocks(ROOT / page, "") for line in block.code.splitlines() if word in line]
    return [line.partition("  #")[0].rstrip() for line in typed]


def test_the_way_into_a_project_is_that_of_the_readme():
    """tests/test_first_day.py walks it."""
    for word in ("pip install", "hardy init", "migrate"):
        typed = lines_with("docs/guides/your-project.md", word)
        assert typed
        assert typed == lines_with("README.md", word)


@pytest.mark.django_db
def test_what_failed_yesterday_is_found_and_sent_again(hardy_jobs, capsys):
    charge_card.delay(1)
    with hardy_jobs.failing(charge_card, TimeoutError("the gateway is away")):
        hardy_jobs.drain(raising=False)

    found = run_block("failed-yesterday.md", "RunFilter")

    assert [run.task for run in found["failed"]] == ["payments.charge_card"]
    assert capsys.readouterr().out == "1 sent again; []\n"
    hardy_jobs.assert_enqueued(charge_card, args=[1])


def run_block(page: str, name: str) -> dict[str, object]:
    """Run the one block of a guide that speaks of `name`, and return what it has made."""
    [block] = [block for block in blocks(GUIDES / page, "python") if name in block.code]
    names: dict[str, object] = {}
    exec(block.code, names)  # noqa: S102 - the page is the subject
    return names
