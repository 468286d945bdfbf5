"""What people see when a task fails: its own frames, as on stock Celery, and not those that carried the call."""

from __future__ import annotations

import traceback

import pytest

import hardy
from hardy.policy import Policy


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
