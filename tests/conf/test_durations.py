"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hardy.conf.durations import parse_duration
from hardy.errors import BadDuration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("30 min", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1.5h", timedelta(minutes=90)),
        ("3D", timedelta(days=3)),
        ("1w", timedelta(days=7)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text, length):
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "2", "h", "2x", "-2h", "two hours", "nans", "infs", "1e3s", "٣s"])
def test_another_text_is_no_duration(text):
    with pytest.raises(BadDuration, match="write 90s, 30m, 2h, 3d or 1w"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["36501d", "99999999999d", "999999999999w"])
def test_no_duration_is_longer_than_a_database_can_count_back(text):
    with pytest.raises(BadDuration, match="a hundred years"):
        parse_duration(text)
