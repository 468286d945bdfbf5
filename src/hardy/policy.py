"""Policy: one production behaviour wrapped around sending and running a task.

A policy is a class named in ``HARDY["POLICIES"]``, outermost first::

    class Tenant(Policy):
        options = {"tenant": "the tenant whose database the task uses"}

        def around_run(self, call_next, execution):
            with tenant_database(execution.task.tenant):
                return call_next()

What is acquired before ``call_next()`` is released after it, in the same function: that stays right when the
task retries, is ignored or is rejected. This module imports no model, so it can be used before ``django.setup()``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal, TypeVar

from celery.exceptions import Ignore, Reject, Retry

Result = TypeVar("Result")
Subject = TypeVar("Subject")
Hook = Literal["around_send", "around_run"]

#: How a task says what should happen next: these are no failures of a policy.
CONTROL_FLOW = (Ignore, Reject, Retry)


@dataclass(slots=True)
class Message:
    """One request to run a task, on its way out; a policy may change any of it before ``call_next()``."""

    app: Any
    name: str
    args: Sequence[Any] | None
    kwargs: Mapping[str, Any] | None
    options: dict[str, Any]


@dataclass(slots=True)
class Execution:
    """One attempt of a task while it is made; once it has ended, a :class:`~hardy.ledger.models.Run` is its record."""

    task: Any
    request: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    notes: dict[str, Any] = field(default_factory=dict)


class Policy:
    """One behaviour around sending and running. Override either method; not calling ``call_next`` stops the rest."""

    #: Task options this policy owns, each with the sentence that explains it.
    options: ClassVar[Mapping[str, str]] = {}

    def around_send(self, call_next: Callable[[], Any], message: Message) -> Any:
        """Return what ``call_next()`` returned: the ``AsyncResult`` of the message that was sent."""
        return call_next()

    def around_run(self, call_next: Callable[[], Any], execution: Execution) -> Any:
        """Return what ``call_next()`` returned: the value of the task's body."""
        return call_next()


def layers(policies: Sequence[Policy], hook: Hook) -> list[Policy]:
    """Return the policies that override ``hook``."""
    return [policy for policy in policies if getattr(type(policy), hook) is not getattr(Policy, hook)]


def compose(policies: Sequence[Policy], hook: Hook) -> Callable[[Callable[[], Result], Any], Result]:
    """Return one function that wraps a call in every policy that overrides ``hook``, outermost first."""
    wrapping = layers(policies, hook)

    def run_through(innermost: Callable[[], Result], subject: Any) -> Result:
        call = innermost
        for policy in reversed(wrapping):
            call = partial(_guarded, policy, hook, call, subject)
        return call()

    return run_through


def _guarded(policy: Policy, hook: Hook, call_next: Callable[[], Any], subject: Any) -> Any:
    """Call one policy; an error that is its own, not one passing through it, is marked with its name."""
    passing: list[BaseException] = []

    def watched() -> Any:
        try:
            return call_next()
        except BaseException as error:
            passing.append(error)
            raise

    try:
        return getattr(policy, hook)(watched, subject)
    except CONTROL_FLOW:
        raise
    except Exception as error:
        if error not in passing:
            error.add_note(
                f"raised by the policy {type(policy).__module__}.{type(policy).__qualname__}.{hook}"
            )
        raise
