"""The distribution as a stranger gets it."""

from __future__ import annotations

import re
import tomllib
import zipfile
from pathlib import Path

import pytest

from hardy.conf.versions import OLDEST

REPOSITORY = Path(__file__).parents[1]
PINNED = sorted((REPOSITORY / "requirements").glob("*.txt"))


def test_the_wheel_contains_hardy_its_licence_one_script_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()

    metadata = next(name.partition("/")[0] for name in names if name.endswith("/METADATA"))
    [script] = [name for name in names if ".data/" in name]
    assert script == metadata.replace(".dist-info", ".data/scripts/hardy-probe")
    names.remove(script)
    assert {name.partition("/")[0] for name in names} == {"hardy", metadata}
    assert f"{metadata}/licenses/LICENSE" in names
    assert "hardy/py.typed" in names


def test_the_wheel_contains_every_module_of_hardy(wheel):
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("hardy/")}
    source = REPOSITORY / "src"
    written = {str(path.relative_to(source)) for path in (source / "hardy").rglob("*.py")}

    assert written == {name for name in packed if name.endswith(".py")}


def test_every_folder_of_hardy_is_a_package():
    folders = {path.parent for path in (REPOSITORY / "src" / "hardy").rglob("*.py")}

    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_wheel_asks_for_django_and_celery_alone(wheel):
    with zipfile.ZipFile(wheel) as opened:
        metadata = next(name for name in opened.namelist() if name.endswith("/METADATA"))
        lines = opened.read(metadata).decode().splitlines()

    required = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist")]
    assert [line for line in required if "extra ==" not in line] == ["celery>=5.4", "django>=5.2"]
    extras = {line.partition(": ")[2] for line in lines if line.startswith("Provides-Extra")}
    assert extras == {"amqp", "django-tasks", "mysql", "otel", "postgres", "prometheus", "redis", "sentry"}
    assert "License-Expression: BSD-3-Clause" in lines
    assert "Requires-Python: >=3.11" in lines


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_pinned_requirements_name_no_host(file):
    assert (
        re.findall(r"^.*(?:://|--index|--extra-index|--find-links|--trusted-host).*$", file.read_text(), re.M)
        == []
    )


@pytest.mark.parametrize("file", PINNED, ids=lambda file: file.name)
def test_every_requirement_is_pinned_and_hashed(file):
    requirements = re.split(r"\n(?=\S)", file.read_text().strip())

    assert requirements
    loose = [
        one
        for one in requirements
        if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S", one) or "--hash=sha256:" not in one
    ]
    assert loose == []


def test_the_shops_pins_are_those_of_development():
    shop, development = (pins(REPOSITORY / "requirements" / name) for name in ("shop.txt", "development.txt"))

    assert shop.items() <= development.items()


def test_only_django_differs_in_the_second_half_of_the_matrix():
    first = pins(REPOSITORY / "requirements" / "development.txt")
    second = pins(REPOSITORY / "requirements" / "development-django6.txt")

    different = {name for name in first.keys() & second.keys() if first[name] != second[name]}
    assert different == {"django"}
    assert second["django"].startswith("6.")


def pins(file: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", file.read_text(), re.M))


def test_the_tools_of_the_gate_cover_the_same_python_as_the_distribution():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())

    assert project["project"]["requires-python"] == ">=" + project["tool"]["mypy"]["python_version"]
    assert project["tool"]["ruff"]["target-version"] == "py" + project["tool"]["mypy"][
        "python_version"
    ].replace(".", "")


def test_every_celery_that_the_matrix_tries_is_one_that_the_distribution_allows():
    tried = re.search(r"OLDER_CELERIES=\((.+)\)", (REPOSITORY / "scripts/matrix").read_text())
    older = {pins(file)["celery"] for file in PINNED if file.name.startswith("celery")}

    assert tried is not None
    assert {".".join(version.split(".")[:2]) for version in older} == set(tried[1].split())
    assert min(tried[1].split()) == ".".join(map(str, OLDEST))
