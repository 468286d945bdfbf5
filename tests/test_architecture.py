from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from django.apps import apps

from hardy.db.table import Table

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "hardy"
LONGEST_FILE = 300
TESTS = ROOT / "tests"
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc"}


def contract() -> dict[str, object]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return next(contract for contract in contracts if contract["type"] == "layers")


def layers() -> list[list[str]]:
    return [re.findall(r"\w+", layer) for layer in contract()["layers"]]


def modules() -> set[str]:
    """What lies directly in the package, except its public face."""
    names = {
        path.stem if path.is_file() else path.name
        for path in SOURCE.iterdir()
        if not path.name.startswith("_")
    }
    return names - {"py"}


def layer_of(name: str) -> int:
    """How far down a module lies; faces are at the top."""
    [layer] = [depth for depth, names in enumerate(layers()) if name in names]
    return layer


def test_imports_point_one_way():
    # In a process of its own: the linter configures logging for the whole process.
    lint = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_the_layers_are_the_rooms_from_the_faces_down_to_conf():
    rooms = ("admin", "records", "worker", "transport", "broker", "ledger", "db", "app", "conf")
    order = [layer_of(name) for name in rooms]

    assert order == list(range(len(rooms)))
    assert {layer_of(name) for name in ("admin", "checks", "management", "testing")} == {layer_of("admin")}
    assert {layer_of(name) for name in ("records", "dead_letters", "schedules")} == {layer_of("records")}
    assert {layer_of(name) for name in ("policy", "duty", "attempt", "events")} == {layer_of("app")}


def test_features_do_not_know_each_other():
    features = contract()["layers"][layer_of("records")]

    assert ":" not in features, "a colon lets the modules of a layer import each other"


def test_no_file_is_longer_than_it_can_be_read():
    written = [
        path for path in SOURCE.rglob("*.py") if path.parent.name != "migrations"
    ]  # those Django writes
    long = {path: len(path.read_text().splitlines()) for path in written}

    assert {str(path): lines for path, lines in long.items() if lines > LONGEST_FILE} == {}


def test_no_module_has_a_name_that_says_nothing():
    assert [str(path) for path in SOURCE.rglob("*.py") if path.stem in VAGUE] == []
    assert not VAGUE & modules()


#: A number in the call, in Python or in a program that a test holds as text.
SLEEP = re.compile(r"\bsleep\((\d+(?:\.\d+)?)\)")
#: Where a sleep is work: the bodies of tasks, and the pause between two looks at a condition.
TASKS = {"project", "extras"}
LOOKS = {"waiting.py"}
#: So long sleeps what is there to be ended: no test waits for it.
FOR_EVER = 60
#: A program that prints at intervals, for a supervisor to show; and the pause between two looks on an event loop.
ALLOWED = {"supervisor/test_up.py": {0.1, 1.5}, "test_event_loop.py": {0.01}}


def sleeps() -> dict[str, set[float]]:
    """The sleeps of a fixed time in each file of the tests that is not the body of a task."""
    found: dict[str, set[float]] = {}
    for path in TESTS.rglob("*.py"):
        inside = path.relative_to(TESTS)
        times = {float(seconds) for seconds in SLEEP.findall(path.read_text())}
        waits = {seconds for seconds in times if 0 < seconds < FOR_EVER}
        if waits and not TASKS & set(inside.parts) and inside.name not in LOOKS:
            found[inside.as_posix()] = waits
    return found


def test_tests_wait_for_a_condition_never_for_a_time():
    assert sleeps() == ALLOWED, "wait with tests.waiting.until"


#: Ways past the ledger's database: `Table.objects` asks it already.
BYPASS = re.compile(r"\b(?:_base_manager|_default_manager|objects)\s*\.(?:using|db_manager)\(")
#: Tables of other apps, and rows that may be of one.
OF_OTHERS = {
    "dead_letters/results.py",
    "records/result_rows.py",
    "records/results.py",
    "schedules/record.py",
}


def test_every_table_is_asked_in_the_ledgers_database():
    ours = [model for model in apps.get_app_config("hardy").get_models() if not model._meta.proxy]
    found = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if BYPASS.search(path.read_text())
    }

    assert ours and [model for model in ours if not issubclass(model, Table)] == []
    assert found <= OF_OTHERS
