"""Tables and lengths of time for a terminal."""

from __future__ import annotations

import pytest

from hardy.management.table import ago, table


def test_words_stand_to_the_left_and_numbers_to_the_right():
    rows = [("default", 12), ("high_priority", 1200)]

    assert table(("name", "depth"), rows).splitlines() == [
        "name           depth",
        "default           12",
        "high_priority   1200",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (4.4, "4 s"),
        (200, "3 min 20 s"),
        (3600, "1 h"),
        (190_000, "2 d 4 h"),
        (-3, "0 s"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds, text):
    assert ago(seconds) == text
