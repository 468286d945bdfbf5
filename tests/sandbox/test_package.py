"""The sandbox is a package of its own: it knows neither hardy nor the shop, and they know only its addresses."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.sandbox.process import SHOP

SANDBOX = SHOP / "sandbox"
TESTS = Path(__file__).parent

#: What requirements/shop.in names under "the vendor sandbox".
NEEDED = {"aiohttp", "aiosmtpd", "jinja2"}
#: What its tests drive it with.
DRIVEN_WITH = {"pytest", "selenium", "sentry_sdk"}


def imports_of(files: Iterable[Path]) -> set[str]:
    """The modules that the files import by name, standard library left out."""
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name for name in names if top(name) not in sys.stdlib_module_names}


def top(name: str) -> str:
    return name.partition(".")[0]


def test_it_needs_its_own_three_packages_and_nothing_of_the_shop():
    assert {top(name) for name in imports_of(SANDBOX.rglob("*.py"))} == {"sandbox", *NEEDED}


def test_its_tests_need_no_django_and_nothing_of_the_shop():
    used = imports_of(TESTS.glob("*.py"))

    assert {name for name in used if top(name) == "tests"} == {"tests.sandbox.process", "tests.waiting"}
    assert {top(name) for name in used} == {"tests", *DRIVEN_WITH}


def test_the_shop_speaks_to_it_over_sockets_alone():
    shop = [file for file in SHOP.rglob("*.py") if SANDBOX not in file.parents]

    assert "sandbox" not in {top(name) for name in imports_of(shop)}
