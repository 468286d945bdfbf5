"""``"hardy"`` in ``INSTALLED_APPS``, whichever way a project writes that list."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hardy.management.init.source import CannotInit, Source, names_assigned

NAMES = {"hardy", "hardy.apps.HardyConfig"}

Assignment = ast.Assign | ast.AnnAssign


def is_installed(files: list[Source], app: str = "hardy") -> bool:
    """Whether an app stands in any list of the settings."""
    names = NAMES if app == "hardy" else {app}
    return any(
        isinstance(item, ast.Constant) and item.value in names
        for source in files
        for listed in source.every(ast.List, ast.Tuple)
        for item in listed.elts
    )


def where_installed(files: list[Source], settings: str) -> tuple[Source, Assignment]:
    """Return the statement that the list begins with: in the file that the others build on."""
    for source in reversed(files):
        for statement in source.assigned("INSTALLED_APPS"):
            if statement.value is not None and "INSTALLED_APPS" not in _names_in(statement.value):
                return source, statement
    raise CannotInit(
        f"The settings {settings!r} assign no INSTALLED_APPS that can be seen without running them."
        ' Add "hardy" to it by hand.'
    )


def install(source: Source, statement: Assignment, apps: list[str]) -> None:
    """Add apps at the end of the list, or of that one of its parts that is meant for apps of others."""
    assert statement.value is not None  # noqa: S101 - where_installed() looks for it
    literals = list(_literals(source, statement.value))
    if not literals:
        listed = ", ".join(f'"{app}"' for app in apps)
        text = f"{' ' * statement.col_offset}INSTALLED_APPS = [*INSTALLED_APPS, {listed}]"
        source.add_line_after(statement.end_lineno or statement.lineno, text)
        return
    preferred = [literal for name, literal in literals if "THIRD" in name]
    _append(source, (preferred or [literals[-1][1]])[0], apps)


def _literals(source: Source, value: ast.expr) -> Iterator[tuple[str, ast.List | ast.Tuple]]:
    """Yield the lists that a sum is made of, each with the name it has."""
    if isinstance(value, (ast.List, ast.Tuple)):
        if _has_brackets(source, value):
            yield "", value
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from _literals(source, value.left)
        yield from _literals(source, value.right)
    elif isinstance(value, ast.Name):
        for statement in source.assigned(value.id):
            if isinstance(statement.value, (ast.List, ast.Tuple)) and _has_brackets(source, statement.value):
                yield names_assigned(statement)[0], statement.value


def _has_brackets(source: Source, listed: ast.List | ast.Tuple) -> bool:
    return source.text_of(listed)[0] in "[("


def _append(source: Source, listed: ast.List | ast.Tuple, apps: list[str]) -> None:
    closing = source.end_of(listed) - 1
    if not listed.elts:
        inside = source.before[source.start_of(listed) + 1 : closing]
        comma = "," if isinstance(listed, ast.Tuple) else ""
        if inside.strip():
            raise CannotInit(f'{source.path}, line {listed.lineno}: add "hardy" to this list by hand.')
        source.replace(closing, closing, ", ".join(f'"{app}"' for app in apps) + comma)
        return
    last = listed.elts[-1]
    quote = "'" if source.text_of(last).startswith("'") else '"'
    texts = [f"{quote}{app}{quote}" for app in apps]
    end = source.end_of(last)
    has_comma = _comma_follows(source.before[end:closing])
    if last.end_lineno == listed.end_lineno:
        added = ", ".join(texts)
        at = source.before.index(",", end) + 1 if has_comma else end
        source.replace(at, at, f" {added}," if has_comma else f", {added}")
        return
    if not has_comma:
        source.replace(end, end, ",")
    indent = _indentation(source, last) if last.lineno != listed.lineno else " " * (listed.col_offset + 4)
    for text in texts:
        source.add_line_after(last.end_lineno or last.lineno, f"{indent}{text},")


def _comma_follows(text: str) -> bool:
    """Whether a comma follows before the list ends; one in a comment does not count."""
    return any("," in line.partition("#")[0] for line in text.split("\n"))


def _indentation(source: Source, node: ast.expr) -> str:
    line = source.before[: source.start_of(node)].rpartition("\n")[2]
    return line[: len(line) - len(line.lstrip())]


def _names_in(value: ast.expr) -> set[str]:
    return {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
