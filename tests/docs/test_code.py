"""What pages show as code is code, and every name of hardy's in it exists."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator

import pytest
from django.core.management.base import CommandParser

from hardy.conf.keys import Settings
from hardy.management.commands.hardy import Command
from tests.docs.pages import DOCS, PAGES, name_of, shown

WITH_PYTHON = [page for page in PAGES if any(shown(page))]
#: A command line of hardy's, in a block or between backticks, up to a comment, a pipe or the end.
TYPED = re.compile(
    r"(?:^(?:\$ )?(?:python |\S*python shop/)?manage\.py |`(?:\S*/?manage\.py )?)hardy (\S[^#|`\n]*)",
    re.MULTILINE,
)
SETTING = re.compile(r"HARDY\[[\"'](\w+)[\"']\]")
CHECK = re.compile(r"hardy\.([EWI]\d{3})")
#: A Celery setting as Django's settings spell it.
CELERY_SETTING = re.compile(r"\bCELERY_[A-Z_]+[A-Z]\b(?!…)")


def trees(page) -> Iterator[ast.AST]:
    for block in shown(page):
        try:
            yield compile(
                block.code,
                f"{page}:{block.line}",
                "exec",
                ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            )
        except SyntaxError as error:
            pytest.fail(f"{name_of(page)}:{block.line}: {error}")


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_is_python_and_what_it_takes_from_hardy_exists(page):
    nodes = [node for tree in trees(page) for node in ast.walk(tree)]

    assert [name for node in nodes for name in taken(node) if not exists(name)] == []


def taken(node: ast.AST) -> Iterator[str]:
    """The dotted names of hardy's that a node needs."""
    if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "hardy":
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "hardy")
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "hardy":
        yield f"hardy.{node.attr}"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from re.fullmatch(r"(hardy(?:\.\w+)+)", node.value).groups() if is_path(node.value) else ()


def is_path(text: str) -> bool:
    return re.fullmatch(r"hardy(?:\.\w+)+", text) is not None


def exists(name: str) -> bool:
    """Whether `name` is a module or what a module exports; one that needs a missing package is in `__all__`."""
    module, _, attribute = name.rpartition(".")
    if is_module(name):
        return True
    if not is_module(module):
        return False
    found = importlib.import_module(module)
    return attribute in getattr(found, "__all__", ()) or hasattr(found, attribute)


def is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_is_understood(page):
    parser = Command().create_parser("manage.py", "hardy")

    for line in TYPED.findall(page.read_text()):
        words = shlex.split(re.sub(r"<[\w-]+>|…", "1", line).replace("[", "").replace("]", ""))
        assert words[0] in ["1", "--version", *verbs(parser)]
        if words[0] in verbs(parser) and any(word.startswith("-") for word in words):
            parser.parse_args(words)


def verbs(parser: CommandParser) -> list[str]:
    [action] = [action for action in parser._actions if action.dest == "verb"]
    return list(action.choices)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_setting_and_every_check_exists(page):
    text = page.read_text()
    checks = (DOCS / "reference" / "checks.md").read_text()

    assert [name for name in SETTING.findall(text) if name not in Settings.__annotations__] == []
    assert [check for check in CHECK.findall(text) if f"| `hardy.{check}` |" not in checks] == []
