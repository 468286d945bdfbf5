from __future__ import annotations

from typing import Any

import pytest
from celery.exceptions import Ignore, Reject, Retry

from hardy.policy import Message, Policy, compose


class Naming(Policy):
    def __init__(self, name: str, said: list[str]) -> None:
        self.name, self.said = name, said

    def around_send(self, call_next, message):
        self.said.append(f"{self.name} in")
        try:
            return call_next()
        finally:
            self.said.append(f"{self.name} out")


def message() -> Message:
    return Message(app=None, name="shop.add", args=(), kwargs={}, options={})


def test_the_first_policy_is_outermost():
    said: list[str] = []
    send = compose([Naming("outer", said), Naming("inner", said)], "around_send")

    assert send(lambda: said.append("sent") or "answer", message()) == "answer"
    assert said == ["outer in", "inner in", "sent", "inner out", "outer out"]


def test_without_policies_the_call_is_just_made():
    assert compose([], "around_run")(lambda: 42, None) == 42


def test_a_policy_without_the_hook_is_no_layer_at_all():
    said: list[str] = []

    assert compose([Naming("sender", said)], "around_run")(lambda: 42, None) == 42
    assert said == []


def test_the_hooks_of_a_policy_that_overrides_neither_pass_everything_on():
    assert Policy().around_send(lambda: 1, message()) == 1
    assert Policy().around_run(lambda: 2, None) == 2


def test_a_policy_that_does_not_call_on_stops_the_rest():
    class Refuse(Policy):
        def around_send(self, call_next, message):
            return "refused"

    assert compose([Refuse()], "around_send")(lambda: pytest.fail("it was sent"), message()) == "refused"


def test_a_policy_may_change_the_message():
    class Route(Policy):
        def around_send(self, call_next, message):
            message.options["queue"] = "mail"
            return call_next()

    letter = message()
    compose([Route()], "around_send")(lambda: None, letter)

    assert letter.options == {"queue": "mail"}


class Failing(Policy):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def around_run(self, call_next, execution):
        call_next()
        raise self.error


def notes_of(error: Exception, *policies: Policy, body: Any = lambda: None) -> list[str]:
    with pytest.raises(type(error)) as caught:
        compose(policies, "around_run")(body, None)
    return getattr(caught.value, "__notes__", [])


def test_an_error_of_a_policy_names_the_policy():
    error = LookupError("no tenant")

    assert notes_of(error, Naming("", []), Failing(error)) == [
        f"raised by the policy {__name__}.Failing.around_run"
    ]


def test_it_is_named_once_however_many_policies_it_passes():
    class Passing(Policy):
        def around_run(self, call_next, execution):
            return call_next()

    error = LookupError("no tenant")

    assert len(notes_of(error, Passing(), Passing(), Failing(error))) == 1


def test_an_error_of_the_task_that_passes_through_names_no_policy():
    error = ValueError("no such order")

    def body() -> None:
        raise error

    assert notes_of(error, Failing(LookupError()), body=body) == []


def test_an_error_that_a_policy_raises_about_another_is_its_own():
    class Translate(Policy):
        def around_run(self, call_next, execution):
            try:
                return call_next()
            except ValueError as error:
                raise LookupError("translated") from error

    def body() -> None:
        raise ValueError

    assert len(notes_of(LookupError(), Translate(), body=body)) == 1


@pytest.mark.parametrize("word", [Ignore(), Reject("no"), Retry()], ids=lambda word: type(word).__name__)
def test_what_a_task_says_should_happen_next_is_no_error_of_a_policy(word):
    assert notes_of(word, Failing(word)) == []


def test_a_process_that_is_being_ended_is_not_held_up():
    with pytest.raises(SystemExit):
        compose([Failing(SystemExit())], "around_run")(lambda: None, None)
