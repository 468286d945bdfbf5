"""``TouchedByTasks`` for a project's own admin pages: which tasks touched the row that one looks at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from hardy.records.touched import SHOWN, Touched, jobs_that_touched, runs_that_touched

#: The two parts, each with what one must be allowed in order to see it.
PARTS = {"tasks_not_finished": "hardy.view_job", "tasks_that_ended": "hardy.view_run"}


class TouchedByTasks(admin.ModelAdmin):  # type: ignore[type-arg]
    """Mix it into a ``ModelAdmin``: the page of a row ends with "Tasks that touched this row".

    It is shown to people who may view jobs, or runs, in the admin. Arguments and results are not in it.
    """

    class Media:
        css = {"all": ("hardy/row_tasks.css",)}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *_visible(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = [
            (title, {**options, "fields": [name for name in options["fields"] if name not in PARTS]})
            for title, options in super().get_fieldsets(request, obj)
        ]
        visible = _visible(request, obj)
        return [*sets, ("Tasks that touched this row", {"fields": visible})] if visible else sets

    @admin.display(description="not finished")
    def tasks_not_finished(self, row: Any) -> SafeString:
        return table(Touched(jobs_that_touched(row), []), "None waits or runs.")

    @admin.display(description="ended")
    def tasks_that_ended(self, row: Any) -> SafeString:
        return table(Touched([], runs_that_touched(row)), "None is in the history.")


def table(found: Touched, nothing: str) -> SafeString:
    """Return the tasks as a table, or what is said when there are none."""
    about = {"jobs": found.jobs, "runs": found.runs, "nothing": nothing, "most": SHOWN}
    return mark_safe(render_to_string("hardy/admin/touched.html", about))  # noqa: S308 - a template escapes


def _visible(request: Any, row: Any) -> list[str]:
    if row is None or row.pk is None:
        return []
    return [name for name, permission in PARTS.items() if request.user.has_perm(permission)]
