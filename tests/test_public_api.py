from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from celery.contrib.django.task import DjangoTask

import hardy

#: Packages whose public names come from their ``__init__``, beside `hardy` itself.
PACKAGES = ("hardy.ledger", "hardy.dead_letters", "hardy.records")

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "api.md"


def documented() -> dict[str, str]:
    """Each exported name in the reference, with its sentence."""
    rows = re.findall(r"^\| `hardy\.(\w+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    return dict(rows)


def test_the_reference_lists_what_is_exported_in_the_same_order():
    assert list(documented()) == hardy.__all__


def test_the_reference_lists_the_methods_that_tasks_have_beside_celerys():
    ours = [name for name in vars(hardy.Task) if not name.startswith("_") and not hasattr(DjangoTask, name)]

    assert re.findall(r"^\| `hardy\.Task\.(\w+)` \| .+\. \|$", PAGE.read_text(), re.MULTILINE) == ours
    assert [name for name in ours if not inspect.getdoc(getattr(hardy.Task, name))] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_the_reference_lists_what_each_package_exports(package):
    listed = re.findall(rf"^\| `{package}\.(\w+)` \| [A-Z].+\. \|$", PAGE.read_text(), re.MULTILINE)

    assert listed == importlib.import_module(package).__all__


@pytest.mark.parametrize("package", PACKAGES)
def test_each_of_them_exists_and_says_what_it_is(package):
    module = importlib.import_module(package)

    assert [name for name in module.__all__ if not inspect.getdoc(getattr(module, name))] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_that_is_none_is_refused_as_by_any_module(package):
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nonsense'"):
        importlib.import_module(package).nonsense  # noqa: B018 - asking is the test


def test_each_sentence_of_the_reference_is_one_sentence():
    assert [name for name, sentence in documented().items() if not re.fullmatch(r"[A-Z].*\.", sentence)] == []


def test_every_exported_name_exists_and_says_what_it_is():
    exported = {name: getattr(hardy, name) for name in hardy.__all__ if name != "__version__"}

    assert [name for name, thing in exported.items() if not inspect.getdoc(thing)] == []


def test_nothing_public_is_left_out():
    defined = {
        name
        for name, thing in vars(hardy).items()
        if not name.startswith("_")
        and getattr(thing, "__module__", "").startswith("hardy.")
        and callable(thing)
    }

    assert defined == set(hardy.__all__) - {"__version__"}


def test_a_star_import_brings_exactly_that():
    names: dict[str, object] = {}
    exec("from hardy import *", names)  # noqa: S102 - the statement is the subject

    assert set(names) - {"__builtins__"} == set(hardy.__all__)


def test_the_version_is_the_distributions():
    assert importlib.metadata.version("django-hardy") == hardy.__version__


def test_hardy_and_its_policies_can_be_imported_before_django_is_set_up():
    code = (
        "import hardy, hardy.policy, hardy.ledger, hardy.dead_letters, hardy.records; "
        "from django.apps import apps; assert not apps.ready; hardy.Celery('shop')"
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
