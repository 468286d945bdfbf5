from __future__ import annotations

import asyncio
import pickle
from typing import Any

import pytest

from hardy.base_exceptions import as_exception, is_meant_for_the_process
from tests.contracts.draining import drain
from tests.contracts.rows import letters, outcomes


@pytest.fixture
def kind() -> str:
    return "sqlite"


class OutOfInk(BaseException):
    def __init__(self, colour: str, *, level: int = 0) -> None:
        super().__init__(colour)
        self.level = level


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize("error", [asyncio.CancelledError("stop"), OutOfInk("blue", level=3)])
def test_a_base_exception_becomes_an_exception_of_its_type(error: BaseException) -> None:
    made = as_exception(raised(error))

    assert isinstance(made, Exception) and isinstance(made, type(error))
    assert (type(made).__qualname__, type(made).__module__) == (
        type(error).__qualname__,
        type(error).__module__,
    )
    assert made.args == error.args
    assert vars(made) == vars(error)
    assert made.__traceback__ is error.__traceback__


@pytest.mark.parametrize("error", [SystemExit(2), KeyboardInterrupt("stop")])
def test_what_would_end_a_worker_looks_like_it_and_is_none_any_more(error: BaseException) -> None:
    made = as_exception(raised(error))

    for told in (made, pickle.loads(pickle.dumps(made))):  # noqa: S301 - as a pool child tells its worker
        assert isinstance(told, Exception) and not isinstance(told, type(error))
        assert type(told).__name__ == type(error).__name__
        assert told.args == error.args
    assert getattr(made, "code", None) == getattr(error, "code", None)


@pytest.mark.parametrize(
    ("error", "meant"),
    [
        (KeyboardInterrupt(), True),
        (GeneratorExit(), False),
        (SystemExit(1), False),
        (OutOfInk("red"), False),
    ],
)
def test_what_ends_the_process_is_left_alone(error: BaseException, meant: bool) -> None:
    assert is_meant_for_the_process(raised(error)) is meant


def test_a_signal_to_a_pool_child_is_no_end_of_its_task() -> None:
    names: dict[str, Any] = {"__name__": "billiard.common"}
    exec("def handler():\n    raise SystemExit(-15)", names)  # noqa: S102 - a frame of billiard's

    with pytest.raises(SystemExit) as caught:
        names["handler"]()

    assert is_meant_for_the_process(caught.value)


@pytest.mark.parametrize("error", [asyncio.CancelledError("stop"), OutOfInk("blue"), SystemExit(2)])
def test_such_a_task_has_failed_with_that_type_once(kind: str, app: Any, error: BaseException) -> None:
    starts = []

    @app.task(name="shop.print")
    def print_label() -> None:
        starts.append(1)
        raise error

    sent = print_label.delay()
    drain(app)

    assert len(starts) == 1
    assert outcomes(sent.id) == ["failed"]
    assert letters()[0].error_type.endswith(type(error).__name__)
    assert sent.state == "FAILURE"


def test_an_async_body_that_is_cancelled_from_within_has_failed(kind: str, app: Any) -> None:
    @app.task(name="shop.stop")
    async def stop() -> None:
        raise asyncio.CancelledError("from within")

    stop.delay()
    drain(app)

    [letter] = letters()
    assert (letter.reason, letter.error_type) == ("failed", "asyncio.exceptions.CancelledError")
