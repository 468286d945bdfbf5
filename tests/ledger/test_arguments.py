"""What a run keeps of a call's arguments, and which rows it is about."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest

import hardy
from hardy.ledger.arguments import LONGEST, read

KEY = UUID("12345678123456781234567812345678")


@pytest.fixture
def task() -> Callable[..., Any]:
    app = hardy.Celery("arguments", set_as_current=False)

    def of(body: Callable[..., Any], **options: Any) -> Any:
        return app.task(body, name=body.__name__, shared=False, lazy=False, **options)

    return of


def kept(task: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    return json.loads(read(task, args, kwargs)[0])


def tags_in(task: Any, args: Any, kwargs: Any) -> tuple[str, ...]:
    return read(task, args, kwargs)[1]


def place(order_id: int, express: bool = False, *codes: str, user_pk: int = 0, **more: Any) -> None: ...


def test_positional_arguments_are_kept_under_the_names_of_their_task(task):
    of = task(place)

    assert kept(of, 42, True, "a", user_pk=7, note="now") == {
        "order_id": 42,
        "express": True,
        "codes[0]": "a",
        "user_pk": 7,
        "note": "now",
    }


def test_a_bound_task_is_no_argument_of_itself(task):
    def charge(self, order_id): ...

    assert kept(task(charge, bind=True), 42) == {"order_id": 42}


@pytest.mark.parametrize("name", ["password", "api_key", "apiKey", "CARD_NUMBER", "new_password_2"])
def test_what_is_named_like_a_secret_is_not_kept(task, name):
    assert kept(task(place), 1, **{name: "hunter2"})[name] == "[redacted]"


def test_nor_is_it_inside_of_other_values(task):
    said = kept(task(place), 1, user={"name": "Ada", "password": "x", "cards": [{"cvv": "123"}]})

    assert said["user"] == {"name": "Ada", "password": "[redacted]", "cards": "[redacted]"}


def test_nor_what_is_annotated_so(task):
    def charge(
        order_id: int, number: Annotated[str, hardy.Redacted], pin: Annotated[str, hardy.Redacted()] = ""
    ): ...

    assert kept(task(charge), 42, "4242") == {"order_id": 42, "number": "[redacted]"}
    assert kept(task(charge), 42, number="4242", pin="1") == {
        "order_id": 42,
        "number": "[redacted]",
        "pin": "[redacted]",
    }


def test_a_project_may_name_secrets_of_its_own(task, settings):
    settings.HARDY = {"REDACT": ["note"]}

    assert kept(task(place), 1, note="mine", password="hers") == {
        "order_id": 1,
        "note": "[redacted]",
        "password": "hers",
    }


def test_of_a_task_that_nobody_here_knows_only_named_arguments_are_kept():
    assert kept(None, 42, "4242424242424242", order_id=7) == {
        "[0]": "[redacted]",
        "[1]": "[redacted]",
        "order_id": 7,
    }


class Odd:
    def __repr__(self) -> str:
        raise RuntimeError("I will not be shown")


endless: list[Any] = []
endless.append(endless)


@pytest.mark.parametrize(
    "value",
    [Odd(), endless, "x" * 100_000, {"a": "b" * 99} | {str(n): n for n in range(9999)}, 10**5000, "\x00\ud800",
     b"\xff", float("nan"), Decimal("1.5"), KEY, list(range(10**5)), {1: 2}, {"deep": [[[[[[1]]]]]]}],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_whatever_the_value_is_its_record_is_short_text_that_every_database_takes(task, value):
    text = read(task(place), [1, value, *["word" * 40] * 30], {"last": value})[0]

    assert len(text) <= LONGEST
    assert text.isascii() and "\x00" not in text
    assert not text or isinstance(json.loads(text), dict)


def test_what_there_is_no_room_for_is_counted(task):
    said = kept(task(place), 1, **{f"word_{n}": "w" * 150 for n in range(50)})

    assert said["order_id"] == 1
    assert said["…"].endswith(" more")


# tags


@pytest.mark.parametrize(
    ("args", "kwargs", "tags"),
    [
        ((42,), {}, ("order:42",)),
        ((), {"order_id": 42}, ("order:42",)),
        ((42,), {"user_pk": 7}, ("order:42", "user:7")),
        ((42,), {"order_id": 42}, ("order:42",)),
        ((KEY,), {}, (f"order:{KEY}",)),
        ((str(KEY),), {}, (f"order:{KEY}",)),
        (("A-7",), {}, ("order:A-7",)),
        ((None,), {"user_pk": True, "contact_id": 1.5}, ()),
        (("two words",), {"user_pk": "x" * 65, "contact_id": ""}, ()),
        (([1, 2],), {"user_pk": {"id": 1}}, ()),
        ((10**5000,), {"user_pk": "\x00", "contact_id": "\ud800"}, ()),
        ((), {"task_id": "x", "request_id": "y", "_id": 4, "note": "z", "a b_id": 1}, ()),
    ],
)
def test_a_model_like_argument_is_a_tag(task, args, kwargs, tags):
    assert tags_in(task(place), args, kwargs) == tags


def test_one_that_is_secret_is_none(task):
    def visit(patient_id: Annotated[int, hardy.Redacted], order_id: int): ...

    assert tags_in(task(visit), (1, 2), {}) == ("order:2",)


def test_a_call_has_not_more_than_a_handful(task):
    assert len(tags_in(task(place), (), {f"thing{n}_id": n for n in range(100)})) == 8
