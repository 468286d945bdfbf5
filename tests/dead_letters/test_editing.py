from __future__ import annotations

import json

import pytest

from hardy.dead_letters.replaying import edit_and_replay
from hardy.dead_letters.signature import ArgumentsMismatch, check_arguments, signature_of
from tests.dead_letters.letters import decisions, died, jobs, letters

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def tasks(app):
    @app.task(name="orders.place")
    def place(order_id: int, express: bool = False, note: str | None = None) -> None: ...

    @app.task(name="orders.ship", bind=True, autoretry_for=(OSError,))
    def ship(self, order_id, *parcels: int, **labels: str) -> None: ...

    return app


@pytest.mark.usefixtures("tasks")
def test_an_edited_letter_is_sent_with_its_new_arguments():
    letter = died("orders.place", (7,))

    report = edit_and_replay(letter, [8], {"express": True}, by="ada", note="it was order 8")

    assert report.jobs == [letter.job]
    message = json.loads(jobs().get(id=letter.job).message)
    assert json.loads(message["body"])[:2] == [[8], {"express": True}]
    assert message["headers"]["argsrepr"] == "[8]"


@pytest.mark.usefixtures("tasks")
def test_what_was_changed_is_kept():
    letter = died("orders.place", (7,), {"express": False})

    edit_and_replay(letter, [8], {"express": True}, by="ada", note="it was order 8")

    decision = decisions().get()
    assert (decision.action, decision.by, decision.note) == ("edited", "ada", "it was order 8")
    assert json.loads(decision.changes) == {
        "args": [[7], [8]],
        "kwargs": [{"express": False}, {"express": True}],
    }
    assert json.loads(json.loads(decision.message)["body"])[0] == [7]


REFUSED = [
    ([], {}, "missing a required argument: 'order_id'"),
    ([1], {"expres": True}, "got an unexpected keyword argument 'expres'"),
    ([1, True, "now", 4], {}, "too many positional arguments"),
    (["7"], {}, "order_id is annotated as int, and '7' (str) is none"),
    ([7], {"express": "no"}, "express is annotated as bool, and 'no' (str) is none"),
    ([True], {}, "order_id is annotated as int, and True (bool) is none"),
]


@pytest.mark.usefixtures("tasks")
@pytest.mark.parametrize(("args", "kwargs", "why"), REFUSED)
def test_arguments_that_the_task_does_not_take_are_refused(args, kwargs, why):
    letter = died("orders.place", (7,))

    with pytest.raises(ArgumentsMismatch) as refusal:
        edit_and_replay(letter, args, kwargs)

    assert why in str(refusal.value)
    assert letters().get() == letter
    assert not jobs().exists()


@pytest.mark.parametrize(
    ("args", "kwargs"), [([1], {}), ([1, 2, 3], {"front": "up"}), ([], {"order_id": "any"})]
)
def test_what_a_task_takes_in_any_number_is_let_pass(tasks, args, kwargs):
    check_arguments(tasks, "orders.ship", args, kwargs)


def test_a_task_that_is_not_known_here_cannot_be_checked(tasks):
    with pytest.raises(
        ArgumentsMismatch, match=r"No task is called 'orders.plase' here.* Did you mean 'orders.place'\?"
    ):
        check_arguments(tasks, "orders.plase", [1], {})


def test_a_person_is_shown_what_the_task_takes(tasks):
    assert signature_of(tasks, "orders.ship") == "orders.ship(order_id, *parcels: int, **labels: str) -> None"
    assert signature_of(tasks, "something.gone") == ""
