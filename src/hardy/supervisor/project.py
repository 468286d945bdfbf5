"""What `hardy up` must know about its project: how it was started, its Celery application, its folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings

from hardy.errors import BadSetting


def manage_command() -> list[str]:
    """The command that started this process, up to its arguments: ``manage.py`` or ``python -m django``."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None and spec.parent:
        return [sys.executable, "-m", spec.parent]
    return [sys.executable, os.path.abspath(sys.argv[0])]


def celery_app() -> str:
    """What to give to ``celery -A``: the package around the project's settings and URLs that holds or exports the
    application, or the module ``celery_app`` in it.
    """
    for name in candidates():
        if has_celery_app(name):
            return name
    raise BadSetting(
        f"No Celery application in {', '.join(packages()) or 'this project'}: "
        "write celery.py beside wsgi.py, or import the application in the package, or name it with --app."
    )


def celery_app_or_placeholder() -> str:
    """For a command line shown to a reader: the project's application where there is one."""
    return next(filter(has_celery_app, candidates()), "<project>")


def candidates() -> Iterator[str]:
    """Where an application is looked for, in this order."""
    yield from packages()
    yield from (f"{package}.celery_app" for package in packages())


def packages() -> list[str]:
    """The packages that hold the project's WSGI application and URLs, the innermost first: usually one."""
    named = (
        getattr(settings, name, None) for name in ("WSGI_APPLICATION", "ROOT_URLCONF", "ASGI_APPLICATION")
    )
    around = (package for name in named if name for package in _around(name))
    return [name for name in dict.fromkeys(around) if _is_package(name)]


def _around(name: str) -> Iterator[str]:
    """``shop.config.urls`` lies in ``shop.config``, and that in ``shop``."""
    while name := name.rpartition(".")[0]:
        yield name


def _is_package(name: str) -> bool:
    spec = _found(name)
    return spec is not None and spec.submodule_search_locations is not None


def has_celery_app(name: str) -> bool:
    """Whether ``celery -A name`` finds an application: in its ``celery.py``, or among the module's own names."""
    if _found(name) is None:
        return False
    return _found(f"{name}.celery") is not None or _exports_celery_app(name)


def _found(module: str) -> ModuleSpec | None:
    try:
        return find_spec(module)
    except ModuleNotFoundError:  # of what it would lie in, which is not there, or no package
        return None


def _exports_celery_app(module: str) -> bool:
    # cookiecutter-django, for one: config/__init__.py takes it from config/celery_app.py.
    return any(_is_celery_app(value) for value in vars(import_module(module)).values())


def _is_celery_app(value: object) -> bool:
    """By name: whoever starts processes need not import Celery."""
    return any(
        kind.__name__ == "Celery" and kind.__module__.startswith("celery.") for kind in type(value).__mro__
    )


def folder(package: str) -> Path:
    """The folder that must be importable for `package` to be found, whatever the current directory is."""
    top_level = package.partition(":")[0].partition(".")[0]
    spec = find_spec(top_level)
    if spec is None:
        raise BadSetting(f"--app {package}: there is no module {top_level!r}.")
    origin = Path(next(iter(spec.submodule_search_locations or [spec.origin or "."])))
    return origin.resolve().parent


def source_folders(package: str) -> list[Path]:
    """Where a changed file means changed code: the project, and its applications that are not installed."""
    candidates = [folder(package) / package.partition(".")[0], *map(Path, template_folders())]
    candidates += [Path(config.path) for config in apps.get_app_configs()]
    own = {path.resolve() for path in candidates if not is_installed(path)}
    return sorted(path for path in own if not own.intersection(path.parents))


def template_folders() -> Iterator[str]:
    for engine in settings.TEMPLATES:
        yield from map(str, engine.get("DIRS", []))


def is_installed(path: Path) -> bool:
    return not {"site-packages", "dist-packages"}.isdisjoint(path.resolve().parts)
