"""Whose turn it is among a worker's queues."""

from __future__ import annotations

from hardy.transport.turns import Turns


def test_at_first_queues_come_as_they_are_named():
    assert Turns().of(["b", "a", "c"]) == ["b", "a", "c"]


def test_a_queue_that_was_served_comes_last():
    turns = Turns()
    turns.of(["a", "b", "c"])

    turns.served(["a", "b", "a"])

    assert turns.of(["a", "b", "c"]) == ["c", "b", "a"]


def test_a_queue_that_is_added_comes_first_and_one_that_is_left_is_forgotten():
    turns = Turns()
    turns.of(["a", "b"])
    turns.served(["a"])

    assert turns.of(["a", "b", "new"]) == ["new", "b", "a"]
    assert turns.of(["a", "b"]) == ["b", "a"]
