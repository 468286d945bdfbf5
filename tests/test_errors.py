from __future__ import annotations

import re

import pytest

from hardy import errors


def drawn() -> dict[str, str]:
    """The tree at the top of the file: each error with the rest of its line."""
    return dict(re.findall(r"^[├└]── (\w+)(.*)$", errors.__doc__ or "", re.MULTILINE))


def defined() -> dict[str, type[Exception]]:
    return {
        name: thing
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and thing.__module__ == errors.__name__ and thing is not errors.HardyError
    }


def test_the_tree_at_the_top_is_the_tree():
    assert list(drawn()) == list(defined())


@pytest.mark.parametrize("name", sorted(defined()))
def test_every_error_is_hardys_and_what_the_tree_says_it_also_is(name):
    error = defined()[name]
    also = re.search(r"\(also (\w+)\)", drawn()[name])

    assert issubclass(error, errors.HardyError)
    assert error.__doc__
    assert [base.__name__ for base in error.__bases__[1:]] == ([also.group(1)] if also else [])


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("it cannot be printed")


def nested(levels: int) -> list[object]:
    inner: list[object] = []
    for _ in range(levels):
        inner = [inner]
    return inner


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (5, "5"),
        ("text", "'text'"),
        ("x" * 1000, "..."),
        (nested(2000), "[[[[[[...]]]]]]"),
        pytest.param(10**5000, "", id="5,000 digits"),
        (Unprintable(), "Unprintable"),
        ("\ud800", "ud800"),
    ],
)
def test_a_message_can_name_any_value(value, says):
    shown = errors.shown(value)

    assert says in shown
    assert len(shown) < 200
