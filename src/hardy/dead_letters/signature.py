"""Are new arguments such as the task takes? Checked when a letter is edited, so that it does not come back at once."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hardy.conf.suggest import closest
from hardy.errors import HardyError

#: Annotations that a JSON value can be held against, with what is let pass as each.
PLAIN: dict[Any, tuple[type, ...]] = {
    int: (int,),
    float: (float, int),
    str: (str,),
    bool: (bool,),
    list: (list,),
    dict: (dict,),
}


class ArgumentsMismatch(HardyError):
    """The arguments are not such as the task takes."""


def check_arguments(app: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raise :class:`ArgumentsMismatch` unless the task ``name`` can be called like this."""
    function = _function_of(app, name)
    signature = _signature(function)
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise ArgumentsMismatch(f"{name}{signature} does not take these arguments: {error}.") from error
    for parameter, annotation in _plain_annotations(function).items():
        if parameter in bound.arguments and _is_single(signature, parameter):
            _check_value(name, parameter, bound.arguments[parameter], annotation)


def signature_of(app: Any, name: str) -> str:
    """Return the task's signature as a person writes it, or nothing if the task is not known here."""
    try:
        return f"{name}{_signature(_function_of(app, name))}"
    except ArgumentsMismatch:
        return ""


def _function_of(app: Any, name: str) -> Callable[..., Any]:
    app.loader.import_default_modules()  # a web process has imported only what its views use
    task = app.tasks.get(name)
    if task is None:
        right = closest(name, app.tasks)
        hint = f" Did you mean {right!r}?" if right else " Is the app that defines it in INSTALLED_APPS?"
        raise ArgumentsMismatch(f"No task is called {name!r} here, so its arguments cannot be checked.{hint}")
    function: Callable[..., Any] = task.run
    return function


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function, eval_str=True)
    except Exception:  # annotations are code, and some can be read by a type checker only
        return inspect.signature(function)


def _plain_annotations(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(inspect.unwrap(function))
    except Exception:  # annotations that cannot be evaluated say nothing here
        return {}
    return {name: hint for name, hint in hints.items() if name != "return" and hint in PLAIN}


def _is_single(signature: inspect.Signature, parameter: str) -> bool:
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return parameter in signature.parameters and signature.parameters[parameter].kind not in several


def _check_value(name: str, parameter: str, value: Any, annotation: Any) -> None:
    fits = isinstance(value, PLAIN[annotation]) and (annotation is bool or not isinstance(value, bool))
    if value is not None and not fits:
        given = f"{value!r} ({type(value).__name__})"
        raise ArgumentsMismatch(
            f"{name}: {parameter} is annotated as {annotation.__name__}, and {given} is none."
        )
