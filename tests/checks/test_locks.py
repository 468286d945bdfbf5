from __future__ import annotations

import celery
import pytest

from hardy.checks import locks


def base_of(package):
    """A task class as `package` has it, which takes its lock when a task is sent."""

    class Locking(celery.Task):
        abstract = True

        def apply_async(self, *args, **kwargs):
            return super().apply_async(*args, **kwargs)

    Locking.__module__ = f"{package}.tasks"
    Locking.__qualname__ = "Locking"
    return Locking


@pytest.mark.parametrize("package", ["celery_singleton", "celery_once", "celery_heimdall"])
def test_a_task_whose_class_takes_a_lock_when_it_is_sent_is_named(project, package):
    app = project()

    @app.task(shared=False, name="reports.single", base=base_of(package))
    def single(): ...

    [message] = locks.no_lock_outlives_a_rollback(None)

    assert message.id == "hardy.W015"
    assert message.msg.startswith(f"reports.single is a {package}.tasks.Locking")
    assert "delay_on_commit" in message.hint
    assert locks.no_lock_outlives_a_rollback in locks.DEPLOY_CHECKS


def test_a_class_of_the_projects_own_is_not(project):
    app = project()

    @app.task(shared=False, name="reports.plain", base=base_of("reports"))
    def plain(): ...

    assert locks.no_lock_outlives_a_rollback(None) == []
