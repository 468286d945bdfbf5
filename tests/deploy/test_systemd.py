"""The unit files: systemd takes them without a word, and they say what the checklist asks for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.services import are_required

REPOSITORY = Path(__file__).resolve().parents[2]
UNITS = sorted((REPOSITORY / "deploy" / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
QUEUES = ("default", "high_priority", "low_priority")


def read(unit: Path) -> RawConfigParser:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(unit)
    return parser


def installed(folder: Path) -> list[Path]:
    """The units as they would be installed, with this checkout and this environment in place of /srv/shop."""
    programs = Path(sys.executable).parent
    written = []
    for unit in UNITS:
        text = unit.read_text().replace("/srv/shop/.venv/bin", str(programs))
        file = folder / unit.name
        file.write_text(text.replace("/srv/shop/shop", str(REPOSITORY / "shop")))
        written.append(file)
    return written


def test_systemd_finds_nothing_to_complain_of(tmp_path):
    if shutil.which("systemd-analyze") is None:
        (pytest.fail if are_required() else pytest.skip)(
            "systemd-analyze is not here: apt-get install systemd"
        )
    units = [file for file in installed(tmp_path) if "@" not in file.name]
    workers = [f"{tmp_path}/shop-worker@{queue}.service" for queue in QUEUES]
    for worker in workers:
        shutil.copy(tmp_path / "shop-worker@.service", worker)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, units), *workers],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    complaints = [line for line in done.stderr.splitlines() if "shop-" in line or str(tmp_path) in line]
    assert complaints == []
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_service_is_started_again_and_belongs_to_the_shop(unit):
    parser = read(unit)

    assert parser["Service"]["Restart"] == "always"
    assert parser["Service"]["User"] == "shop"
    assert parser["Service"]["EnvironmentFile"] == "/etc/shop/shop.env"
    assert (parser["Unit"]["PartOf"], parser["Install"]["WantedBy"]) == ("shop.target", "shop.target")


def test_a_worker_unit_serves_the_one_queue_that_it_is_named_after():
    start = read(REPOSITORY / "deploy" / "systemd" / "shop-worker@.service")["Service"]["ExecStart"]

    assert "--queues=%i" in start
    assert "--hostname=%i@%%h" in start
