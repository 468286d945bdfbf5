"""The Celery application: hardy's in the place of Celery's, or a new one where the project has none."""

from __future__ import annotations

import ast

from hardy.management.init.project import Project, is_celery_call
from hardy.management.init.source import CannotInit, Source

CELERY_PY = '''\
"""The Celery application: `celery -A {package} worker` finds it here."""

import os

from hardy import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")

app = Celery("{package}")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
'''
EXPORT = 'from .celery import app as celery_app\n\n__all__ = ("celery_app",)'


def application_of(project: Project) -> Source | None:
    """Return the file that makes the application; None if there is none. More than one is not decided about."""
    found = project.applications()
    if len(found) > 1:
        names = ", ".join(project.name_of(source.path) for source in found)
        raise CannotInit(
            f"More than one file makes a Celery application: {names}. Change the one of the workers by hand:"
            " `from hardy import Celery` in the place of `from celery import Celery`."
        )
    return found[0] if found else None


def use_hardys(source: Source) -> None:
    """Have a file take ``Celery`` from hardy, whichever way it has taken it from Celery."""
    for statement in source.every(ast.ImportFrom):
        taken = [alias for alias in statement.names if alias.name == "Celery"]
        if taken and statement.module == "celery" and not statement.level:
            _take_from_hardy(source, statement, taken)
            return
    modules = {
        alias.asname or alias.name: statement
        for statement in source.every(ast.Import)
        for alias in statement.names
        if alias.name == "celery"
    }
    calls = [call.func for call in source.every(ast.Call) if is_celery_call(call, set())]
    of_celery = [called for called in calls if called.value.id in modules]
    if of_celery:
        statement = modules[of_celery[0].value.id]
        source.add_line_after(statement.end_lineno, f"{' ' * statement.col_offset}import hardy")
        for called in of_celery:
            source.replace(source.start_of(called.value), source.end_of(called.value), "hardy")


def _take_from_hardy(source: Source, statement: ast.ImportFrom, taken: list[ast.alias]) -> None:
    rest = [alias for alias in statement.names if alias not in taken]
    if not rest:
        start = source.start_of(statement)
        at = source.before.index("celery", start)
        source.replace(at, at + len("celery"), "hardy")
        return
    if "#" in source.text_of(statement):
        raise CannotInit(
            f"{source.path}, line {statement.lineno}: the import has comments inside. Take Celery out of it by hand,"
            " and write: from hardy import Celery"
        )
    indent = " " * statement.col_offset
    lines = [
        ast.unparse(ast.ImportFrom(module=module, names=names, level=0))
        for module, names in (("celery", rest), ("hardy", taken))
    ]
    source.replace(
        source.start_of(statement), source.end_of(statement), f"{source.newline}{indent}".join(lines)
    )


def namespace_of(source: Source) -> str | None:
    """Return the prefix of the application's settings in Django's, such as ``CELERY``; None if it is not plain."""
    for call in source.every(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "config_from_object":
            said = [keyword.value for keyword in call.keywords if keyword.arg == "namespace"]
            if said and isinstance(said[0], ast.Constant) and isinstance(said[0].value, str):
                return said[0].value
    return None


def names_a_broker(source: Source) -> bool:
    """Whether the broker is said where the application is made: ``Celery("x", broker=…)``."""
    words = {keyword.arg for call in source.every(ast.Call) for keyword in call.keywords}
    return "broker" in words
