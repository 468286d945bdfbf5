"""``{% load hardy %}{% tasks_of order %}``: the tasks that touched a row, on any page."""

from __future__ import annotations

from typing import Any

from django import template

from hardy.records.touched import SHOWN, jobs_that_touched, runs_that_touched

register = template.Library()


@register.inclusion_tag("hardy/admin/touched.html", takes_context=True)
def tasks_of(context: Any, row: Any, most: int = SHOWN) -> dict[str, Any]:
    """Show the tasks that touched ``row`` to whoever may view jobs or runs; nothing to anybody else."""
    user = getattr(context.get("request"), "user", None) or context.get("user")
    jobs, runs = (user is not None and user.has_perm(f"hardy.view_{kind}") for kind in ("job", "run"))
    return {
        "jobs": jobs_that_touched(row, most) if jobs else [],
        "runs": runs_that_touched(row, most) if runs else [],
        "nothing": "No task has touched this." if jobs or runs else "",
        "most": most,
    }
