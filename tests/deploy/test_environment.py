"""deploy/shop.env names everything that production asks for, and nothing that nobody reads."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.environment import FILE, example

REPOSITORY = Path(__file__).resolve().parents[2]
MANAGE = REPOSITORY / "shop" / "manage.py"

#: What the shop's own settings read, or the files beside shop.env.
READERS = [
    *(REPOSITORY / "shop" / "config").rglob("*.py"),
    REPOSITORY / "deploy" / "supervisord.conf",
    *(REPOSITORY / "deploy" / "systemd").iterdir(),
]


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in example()}
    return subprocess.run(
        [sys.executable, str(MANAGE), "check", "--deploy", "--fail-level", "WARNING"],
        env={**inherited, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_filled_in_it_passes_every_check_of_a_deployment(tmp_path):
    done = check({**example(), "SECRET_KEY": "a-long-k3y-" * 6, "SHOP_DATA": str(tmp_path)})

    assert done.returncode == 0, done.stderr


def test_as_it_stands_the_shop_refuses_to_start_and_names_what_is_missing(tmp_path):
    done = check({**example(), "SHOP_DATA": str(tmp_path)})

    assert done.returncode == 1
    assert "which are not set: SECRET_KEY." in done.stderr


@pytest.mark.parametrize("name", sorted(example()))
def test_every_variable_is_read_by_somebody(name):
    word = re.compile(rf"\b(ENV_)?{name}\b")

    assert name == "DJANGO_SETTINGS_MODULE" or any(word.search(reader.read_text()) for reader in READERS)


def test_a_shell_reads_it_as_systemd_and_docker_do():
    """supervisord is started from a shell that has sourced it."""
    names = "|".join(example())
    done = subprocess.run(
        ["sh", "-euc", f"set -a; . {FILE}; env | grep -E '^({names})='"],
        env={}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert dict(line.split("=", 1) for line in done.stdout.splitlines()) == example()
    assert done.stderr == ""
