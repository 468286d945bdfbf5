"""Stamps: headers that a canvas carries through all its tasks."""

from __future__ import annotations

from typing import Any

from celery import chain, chord, group
from celery.canvas import StampingVisitor

from tests.conformance.claim import claim, tasks
from tests.conformance.observing import ended, outcome

FIELDS = ("stamped_headers", "stamps")


class Monitoring(StampingVisitor):
    """Stamps every signature with one header."""

    def on_signature(self, sig: Any, **headers: Any) -> dict[str, Any]:
        return {"monitoring": "m-1", "stamped_headers": ["monitoring"]}


class Naming(StampingVisitor):
    """Stamps each signature with its own name, and callbacks and errbacks with another header."""

    def on_signature(self, sig: Any, **headers: Any) -> dict[str, Any]:
        return {"named": sig.task}

    def on_callback(self, callback: Any, **headers: Any) -> dict[str, Any]:
        return {"called_back": True}


def sorted_stamps(value: Any) -> Any:
    headers, stamps = value
    return [sorted(headers or []), dict(sorted((stamps or {}).items()))]


@claim(["SUCCESS", [None, {}]])
def a_task_without_stamps_has_none() -> Any:
    return outcome(tasks.describe.delay(*FIELDS))


@claim([["customer"], {"customer": 7}])
def a_stamp_is_a_header_of_the_request() -> Any:
    sig = tasks.describe.s(*FIELDS)
    sig.stamp(customer=7)
    return sorted_stamps(ended(sig.delay()).get())


@claim([["colour", "customer"], {"colour": "red", "customer": 7}])
def stamps_add_up() -> Any:
    sig = tasks.describe.s(*FIELDS)
    sig.stamp(customer=7)
    sig.stamp(colour="red")
    return sorted_stamps(ended(sig.delay()).get())


@claim([["monitoring"], {"monitoring": "m-1"}])
def a_visitor_stamps_a_signature() -> Any:
    sig = tasks.describe.s(*FIELDS)
    sig.stamp(Monitoring())
    return sorted_stamps(ended(sig.delay()).get())


@claim([[["monitoring"], {"monitoring": "m-1"}]] * 2)
def a_visitor_stamps_every_task_of_a_chain() -> Any:
    canvas = chain(tasks.describe.si(*FIELDS), tasks.describe.si(*FIELDS))
    canvas.stamp(Monitoring())
    result = ended(canvas.delay())
    return [sorted_stamps(one.get()) for one in (result.parent, result)]


@claim([[["monitoring"], {"monitoring": "m-1"}]] * 2)
def a_visitor_stamps_every_part_of_a_group() -> Any:
    canvas = group(tasks.describe.si(*FIELDS), tasks.describe.si(*FIELDS))
    canvas.stamp(Monitoring())
    return [sorted_stamps(value) for value in ended(canvas.delay()).get()]


@claim([[["monitoring"], {"monitoring": "m-1"}]] * 3)
def a_visitor_stamps_the_parts_and_the_body_of_a_chord() -> Any:
    canvas = chord([tasks.describe.si(*FIELDS), tasks.describe.si(*FIELDS)], tasks.describe.si(*FIELDS))
    canvas.stamp(Monitoring())
    result = ended(canvas.delay())
    return [sorted_stamps(value) for value in (*result.parent.get(), result.get())]


@claim([["called_back", "named"], {"called_back": True, "named": "conformed.describe"}])
def a_visitor_stamps_what_is_linked() -> Any:
    sig = tasks.add.s(1, 2)
    sig.link(tasks.describe.si(*FIELDS))
    sig.stamp(Naming())
    result = ended(sig.delay())
    return sorted_stamps(ended(result.children[0]).get())


@claim([["customer"], {"customer": 7}])
def a_retry_keeps_its_stamps() -> Any:
    sig = tasks.retry_and_describe.s({}, *FIELDS)
    sig.stamp(customer=7)
    return sorted_stamps(ended(sig.delay()).get())


@claim([[], {}])
def a_replacement_has_no_stamps_of_its_own() -> Any:
    sig = tasks.become_description.s(*FIELDS)
    sig.stamp(customer=7)
    return sorted_stamps(ended(sig.delay()).get())


@claim([["customer"], {"customer": 7}])
def a_link_of_a_stamped_task_is_stamped() -> Any:
    sig = tasks.add.s(1, 2).set(link=tasks.describe.si(*FIELDS))
    sig.stamp(customer=7)
    return sorted_stamps(ended(ended(sig.delay()).children[0]).get())


@claim([["colour"], {"colour": "red"}])
def stamps_may_be_given_as_headers_when_sending() -> Any:
    sent = tasks.describe.apply_async(FIELDS, stamped_headers=["colour"], colour="red")
    return sorted_stamps(ended(sent).get())
