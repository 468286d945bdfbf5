"""Celery and Task, with hardy's two seams: every way of sending passes ``send_task``, every body ``Task.__call__``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Any

import celery
import django
from asgiref.sync import sync_to_async
from celery.contrib.django.task import DjangoTask
from celery.exceptions import Retry
from celery.result import AsyncResult
from django.apps import apps as django_apps
from django.utils.module_loading import import_string

from hardy import attempt, defaults
from hardy.awaiting import wait_for
from hardy.base_exceptions import as_exception, is_meant_for_the_process
from hardy.conf import settings
from hardy.event_loop import beside_the_loop
from hardy.options import check_options
from hardy.policy import Execution, Hook, Message, Policy, compose, layers
from hardy.subscribing import subscribe_late
from hardy.tracebacks import without_carriers

#: What Celery itself takes from the settings for each task from 5.7 on.
LIMITS = (("time_limit", "task_time_limit"), ("soft_time_limit", "task_soft_time_limit"))


class Task(DjangoTask):  # type: ignore[misc]
    """A Celery task whose body runs inside the policies."""

    abstract = True
    Request = "hardy.worker.request:Request"
    from_config = tuple(dict.fromkeys((*DjangoTask.from_config, *LIMITS)))

    @classmethod
    def bind(cls, app: Any) -> Any:
        """Connect the task to its app; a task option that is a near miss of a known one is refused here."""
        if not cls.name.startswith("celery."):
            check_options(cls.name, _written_options(cls), owned_options())
            defaults.complete_limits(cls, app.conf)
        return super().bind(app)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        request = self.request
        # Calls of a task to itself carry their caller's request on, mark and all: they are no attempts of their own.
        if request.called_directly or getattr(request, "has_passed_the_policies", False):
            return super().__call__(*args, **kwargs)
        request.has_passed_the_policies = True
        execution = Execution(self, request, args, kwargs)
        body = super().__call__
        try:
            return policies("around_run")(
                lambda: _outcome_of(lambda: body(*execution.args, **execution.kwargs)), execution
            )
        except BaseException as error:
            without_carriers(error, _outcome_of.__code__)
            raise  # which adds no frame

    if celery.VERSION < (5, 5):

        def push_request(self, *args: Any, **kwargs: Any) -> None:
            """Keep the id and all else of the request that the body runs under; Celery does so itself from 5.5 on."""
            super().push_request(*args, **{**vars(self.request), **kwargs})

    async def adelay(self, *args: Any, **kwargs: Any) -> AsyncResult:
        """Send the task as :meth:`delay` does, while the event loop goes on; ``await`` gives the ``AsyncResult``.

        The row is written by the thread that Django's own asynchronous queries use, so it is part of a transaction
        that synchronous code further up has opened. An ``await`` that is cancelled may have sent the task.
        """
        return await self.aapply_async(args, kwargs)

    async def aapply_async(
        self, args: Sequence[Any] | None = None, kwargs: Mapping[str, Any] | None = None, **options: Any
    ) -> AsyncResult:
        """Send the task as :meth:`apply_async` does, with the same options, while the event loop goes on."""
        send = partial(self.apply_async, args, kwargs, **options)
        if self.app.current_worker_task is not None:
            return send()  # the thread knows whose child it will be, and its loop serves that task alone
        return await sync_to_async(send)()

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Send the task once the transaction has committed, as Celery does; also on an event loop."""
        beside_the_loop(partial(super().delay_on_commit, *args, **kwargs))

    def apply_async_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Send the task once the transaction has committed, as Celery does; also on an event loop."""
        beside_the_loop(partial(super().apply_async_on_commit, *args, **kwargs))

    def apply(self, *args: Any, throw: bool | None = None, **options: Any) -> Any:
        """Run the task here and now, as Celery does; with ``throw``, a task that wants to retry raises its cause."""
        try:
            return super().apply(*args, throw=throw, **options)
        except Retry as retry:
            if isinstance(retry.exc, BaseException):
                raise retry.exc from retry
            raise

    def on_replace(self, sig: Any) -> Any:
        # The replacement carries this task's own id: it is written together with this attempt's end, not before.
        attempt.start_closing()
        return super().on_replace(sig)


class Celery(celery.Celery):  # type: ignore[misc]
    """Celery's app, made durable: ``from hardy import Celery`` is the whole change."""

    task_cls = "hardy.app:Task"
    control_cls = "hardy.worker.control:Control"
    builtin_fixups = frozenset({"hardy.worker.fixup:fixup"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps["worker"].add("hardy.worker.bootsteps:RegisterWorker")
        self.steps["consumer"].add("hardy.worker.reclaim:ReclaimJobs")
        self.steps["consumer"].add("hardy.worker.pausing:HonourPauses")
        self.steps["consumer"].add("hardy.worker.pulse:TakePulse")
        self.steps["consumer"].add("hardy.worker.timers:DropCancelledTimers")
        defaults.apply(self)

    def send_task(
        self,
        name: str,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        *positional: Any,
        **options: Any,
    ) -> Any:
        """Send a task by name, through the policies; every other way of sending ends here.

        On an event loop that takes an INSERT; `Task.aapply_async` lets the loop go on meanwhile.
        """
        options.update(zip(AFTER_KWARGS, positional, strict=False))
        message = Message(self, name, args, kwargs, options)
        send = super().send_task
        through = partial(
            policies("around_send"),
            lambda: send(message.name, message.args, message.kwargs, **message.options),
            message,
        )
        return beside_the_loop(through)

    @cached_property
    def Beat(self) -> Any:
        """The beat service of `celery beat`, which reads the ledger before Celery sets Django up."""
        if not django_apps.ready:
            django.setup()
        return self.subclass_with_self("hardy.worker.beat:Beat")

    def _connection(self, *args: Any, **kwargs: Any) -> Any:
        # `celery inspect`, `purge`, `events` and `flower` do not set Django up, and the ledger is made of models.
        if not django_apps.ready:
            django.setup()
        return super()._connection(*args, **kwargs)

    def _get_backend(self) -> Any:
        ours = RESULT_BACKENDS.get(self.backend_cls or self.conf.result_backend)
        return import_string(ours)(app=self) if ours else subscribe_late(super()._get_backend())

    def _task_from_fun(self, fun: Callable[..., Any], *args: Any, base: Any = None, **options: Any) -> Any:
        return super()._task_from_fun(fun, *args, base=_durable(base or self.Task), **options)

    def register_task(self, task: Any, **options: Any) -> Any:
        """Register a class-based task; one that knows nothing of hardy gets its seam too."""
        instance = task() if isinstance(task, type) else task
        written: Any = type(instance)
        instance.__class__ = _durable(written)
        return super().register_task(instance, **options)


#: Celery's own positional parameters of ``send_task`` after ``kwargs``.
AFTER_KWARGS = ("countdown", "eta", "task_id", "producer", "connection", "router", "result_cls")

#: Result backends that write together with the end of the attempt; their names and tables stay the same.
RESULT_BACKENDS = {"django-db": "hardy.records.results.DatabaseBackend"}


def policies(hook: Any) -> Callable[[Callable[[], Any], Any], Any]:
    """Return the function that wraps a call in the policies of ``HARDY["POLICIES"]``, read at every call."""
    return _composed(tuple(settings.POLICIES), hook)


def policies_of(hook: Hook) -> list[Policy]:
    """Return the policies that do something around sending or running, outermost first."""
    return layers(_instances(tuple(settings.POLICIES)), hook)


def owned_options() -> dict[str, str]:
    """Return every task option that a policy owns, with the policy's name."""
    instances = _instances(tuple(settings.POLICIES))
    return {option: type(policy).__name__ for policy in instances for option in policy.options}


@lru_cache(maxsize=32)
def _instances(paths: tuple[str, ...]) -> tuple[Policy, ...]:
    return tuple(import_string(path)() for path in paths)


@lru_cache(maxsize=64)
def _composed(paths: tuple[str, ...], hook: Any) -> Callable[[Callable[[], Any], Any], Any]:
    return compose(_instances(paths), hook)


@lru_cache(maxsize=256)
def _durable(base: Any) -> Any:
    """Return ``base`` with hardy's seam outermost, whatever task class a project or a third party wrote."""
    if issubclass(base, Task):
        return base
    return type(base.__name__, (Task, base), {"abstract": True, "__module__": base.__module__})


def _outcome_of(body: Callable[[], Any]) -> Any:
    """Return what the body returns, or what the coroutine that it returns comes to.

    What it raises is an ``Exception``: Celery's trace, and the pools, end their process or thread for anything else.
    """
    try:
        value = body()
        return wait_for(value) if inspect.iscoroutine(value) else value
    except Exception:
        raise
    except BaseException as error:
        if is_meant_for_the_process(error):
            raise
        raise as_exception(error) from None


def _written_options(task: type) -> dict[str, Any]:
    """Return what the decorator and the task's own class wrote, without what every task inherits."""
    return {name: value for name, value in vars(task).items() if not name.startswith("_")}
