"""Tasks that compute something, and tasks that ask for more; see the modules beside this one for the others."""

from __future__ import annotations

from typing import Any

from celery import chain, chord, group, shared_task, signature

from conformed import failing, hooked, retrying, steered  # noqa: F401 - what they register
from conformed.models import leave


def name(name: str) -> str:
    return f"conformed.{name}"


@shared_task(name=name("add"))
def add(one: int, other: int) -> int:
    return one + other


@shared_task(name=name("double"))
def double(number: int) -> int:
    return number * 2


@shared_task(name=name("total"))
def total(numbers: list[int]) -> int:
    return sum(numbers)


@shared_task(name=name("echo"))
def echo(*args: Any, **kwargs: Any) -> list[Any]:
    return [list(args), kwargs]


@shared_task(bind=True, name=name("note"))
def note(self: Any, *args: Any) -> Any:
    """Leave what it was called with."""
    leave(self.request.id, "note", list(args))
    return args[0] if args else None


@shared_task(bind=True, name=name("note_for"))
def note_for(self: Any, *args: Any, of: str) -> None:
    """Leave what it was called with in the name of something else than itself."""
    leave(of, "note", list(args))


@shared_task(bind=True, name=name("quiet"), ignore_result=True)
def quiet(self: Any, number: int) -> int:
    leave(self.request.id, "note", [number])
    return number


@shared_task(bind=True, name=name("lineage"))
def lineage(self: Any, *args: Any) -> list[Any]:
    """Whose descendant it is."""
    return [self.request.id, self.request.root_id, self.request.parent_id, self.request.group]


@shared_task(bind=True, name=name("ask_for_another"))
def ask_for_another(self: Any) -> str:
    """Send a task, and a chain, from within."""
    add.delay(1, 1)
    chain(add.s(1, 2), double.s()).delay()
    return "asked"


@shared_task(name=name("run_signature"))
def run_signature(given: dict[str, Any]) -> str:
    return str(signature(given).delay().id)


@shared_task(name=name("wait_for_another"))
def wait_for_another() -> int:
    return int(add.delay(1, 1).get())


# tasks that put others in their place


@shared_task(bind=True, name=name("become_sum"))
def become_sum(self: Any, one: int, other: int) -> None:
    leave(self.request.id, "begun")
    raise self.replace(add.s(one, other))


@shared_task(bind=True, name=name("become_note"))
def become_note(self: Any, *args: Any) -> None:
    raise self.replace(note.s(*args))


@shared_task(bind=True, name=name("become_chain"))
def become_chain(self: Any, number: int) -> None:
    raise self.replace(chain(add.s(number, 1), double.s()))


@shared_task(bind=True, name=name("become_group"))
def become_group(self: Any, numbers: list[int]) -> None:
    raise self.replace(group(double.s(number) for number in numbers))


@shared_task(bind=True, name=name("become_chord"))
def become_chord(self: Any, numbers: list[int]) -> None:
    raise self.replace(chord([double.s(number) for number in numbers], total.s()))


@shared_task(bind=True, name=name("become_failure"))
def become_failure(self: Any) -> None:
    raise self.replace(failing.fail.s("replaced"))


@shared_task(bind=True, name=name("become_description"))
def become_description(self: Any, *fields: str) -> None:
    raise self.replace(steered.describe.s(*fields))


@shared_task(bind=True, name=name("count_down_by_replacing"))
def count_down_by_replacing(self: Any, number: int) -> int:
    if number > 0:
        raise self.replace(self.s(number - 1))
    return int(self.request.replaced_task_nesting)


@shared_task(bind=True, name=name("join_my_chord"))
def join_my_chord(self: Any, number: int) -> int:
    self.add_to_chord(double.s(number))
    return number
