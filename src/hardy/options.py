"""Task options: a near miss of a known one is refused where it is written.

Celery takes any keyword of ``@shared_task(...)`` and makes it an attribute of the task, so a misspelt option
does nothing, in silence. Projects and third-party tasks add attributes of their own; those are left alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from types import FunctionType

from celery.app.task import Task as CeleryTask

from hardy.conf.suggest import near_miss
from hardy.errors import BadOption

#: What the decorator takes in addition to the attributes of a task (the parameters of ``Celery._task_from_fun``).
OF_THE_DECORATOR = frozenset(
    {"base", "bind", "name", "pydantic", "pydantic_strict", "pydantic_context", "pydantic_dump_kwargs"}
)

#: Options that Celery documents and looks up by name, without an attribute on its Task class.
WITHOUT_AN_ATTRIBUTE = frozenset(
    {
        "backend",  # a property there
        "autoretry_for",
        "dont_autoretry_for",
        "retry_backoff",
        "retry_backoff_max",
        "retry_jitter",
        "retry_kwargs",
        "override_max_retries",
        "queue",
        "exchange",
        "exchange_type",
        "routing_key",
        "delivery_mode",
        "compression",
        "immediate",
        "mandatory",
    }
)


@cache
def celery_options() -> frozenset[str]:
    """Return what one sets on a task: neither methods nor properties nor classes."""
    filled_in_from_settings = {name for name, _setting in CeleryTask.from_config}
    of_the_class = {name for name in dir(CeleryTask) if name.islower() and not _is_behaviour(name)}
    return OF_THE_DECORATOR | WITHOUT_AN_ATTRIBUTE | filled_in_from_settings | of_the_class


@cache
def celery_attributes() -> frozenset[str]:
    """Return every name that means something to Celery on a task: options, methods and the rest."""
    return celery_options() | {name for name in dir(CeleryTask) if not name.startswith("_")}


def check_options(task_name: str, attributes: Mapping[str, object], owned: Mapping[str, str]) -> None:
    """Refuse the attributes of a task class that are near misses of an option of Celery or of a policy.

    ``owned`` is option → name of the policy. Raises `BadOption` for the first near miss; a name that is
    unlike any is left alone, and so are methods.
    """
    known = celery_attributes() | owned.keys()
    options = celery_options() | owned.keys()
    for name, value in attributes.items():
        if name in known or name.startswith("_") or _is_method(name, value):
            continue
        right = near_miss(name, options)
        if right:
            raise BadOption(
                f"{task_name}: unknown option {name!r}. Did you mean {right!r}? "
                f"(owned by {owned.get(right, 'Celery')})"
            )


def shadowed(owned: Iterable[str]) -> list[str]:
    """Return the options that would hide an attribute of Celery's own Task; there must be none."""
    hidden = celery_attributes() | set(dir(CeleryTask))
    return sorted(option for option in owned if option in hidden)


def _is_behaviour(name: str) -> bool:
    # Statically: reading Task.app would bind Celery's own class to whatever app is current.
    value = inspect.getattr_static(CeleryTask, name)
    descriptor = hasattr(type(value), "__get__")
    return name.startswith("_") or callable(value) or descriptor


def _is_method(name: str, value: object) -> bool:
    """A function defined in the class body is a method; one that was passed has another name."""
    if isinstance(value, FunctionType):
        return value.__name__ == name
    return isinstance(value, staticmethod | classmethod | property)
