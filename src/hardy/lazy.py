"""Public names of a package whose modules need Django's apps to be loaded, which its ``__init__`` must not.

A project's ``celery.py`` is imported while Django loads the apps; models cannot be imported before that is done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.module_loading import import_string


def names_of(package: str, where: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__`` (PEP 562), which imports a public name when it is first asked for.

    ``where`` tells the module of each name, within the package.
    """

    def get(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_string(f"{package}.{where[name]}.{name}")

    return get
