"""What hardy's own templates say of tasks."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from hardy.ledger import presenters

register = template.Library()


@register.simple_tag
def task_link(job: str, task: str) -> SafeString:
    """The task's name, which leads to its page in the control room, where the project has one."""
    try:
        page = reverse("hardy:task")
    except NoReverseMatch:
        return format_html('<span title="{}">{}</span>', job, task)
    return format_html('<a href="{}" title="{}">{}</a>', f"{page}?{urlencode({'id': job})}", job, task)


@register.filter
def took_words(run: Any) -> str:
    """How long an attempt took."""
    seconds = presenters.took(run)
    return "–" if seconds is None else f"{seconds:.3f} s"


@register.filter
def error_line(run: Any) -> str:
    """What an attempt raised, in one line."""
    return presenters.first_line(run)
