"""Which rows of the project's own data a task is about: ``hardy.tag(order)``, and ``hardy.runs_of(order)``.

A tag is a text such as ``order:42``. Arguments whose names end in ``_id`` or ``_pk`` are tags by themselves; see
:mod:`hardy.ledger.arguments`.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from hardy import attempt
from hardy.errors import shown

if TYPE_CHECKING:
    from django.db.models import Model

logger = logging.getLogger(__name__)

#: Longest tag, in characters, and most tags that one attempt may name.
LONGEST, MOST = 255, 100


def tag(*about: str | Model) -> None:
    """In a task: say which rows it is about, by instances of models or by texts such as ``"order:42"``.

    The history of each row has this job from the end of the attempt on. What is an argument named ``order_id`` needs no
    saying. Outside an attempt that is in the ledger (an eager call, ``durable=False``) it does nothing.
    """
    named = [checked(one) if isinstance(one, str) else tags_of(one)[0] for one in about]
    mine = attempt.current()
    if mine is None:
        return
    mine.tags.update(dict.fromkeys(named))
    if len(mine.tags) > MOST:
        logger.warning("%s[%s] names more than %d tags; the others are not kept", mine.task, mine.job, MOST)
        mine.tags = dict.fromkeys(list(mine.tags)[:MOST])


def runs_of(about: Model | str, limit: int = 50) -> Any:
    """Return what touched a row: its ``jobs`` that are not finished and its latest ``runs``, newest first.

    ``about`` is an instance of a model, or a tag. At most ``limit`` of each; see `hardy.records.touched.Touched`.
    """
    return import_string("hardy.records.touched.runs_of")(about, limit)


def checked(text: str) -> str:
    """Return a tag that every database can keep; raises ``ValueError``, which says what is wrong."""
    if not text or len(text) > LONGEST or not text.isprintable():
        raise ValueError(
            f"{shown(text)} is no tag: use up to {LONGEST} printable characters, such as 'order:42'."
        )
    return text


def tags_of(row: Any) -> list[str]:
    """Return every tag that may mean this row: the first is the one that ``hardy.tag(row)`` writes.

    ``SalesOrder(pk=7)`` is ``sales_order:7`` and ``salesorder:7``; a model whose rows tasks call by other names too has
    them in ``hardy_labels = ("customer",)``.
    """
    meta = getattr(row, "_meta", None)
    if meta is None or isinstance(row, type):
        raise TypeError(
            f"{shown(row)} is neither an instance of a model nor a tag; pass order, or 'order:42'."
        )
    if row.pk is None:
        raise ValueError(f"This {meta.object_name} has no primary key yet: save it first.")
    models = (meta.object_name, meta.concrete_model._meta.object_name)
    labels = [label for name in models for label in (_snake(name), name.lower())]
    return [f"{label}:{row.pk}" for label in dict.fromkeys([*labels, *getattr(row, "hardy_labels", ())])]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
