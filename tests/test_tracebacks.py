"""What people see when a task fails: its own frames, as on stock Celery, and not those that carried the call."""

from __future__ import annotations

import traceback

import pytest

import hardy
from hardy.policy import Policy
from hardy.tracebacks import own_frames


class OfTheProject(Policy):
    """A policy that is not hardy's own."""

    def around_run(self, call_next, execution):
        return call_next()


class Broken(Policy):
    def around_run(self, call_next, execution):
        raise LookupError("the policy's own")


@pytest.fixture
def app():
    app = hardy.Celery("tracebacks", broker="memory://", set_as_current=False)
    app.conf.task_eager_propagates = False

    @app.task(shared=False)
    def divide():
        return inner()

    def inner():
        return 1 / 0

    @app.task(shared=False)
    async def divide_later():
        return 1 / 0

    return app


def frames_of(app, name):
    error = app.tasks[f"{__name__}.{name}"].apply().result
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def test_the_tasks_own_frames_come_first_as_on_stock(app):
    frames = frames_of(app, "divide")

    assert frames == ["trace_task", "divide", "inner"]


def test_an_async_tasks_traceback_has_no_event_loop_in_it(app):
    frames = frames_of(app, "divide_later")

    assert frames == ["trace_task", "divide_later"]


def test_a_projects_own_policy_stays_in_the_traceback(app, settings):
    settings.HARDY = {"POLICIES": [f"{__name__}.OfTheProject"]}

    frames = frames_of(app, "divide")

    assert frames == ["trace_task", "around_run", "divide", "inner"]


def test_an_error_that_is_not_the_bodys_keeps_every_frame(app, settings):
    settings.HARDY = {"POLICIES": [f"{__name__}.Broken"]}

    frames = frames_of(app, "divide")

    assert {"run_through", "_guarded"} <= set(frames)
    assert frames[-1] == "around_run"


PRINTED = """\
Traceback (most recent call last):
  File "/srv/venv/lib/python3.12/site-packages/requests/adapters.py", line 589, in send
    resp = conn.urlopen(
           ^^^^^^^^^^^^^
  [Previous line repeated 3 more times]
TimeoutError: silent

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/app/orders/tasks.py", line 12, in place
    bank.charge(
  File "/usr/lib/python3/dist-packages/celery/app/task.py", line 1, in call
    | odd
  File "<frozen importlib._bootstrap>", line 1, in load
BankAway: try later
  on Monday
"""


def test_of_a_printed_traceback_the_frames_of_libraries_are_left_out():
    assert own_frames(PRINTED).splitlines() == [
        "Traceback (most recent call last):",
        "TimeoutError: silent",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        '  File "/srv/app/orders/tasks.py", line 12, in place',
        "    bank.charge(",
        "BankAway: try later",
        "  on Monday",
    ]


def test_also_of_the_exceptions_of_a_group():
    def fail():
        raise ValueError("odd")

    try:
        errors = []
        for call in (fail, lambda: __import__("json").loads("{")):
            try:
                call()
            except ValueError as error:
                errors.append(error)
        raise ExceptionGroup("both", errors)
    except ExceptionGroup as group:
        printed = "".join(traceback.format_exception(group))

    own = own_frames(printed)

    assert "decoder.py" in printed and "decoder.py" not in own
    assert "    | ValueError: odd" in own
    assert 'raise ValueError("odd")' in own


def test_a_traceback_with_nothing_but_libraries_is_left_whole():
    text = PRINTED.replace("/srv/app/", "/usr/lib/python3.11/")

    assert own_frames(text) == text
