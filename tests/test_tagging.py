"""What a row of a project is called by tasks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

import hardy
from hardy.tagging import tags_of


def row(name: str, pk: Any = 7, concrete: str = "", **more: Any) -> Any:
    of = SimpleNamespace(object_name=concrete or name)
    meta = SimpleNamespace(object_name=name, concrete_model=SimpleNamespace(_meta=of))
    return SimpleNamespace(_meta=meta, pk=pk, **more)


@pytest.mark.parametrize(
    ("one", "tags"),
    [
        (row("Order"), ["order:7"]),
        (row("SalesOrder"), ["sales_order:7", "salesorder:7"]),
        (row("HTTPLog2Row"), ["http_log2_row:7", "httplog2row:7"]),
        (row("VIPOrder", concrete="Order"), ["vip_order:7", "viporder:7", "order:7"]),
        (row("User", hardy_labels=("customer",)), ["user:7", "customer:7"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_row_has_a_tag_for_each_name_that_tasks_may_have_for_it(one, tags):
    assert tags_of(one) == tags


def test_it_is_so_for_real_models():
    assert tags_of(get_user_model()(pk=1)) == ["user:1"]
    assert tags_of(Permission(pk=2)) == ["permission:2"]


def test_a_row_that_is_not_saved_has_none():
    with pytest.raises(ValueError, match="save it first"):
        hardy.tag(get_user_model()())


@pytest.mark.parametrize("what", [42, None, Permission, object()])
def test_what_is_no_row_is_refused(what):
    with pytest.raises(TypeError, match="pass order, or 'order:42'"):
        hardy.tag(what)


@pytest.mark.parametrize("text", ["", "x" * 256, "a\nb", "\x00"])
def test_what_is_no_tag_is_refused(text):
    with pytest.raises(ValueError, match="such as 'order:42'"):
        hardy.tag(text)


def test_outside_of_an_attempt_it_does_nothing():
    hardy.tag("order:42")
