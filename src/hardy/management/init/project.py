"""Finding a project's files from where its manage.py lies: the settings, what they are made of, and its Celery app."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hardy.management.init.source import CannotInit, Source

VARIABLE = "DJANGO_SETTINGS_MODULE"
#: Folders whose Python is not the project's own, or makes applications for tests alone.
NOT_THE_PROJECT = {"node_modules", "site-packages", "migrations", "tests", "test", "docs", "build", "dist"}


@dataclass
class Project:
    """A project's folder, the module of its settings, and its files as far as they have been opened."""

    root: Path
    settings: str
    opened: dict[Path, Source] = field(default_factory=dict)

    def open(self, path: Path) -> Source:
        if path not in self.opened:
            self.opened[path] = Source(path)
        return self.opened[path]

    def name_of(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    @property
    def package(self) -> str:
        """The outermost package of the settings; empty for settings that lie in none."""
        return self.settings.partition(".")[0] if "." in self.settings else ""

    def settings_files(self) -> list[Source]:
        """Return the settings module and all that it takes in by ``import *``; what others build on comes last."""
        path = self.file_of(self.settings)
        if path is None:
            raise CannotInit(
                f"There is no file for the settings {self.settings!r} in {self.root}."
                " Run this where manage.py is, or name them: --settings config.settings.base"
            )
        found: dict[Path, Source] = {}
        self._take_in(self.settings, path, found)
        return list(found.values())

    def other_settings(self, files: list[Source]) -> list[Source]:
        """Return the settings that lie beside these in a folder of their own, such as those of production."""
        folders = {source.path.parent for source in files} - {self.root / self.package}
        taken = {source.path for source in files}
        return [
            self.open(path)
            for folder in sorted(folders)
            for path in sorted(folder.glob("*.py"))
            if path not in taken
        ]

    def _take_in(self, module: str, path: Path, found: dict[Path, Source]) -> None:
        if path in found:
            return
        found[path] = source = self.open(path)
        for statement in source.every(ast.ImportFrom):
            if statement.names[0].name == "*":
                base = _absolute(statement, module, is_package=path.name == "__init__.py")
                if base_path := self.file_of(base):
                    self._take_in(base, base_path, found)

    def file_of(self, module: str) -> Path | None:
        """Return where a module of the project lies; None for one of somebody else."""
        base = self.root.joinpath(*module.split("."))
        candidates = base.with_suffix(".py"), base / "__init__.py"
        return next((path for path in candidates if module and path.is_file()), None)

    def applications(self) -> list[Source]:
        """Return the files that make a Celery application: those around the settings, or else any of the project."""
        parts = self.settings.split(".")[:-1]
        around = [self.root.joinpath(*parts[:length]) for length in range(len(parts), 0, -1)]
        near = [path for folder in around for path in sorted(folder.glob("*.py"))]
        return self._making(near) or self._making(_python_files(self.root))

    def _making(self, paths: list[Path]) -> list[Source]:
        with_the_word = (path for path in paths if b"Celery" in path.read_bytes())
        return [source for source in map(self.open, with_the_word) if makes_application(source)]


def project_in(root: Path, settings: str | None = None) -> Project:
    """Return the project of a folder. What its settings are says ``settings``, the environment, or its manage.py."""
    settings = settings or os.environ.get(VARIABLE) or _settings_of(root / "manage.py")
    return Project(root.resolve(), settings)


def makes_application(source: Source) -> bool:
    """Whether a file calls ``Celery(…)``, of Celery or of hardy."""
    names = {
        alias.asname or alias.name
        for statement in source.every(ast.ImportFrom)
        if statement.module in ("celery", "hardy")
        for alias in statement.names
        if alias.name == "Celery"
    }
    return any(is_celery_call(call, names) for call in source.every(ast.Call))


def is_celery_call(call: ast.Call, names: set[str]) -> bool:
    called = call.func
    if isinstance(called, ast.Name):
        return called.id in names
    of = getattr(called, "value", None)
    return isinstance(called, ast.Attribute) and called.attr == "Celery" and isinstance(of, ast.Name)


def _settings_of(manage: Path) -> str:
    if not manage.is_file():
        raise CannotInit(
            f"There is no manage.py in {manage.parent.resolve()}. Run this where it is, or name the settings:"
            " --settings config.settings.base"
        )
    for node in Source(manage).every(ast.Call, ast.Assign):
        said = [
            *getattr(node, "args", []),
            *[getattr(one, "slice", one) for one in getattr(node, "targets", [])],
        ]
        value = said[1] if len(said) == 2 else getattr(node, "value", None)
        if said and _text(said[0]) == VARIABLE and _text(value):
            return _text(value)
    raise CannotInit(
        f"{manage.name} does not say plainly which settings it uses. Name them: --settings config.settings.base"
    )


def _text(node: object) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _absolute(statement: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    if not statement.level:
        return statement.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - statement.level + is_package]
    return ".".join([*kept, *([statement.module] if statement.module else [])])


def _python_files(root: Path) -> list[Path]:
    return sorted(_walk(root))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            is_ours = path.name not in NOT_THE_PROJECT and not path.name.startswith((".", "_"))
            if is_ours and not path.is_symlink() and not (path / "pyvenv.cfg").exists():
                yield from _walk(path)
        elif path.suffix == ".py":
            yield path
