"""The broker and the result backend in a project's settings: added where they are missing, kept where they are said."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib.util import find_spec

from hardy.management.init.installed import Assignment
from hardy.management.init.source import CannotInit, Source, names_assigned

EMBEDDED = "hardy://"
RESULTS_APP = "django_celery_results"

KEEPS_BROKER = (
    "{name} stays as it is: the ledger works in front of the broker you have."
    ' With --without-broker it becomes "hardy://", and no broker is needed.'
)
ELSEWHERE = "{file} sets {name} as well, and is left as it is: there it decides."
NO_RESULTS = (
    "No result backend is set, so results are not kept. If you read them (AsyncResult, chords): pip install"
    " django-celery-results, and run this with --results; they then commit with the end of their task."
)
KEEPS_RESULTS = (
    '{name} stays as it is. With --results it becomes "django-db", whose results commit with the end of'
    " their task."
)
NOT_INSTALLED = "--results needs django-celery-results. Install it first: pip install django-celery-results"
RESULTS_OF_THE_BROKER = (
    "{name} is the address of the broker that --without-broker takes away. Add --results, or set it by hand"
    " first."
)


@dataclass
class CelerySettings:
    """Two settings of Celery, in the files of a project's settings, and where new ones are written."""

    files: list[Source]
    namespace: str
    #: The statement with INSTALLED_APPS, and its file.
    home: tuple[Source, Assignment]
    #: Other settings beside these, such as those of production.
    others: list[Source]

    def change(self, *, without_broker: bool, results: bool, says_broker: bool) -> list[str]:
        """Add or replace what is wanted; return the sentences for what stays as it is."""
        if results and find_spec(RESULTS_APP) is None:
            raise CannotInit(NOT_INSTALLED)
        notes, new = [], {}
        for name, value, is_wanted, keeps in (
            ("BROKER_URL", EMBEDDED, without_broker, KEEPS_BROKER),
            ("RESULT_BACKEND", "django-db", results, KEEPS_RESULTS),
        ):
            full = f"{self.namespace}_{name}"
            said = self._said(full)
            if any(_value(statement) == value for _, statement in said):
                continue
            elsewhere = [source for source in self.others if source.assigned(full)]
            notes += [ELSEWHERE.format(file=source.path.name, name=full) for source in elsewhere]
            if said and is_wanted:
                self._replace(said, value)
            elif said or (name == "BROKER_URL" and says_broker):
                notes.append(keeps.format(name=full))
            elif is_wanted or name == "BROKER_URL":
                new[full] = value
            else:
                notes.append(NO_RESULTS)
        if without_broker and not results:
            self._refuse_results_of_the_broker()
        if new:
            self._add(new)
        return notes

    def _said(self, name: str) -> list[tuple[Source, Assignment]]:
        return [(source, statement) for source in self.files for statement in source.assigned(name)]

    def _replace(self, said: list[tuple[Source, Assignment]], value: str) -> None:
        for source, statement in said:
            if statement.value is not None:
                source.replace(source.start_of(statement.value), source.end_of(statement.value), f'"{value}"')

    def _refuse_results_of_the_broker(self) -> None:
        name = f"{self.namespace}_RESULT_BACKEND"
        for _, statement in self._said(name):
            used = {node.id for node in ast.walk(statement.value or statement) if isinstance(node, ast.Name)}
            if f"{self.namespace}_BROKER_URL" in used:
                raise CannotInit(RESULTS_OF_THE_BROKER.format(name=name))

    def _add(self, new: dict[str, str]) -> None:
        """Write settings below the last of Celery's there, or below INSTALLED_APPS."""
        source, installed = self.home
        lines = "\n".join(f'{name} = "{value}"' for name, value in new.items())
        beside = [
            statement
            for statement in source.tree.body
            if isinstance(statement, (ast.Assign, ast.AnnAssign))
            and any(name.startswith(f"{self.namespace}_") for name in names_assigned(statement))
        ]
        after = beside[-1] if beside else installed
        source.add_line_after(after.end_lineno or after.lineno, lines if beside else f"\n{lines}")


def _value(statement: Assignment) -> object:
    return statement.value.value if isinstance(statement.value, ast.Constant) else None
