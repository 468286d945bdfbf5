"""Hardy speaks in the field's words: these are gone from names, messages, comments and docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READ = [
    path
    for folder, patterns in (
        ("src/hardy", ("*.py", "*.html", "*.css")),
        ("docs", ("*.md",)),
        (".", ("README.md", "CONTRIBUTING.md")),
    )
    for pattern in patterns
    for path in ((ROOT / folder).rglob(pattern) if folder != "." else [ROOT / pattern])
]

#: A word, as a pattern, and what the field says instead.
WORDS = {
    r"obituar\w*": "notify waiters",
    r"burial|bur(?:y|ied|ies)": "reap, heartbeat timeout",
    r"misfits?": "mismatch, unrunnable",
    r"overtaken": "fenced off",
    r"envelopes?": "message",
    r"doorbell": "wake-up pipe",
    r"leash": "watchdog",
    r"rosters?": "duty runner",
    r"fleets?": "workers, worker registry",
    r"adopt(?:s|ed|ing)?": "import a foreign message",
    r"steer(?:ing)?": "cancel, reschedule",
    r"crowds?|is_crowded": "burst",
    r"desk": "dead letters, triage",
    r"without a word": "crashed",
    r"outlast\w*": "retry while away",
    r"job_asked|job_ended|job_held|job_lost|attempt_overtaken|worker_buried": "see docs/reference/events.md",
    r"told again|is told of|was told of": "published",
    r"longer than no time": "must be positive",
    r"no length of time": "invalid duration",
}


@pytest.mark.parametrize("word", WORDS)
def test_no_word_of_our_own_stands_where_the_field_has_one(word: str) -> None:
    pattern = re.compile(rf"(?<![\w]){word}(?![\w])", re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]} (say: {WORDS[word]})"
        for path in READ
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]

    assert found == []
