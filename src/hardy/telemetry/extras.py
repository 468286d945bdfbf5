"""Optional packages: imported when they are needed, and missed with the command that installs them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from hardy.errors import MissingExtra


def require(module: str, extra: str) -> ModuleType:
    """Return ``module``, or raise :class:`MissingExtra`: ``extra`` of django-hardy brings it."""
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtra(
            f"{package} is not installed. Install it with: pip install 'django-hardy[{extra}]'"
        ) from error
