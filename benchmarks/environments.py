"""An environment of its own for every tool: a venv in ``.bench/``, made once from its pinned packages."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.servers import Missing

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bench"
PEERS = Path(__file__).resolve().parent / "peers"


def python_of(environment: str) -> str:
    """Return the interpreter of a tool's environment, making or renewing it first; '' is the one that runs now."""
    if not environment:
        return sys.executable
    pinned = PEERS / f"{environment}.txt"
    folder = FOLDER / environment
    stamp = folder / "installed.txt"
    if not stamp.exists() or stamp.read_text() != pinned.read_text():
        venv.create(folder, clear=True, with_pip=True)
        _install(folder, pinned)
        stamp.write_text(pinned.read_text())
    return str(folder / "bin" / "python")


def _install(folder: Path, pinned: Path) -> None:
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    done = subprocess.run([*command, "-r", str(pinned)], capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"pip could not install {pinned.name}: {done.stderr.strip().splitlines()[-1]}")
