"""What `hardy init` would do to a project: which files change, how, and what a person should know."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hardy.management.init import application, installed
from hardy.management.init.celery_settings import RESULTS_APP, CelerySettings
from hardy.management.init.project import Project
from hardy.management.init.source import CannotInit, Source

NO_PACKAGE = (
    "The settings {settings!r} lie in no package, so there is none to write celery.py into. Write it by hand, as"
    " docs.celeryq.dev shows for Django, with: from hardy import Celery"
)
TAKEN = "{name} is there, but makes no Celery application that can be seen. Write it by hand: from hardy import Celery"
OTHER_NAMESPACE = (
    '{name} does not say plainly which settings are Celery\'s (config_from_object(…, namespace="CELERY")). The broker'
    " stays as it is; the one that needs no server is hardy://"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One file as it is and as it would be; ``before`` is None for a new one, ``after`` for one that goes."""

    path: Path
    name: str
    before: str | None
    after: str | None

    @property
    def diff(self) -> str:
        texts = self.before, self.after
        before, after = ((text or "").splitlines(keepends=True) for text in texts)
        old, new = ("/dev/null" if text is None else self.name for text in texts)
        lines = difflib.unified_diff(before, after, old, new)
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


@dataclass
class Plan:
    """Every change, and the sentences that go with them."""

    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def diff(self) -> str:
        return "".join(change.diff for change in self.changes)


def plan_for(project: Project, *, without_broker: bool = False, results: bool = False) -> Plan:
    """Return what would be done. `CannotInit` says everything that a person must do by hand; then nothing is done."""
    maker = _Maker(project, without_broker=without_broker, results=results)
    maker.make()
    if maker.problems:
        raise CannotInit("\n".join(maker.problems))
    changed = [source for source in project.opened.values() if source.after != source.before]
    changes = [
        Change(source.path, project.name_of(source.path), source.before, source.after) for source in changed
    ]
    plan = Plan(sorted([*maker.new, *changes], key=lambda change: change.name), maker.notes)
    for change in plan.changes:
        _require_python(change)
    return plan


class _Maker:
    def __init__(self, project: Project, *, without_broker: bool, results: bool) -> None:
        self.project = project
        self.without_broker = without_broker
        self.results = results
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.new: list[Change] = []
        self._app: Source | None = None

    def make(self) -> None:
        for step in (self._application, self._settings):
            self._try(step)

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except CannotInit as problem:
            self.problems.append(str(problem))

    def _application(self) -> None:
        self._app = application.application_of(self.project)
        if self._app is None:
            self._write_application()
        else:
            application.use_hardys(self._app)

    def _write_application(self) -> None:
        project, package = self.project, self.project.package
        if not package:
            raise CannotInit(NO_PACKAGE.format(settings=project.settings))
        path, init = project.root / package / "celery.py", project.root / package / "__init__.py"
        if path.exists():
            raise CannotInit(TAKEN.format(name=project.name_of(path)))
        text = application.CELERY_PY.format(package=package, settings=project.settings)
        self.new.append(Change(path, project.name_of(path), None, text))
        if not init.exists():
            self.new.append(Change(init, project.name_of(init), None, f"{application.EXPORT}\n"))
            return
        source = project.open(init)
        lines = source.before.count("\n") + bool(source.before and not source.before.endswith("\n"))
        export = application.EXPORT if not source.assigned("__all__") else application.EXPORT.splitlines()[0]
        source.replace(len(source.before), len(source.before), "")
        source.add_line_after(lines, export)

    def _settings(self) -> None:
        files = self.project.settings_files()
        home = installed.where_installed(files, self.project.settings)
        wanted = ["hardy", *([RESULTS_APP] if self.results else [])]
        if missing := [app for app in wanted if not installed.is_installed(files, app)]:
            installed.install(*home, missing)
        namespace = "CELERY" if self._app is None else application.namespace_of(self._app)
        if namespace is None and self._app is not None:
            self.notes.append(OTHER_NAMESPACE.format(name=self.project.name_of(self._app.path)))
            return
        says_broker = self._app is not None and application.names_a_broker(self._app)
        self.notes += CelerySettings(
            files, namespace or "CELERY", home, self.project.other_settings(files)
        ).change(without_broker=self.without_broker, results=self.results, says_broker=says_broker)


def _require_python(change: Change) -> None:
    try:
        compile((change.after or "").removeprefix("\ufeff"), change.name, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise CannotInit(
            f"{change.name} is written in a way that cannot be changed safely (line {error.lineno})."
            " Change it by hand, as the README shows."
        ) from error
